import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { signJwt } from '../../../server/security/jwt.ts';
import {
  appClient,
  assertRefused,
  assertTokens,
  assertTrue,
  atOnce,
  userClient,
} from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { type Answer, PASSWORD } from '../../support/host.ts';
import { beforeNext, patched } from '../../support/patched.ts';

const SECOND = 1_000;
const DAY = 86_400_000;
const NEW = 'f'.repeat(32);

const fail = () => Promise.reject(new Error('out of order'));

interface Account {
  app: App;
  user: User;
  token: string;
}

describeOnBothStores('a session that is renewed', (host) => {
  async function account(settings: Partial<App> = {}, person: Partial<User> = {}): Promise<Account> {
    const app = await host().createApp(settings);
    const user = await host().createUser(app, person);
    return { app, user, token: await host().accessToken(app, user) };
  }
  const renew = (token: string) => userClient(host(), token).post('renew');
  const renewed = async (token: string) => assertTokens(await renew(token));
  const getUser = (token: string) => userClient(host(), token).get('getUser');
  const lives = async (token: string, about = 'lives') =>
    assert.equal((await getUser(token)).status, 200, about);
  const isDead = async (token: string, about?: string) => assertRefused(await getUser(token), 405, about);
  const stored = async ({ app, user }: Account) => {
    const found = await host().deps.store.users.find(app.id, user.id);
    assert.ok(found);
    return found;
  };
  const claims = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const events = (name: string, { user }: Account) =>
    host().events.filter((line) => line.event === name && line.userId === user.id);

  function signedByHost(said: Record<string, unknown>): Promise<string> {
    const { dataDir, deps } = host();
    const key = readFileSync(join(dataDir, 'keys', 'privatekey.pem'));
    const passphrase = deps.config.passKey;
    return signJwt(said, deps.hostTokens.kid, createPrivateKey({ key, passphrase }));
  }

  /** The first request of a day writes on its own. */
  async function visited(one: Account): Promise<void> {
    await lives(one.token);
    while (!(await stored(one)).networks) await pause(5);
  }

  it('goes on under both tokens for 60 seconds, then under the new one alone', async () => {
    const one = await account();
    const fresh = await renewed(one.token);
    await lives(one.token);
    await lives(fresh);
    host().clock.advance(59 * SECOND);
    await lives(one.token);
    host().clock.advance(SECOND);
    await isDead(one.token);
    await lives(fresh);
    assert.equal(events('session_renewed', one).length, 1);
    assert.equal(events('renewed_token_reused', one).length, 1);
    assertRefused(await renew(one.token), 405);
    assert.equal(events('renewed_token_reused', one).length, 2);
    await lives(fresh, 'the reuse ends nothing');
  });

  it('is no log-in and keeps the time of the log-in in both tokens', async () => {
    const one = await account();
    const began = Math.floor(host().clock.now() / 1000);
    host().clock.advance(3 * DAY);
    const { body } = await renew(one.token);
    const [jwt, token] = [claims(body.jwt), claims(body['access-token'])];
    assert.deepEqual([jwt.auth_time, token.auth_time], [began, began]);
    assert.deepEqual([jwt.iat, token.iat], [began + (3 * DAY) / 1000, began + (3 * DAY) / 1000]);
    assert.equal(token.exp, token.iat + (30 * DAY) / 1000);
    assert.equal((await stored(one)).lastLogin, undefined);
    const first = claims(one.token);
    assert.deepEqual([first.sid, first.number, token.sid, token.number], [first.jti, 0, first.jti, 1]);
    assert.notEqual(token.jti, first.jti);
  });

  it('lets a lost answer be asked for again, five times in all, each of them good', async () => {
    const one = await account();
    const { successes, refusals } = await atOnce(20, () => renew(one.token));
    assert.equal(successes.length, 5);
    for (const refusal of refusals) assertRefused(refusal, 405);
    const successors = successes.map((answer) => assertTokens(answer));
    assert.equal(new Set(successors.map((token) => claims(token).number)).size, 5);
    host().clock.advance(61 * SECOND);
    for (const token of successors) await lives(token);
    const next = await renewed(successors[0] ?? '');
    host().clock.advance(61 * SECOND);
    await isDead(successors[0] ?? '');
    for (const token of [next, ...successors.slice(1)]) await lives(token, 'each has a life of its own');
  });

  it('ends whole with a log-out by any of its tokens, and no other session with it', async () => {
    for (const by of ['first', 'old', 'new'] as const) {
      const one = await account();
      const bystander = await host().accessToken(one.app, one.user);
      const other = await renewed(await host().accessToken(one.app, one.user));
      const second = by === 'first' ? one.token : await renewed(one.token);
      const third = await renewed(second);
      const tokens = { first: one.token, old: second, new: third };
      assertTrue(await userClient(host(), tokens[by]).post('logout'));
      for (const token of Object.values(tokens)) {
        await isDead(token, by);
        assertRefused(await renew(token), 405, by);
      }
      await lives(other, by);
      await lives(bystander, by);
    }
  });

  it('ends with every event that ends access tokens', async () => {
    const ends: Record<string, (one: Account, token: string) => Promise<Answer>> = {
      'log-out everywhere': (_one, token) => userClient(host(), token).post('logout', { everywhere: true }),
      'password change': (_one, token) =>
        userClient(host(), token).post('changePassword', { password: PASSWORD, newPassword: NEW }),
      async reset({ app, user }) {
        const client = appClient(host(), app);
        assertTrue(await client.post('forgotPassword', { handle: user.handle }));
        const code = (await host().outbox()).findLast((line) => line.appId === app.id)?.code;
        return client.post('resetPassword', { handle: user.handle, password: NEW, code });
      },
    };
    for (const [name, end] of Object.entries(ends)) {
      const one = await account();
      const fresh = await renewed(one.token);
      assertTrue(await end(one, fresh), name);
      for (const token of [one.token, fresh]) {
        await isDead(token, name);
        assertRefused(await renew(token), 405, name);
      }
      assert.equal((await stored(one)).sessions, undefined, name);
    }
    const one = await account();
    const fresh = await renewed(one.token);
    const status = (value: string) =>
      host().portal('POST', '/api/app/user', {
        json: { appId: one.app.id, userId: one.user.id, status: value },
      });
    await status('suspend');
    assertRefused(await renew(fresh), 404);
    await status('active');
    assertRefused(await renew(fresh), 405);
  });

  it('is not renewed by what overtook the log-out or the password change', async () => {
    const { users } = host().deps.store;
    const overtaken: Record<string, (token: string) => Promise<Answer>> = {
      logout: (token) => userClient(host(), token).post('logout'),
      'password change': (token) =>
        userClient(host(), token).post('changePassword', { password: PASSWORD, newPassword: NEW }),
    };
    for (const [name, meanwhile] of Object.entries(overtaken)) {
      const one = await account();
      await visited(one);
      const answer = await beforeNext(users, 'replace', {
        meanwhile: async () => assertTrue(await meanwhile(one.token), name),
        work: () => renew(one.token),
      });
      assertRefused(answer, 405, name);
    }
  });

  it('goes on with the old token when a step fails', async () => {
    const { deps } = host();
    const steps: [name: string, fails: (work: () => Promise<Answer>) => Promise<Answer>][] = [
      ['the write', (work) => patched(deps.store.users, { replace: fail }, work)],
      ['the access token', (work) => patched(deps.hostTokens, { issueAccessToken: fail }, work)],
      ['the user JWT', (work) => patched(deps.appTokens, { sign: fail }, work)],
    ];
    for (const [name, fails] of steps) {
      const one = await account();
      await visited(one);
      assert.equal((await fails(() => renew(one.token))).body.code, 500, name);
      await lives(one.token, name);
      await lives(await renewed(one.token), name);
    }
  });

  it('is refused what getUser is refused, and 604 where the metadata are missing', async () => {
    const field = { id: 'f1', path: 'name', fieldName: 'name', required: true, canEdit: true };
    const lacking = await account({ metaData: [field] });
    assertRefused(await renew(lacking.token), 604);
    assert.equal((await stored(lacking)).sessions, undefined, 'nothing was used up');
    assertTokens(await renew((await account({ metaData: [field] }, { metadataDue: true })).token));
    assertRefused(await renew((await account({ status: 'suspended' })).token), 402);
    assertRefused(await renew((await account({ status: 'migrated' })).token), 413);
    assertRefused(await renew((await account({}, { status: 'pending' })).token), 404);
    const locked = await account({}, { lockedAt: 1 });
    assertTokens(await renew(locked.token), 'a lock blocks log-ins only');
  });

  it('makes no fresh proof of an old one', async () => {
    const one = await account(
      { twoFactorVerification: 'google' },
      { twoFactorTotp: true, totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' },
    );
    const off = (token: string) =>
      userClient(host(), token).post('setTwoFactorGoogleVerification', { twoFactor: false });
    host().clock.advance(11 * 60 * SECOND);
    assertRefused(await off(await renewed(one.token)), 602);
    assertTrue(await off(await host().accessToken(one.app, one.user)), 'a log-in is one');
  });

  it('is bounded: the session that was renewed longest ago ends for the 51st', async () => {
    const one = await account();
    const begin = async () => {
      host().clock.advance(SECOND);
      const first = await host().accessToken(one.app, one.user);
      return { first, latest: await renewed(first) };
    };
    const sessions = [];
    for (let n = 0; n < 50; n++) sessions.push(await begin());
    const [oldest, second, ...others] = sessions;
    assert.ok(oldest && second);
    // Used again, it is not the one unused for longest.
    oldest.latest = await renewed(oldest.latest);
    sessions.push(await begin());
    host().clock.advance(61 * SECOND);
    for (const token of [second.first, second.latest]) {
      await isDead(token);
      assertRefused(await renew(token), 405);
    }
    for (const { latest } of [oldest, ...others]) await lives(latest);
    await lives(one.token, 'it was never renewed');
    const user = await stored(one);
    assert.equal(user.sessions?.length, 50);
  });

  it('is forgotten once its last token has ended', async () => {
    const one = await account();
    await renewed(one.token);
    host().clock.advance(31 * DAY);
    const other = await host().accessToken(one.app, one.user);
    await renewed(other);
    assert.deepEqual(
      (await stored(one)).sessions?.map(({ sid }) => sid),
      [claims(other).sid],
    );
  });

  it('cannot be renewed with a token of an old installation', async () => {
    const one = await account();
    const iat = Math.floor(host().clock.now() / 1000);
    const { appId, handle } = { appId: one.app.id, handle: one.user.handle };
    const named = { scope: 'user', appId, handle, userId: one.user.id, epoch: one.user.epoch, iat };
    const nameless = await signedByHost({ ...named, exp: iat + 3600 });
    await lives(nameless);
    assertRefused(await renew(nameless), 405);
    // One of the version before has a name, and no session.
    const before = await signedByHost({ ...named, exp: iat + 3600, jti: 'a'.repeat(32), auth_time: iat });
    const fresh = await renewed(before);
    host().clock.advance(61 * SECOND);
    await isDead(before);
    await lives(fresh);
  });

  it('is remembered with the network it was renewed from', async () => {
    const one = await account();
    await renewed(one.token);
    assert.equal((await stored(one)).networks?.length, 1);
  });
});

describeOnBothStores(
  'a session',
  (host) => {
    const renew = (token: string) => userClient(host(), token).post('renew');
    const getUser = (token: string) => userClient(host(), token).get('getUser');

    it('ends SESSION_MAX_DAYS after the log-in, however often it is renewed', async () => {
      const app = await host().createApp();
      const user = await host().createUser(app);
      const began = host().clock.now();
      let token = await host().accessToken(app, user);
      for (let week = 0; week < 5; week++) {
        host().clock.advance(7 * DAY);
        token = assertTokens(await renew(token), `week ${week}`);
        host().clock.advance(61 * SECOND);
      }
      const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      assert.equal(exp * 1000, began + 40 * DAY);
      host().clock.advance(began + 40 * DAY - host().clock.now() - 1);
      assert.equal((await getUser(token)).status, 200);
      host().clock.advance(1);
      assertRefused(await getUser(token), 405);
      assertRefused(await renew(token), 405);
    });
  },
  { config: { sessionMaxDays: 40 } },
);
