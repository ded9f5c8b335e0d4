import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { appClient, userClient } from '../../support/appuser-client.ts';
import { authenticatorCode } from '../../support/authenticator.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { type Answer, PASSWORD } from '../../support/host.ts';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
/** What the owner is told, in each language that has texts. */
const SWITCHED_OFF: Record<string, RegExp> = {
  DE: /Das Team der App hat .* ausgeschaltet/,
  EN: /The team of the app switched the two-step login off/,
  ES: /El equipo de la aplicación ha desactivado/,
  FR: /L’équipe de l’application a désactivé/,
  JA: /運営チームが 2 段階認証を無効に/,
  ZH: /应用团队已关闭两步验证/,
};
const WRONG = 'f'.repeat(32);

describeOnBothStores(
  'what an operator does to one user',
  (host) => {
    const post = (route: string, app: App, json: Record<string, unknown>) =>
      host().portal('POST', `/api/app/${route}`, { json: { appId: app.id, ...json } });
    const get = async (app: App, user: User) =>
      (await host().portal('GET', `/api/app/user?appId=${app.id}&userId=${user.id}`)).body;
    const works = async (token: string) => (await userClient(host(), token).get('getUser')).status === 200;
    const logRows = async (app: App, action: string) =>
      (await host().portal('GET', `/api/app/logs?appId=${app.id}&filterAction=${action}`)).body.logs;
    const eventsOf = (event: string, user: User) =>
      host().events.filter((line) => line.event === event && line.userId === user.id);
    const refusal = ({ status, body }: Answer) => [status, body.status, body.reason, body.field];
    const mailsTo = async (to: string) => (await host().outbox()).filter((line) => line.to === to);

    it('shows one user by id or handle, and nothing that is secret', async () => {
      const app = await host().createApp();
      const user = await host().createUser(app, {
        handle: 'ada@example.com',
        twoFactorTotp: true,
        totpSecret: SECRET,
        recoveryCodes: ['digest-one', 'digest-two'],
        lockedAt: 1_700_000_000_000,
      });
      const body = await get(app, user);
      assert.deepEqual(body.factors, { totp: true, phone: false, recoveryCodesLeft: 2 });
      assert.deepEqual([body._id, body.uid, body.sub], [user.id, user.uid, user.uid]);
      assert.equal(body.lockedAt, '2023-11-14T22:13:20.000Z');
      assert.deepEqual([body.invitesSent, body.invitesAccepted], [0, 0]);
      assert.ok(!('waitsUntil' in body) && !('sessionsEndedAt' in body) && !('importedFrom' in body));
      assert.doesNotMatch(JSON.stringify(body), /digest-|JBSWY3/);
      const named = await host().portal('GET', `/api/app/user?appId=${app.id}&handle=ADA@example.com`);
      assert.deepEqual(named.body, body);
      assert.deepEqual(refusal(await host().portal('GET', `/api/app/user?appId=${app.id}`)), [
        ...[400, 'Fails', 'missing', 'userId'],
      ]);
      const nobody = await host().portal('GET', `/api/app/user?appId=${app.id}&handle=eve@example.com`);
      assert.deepEqual(refusal(nobody), [403, 'Fails', undefined, undefined]);
    });

    it('shows how many a user invited, and how many of them came', async () => {
      const app = await host().createApp();
      const user = await host().createUser(app, { handle: 'ada@example.com' });
      const client = userClient(host(), await host().accessToken(app, user));
      for (const handle of ['one@example.com', 'two@example.com']) {
        assert.equal((await client.post('invite', { handle })).status, 200);
      }
      const code = (await mailsTo('one@example.com')).at(-1)?.code;
      const joined = await appClient(host(), app).post('register', {
        handle: 'one@example.com',
        password: PASSWORD,
        code,
      });
      assert.equal(joined.status, 200, joined.text);
      const body = await get(app, user);
      assert.deepEqual([body.invitesSent, body.invitesAccepted], [2, 1]);
    });

    it('ends lock and waits', async () => {
      const app = await host().createApp({ maxLoginAttempts: 3, twoFactorVerification: 'google' });
      const user = await host().createUser(app, { twoFactorTotp: true, totpSecret: SECRET });
      const client = appClient(host(), app);
      const first = await client.post('login', { handle: user.handle, password: PASSWORD });
      for (let n = 0; n < 5; n++) {
        await client.post('loginComplete', { loginToken: first.body['login-token'], code: '000000' });
      }
      for (let n = 0; n < 3; n++) await client.post('login', { handle: user.handle, password: WRONG });
      const locked = await get(app, user);
      assert.ok(locked.lockedAt);
      assert.ok(Date.parse(locked.waitsUntil) > host().clock.now(), JSON.stringify(locked));
      assert.equal((await post('unlockUser', app, { handle: user.handle })).text, 'true');
      const free = await get(app, user);
      assert.deepEqual([free.lockedAt, free.waitsUntil], [undefined, undefined]);
      assert.notEqual(free.revision, locked.revision);
      const again = await client.post('login', { handle: user.handle, password: PASSWORD });
      assert.ok(again.body['login-token'], again.text);
      assert.equal(eventsOf('account_unlocked', user).length, 1);
      assert.equal((await logRows(app, 'unlockUser')).length, 1);
    });

    it('ends every session', async () => {
      const app = await host().createApp();
      const user = await host().createUser(app);
      const token = await host().accessToken(app, user);
      assert.ok(await works(token));
      assert.equal((await post('endSessions', app, { userId: user.id })).text, 'true');
      assert.ok(!(await works(token)));
      const { sessionsEndedAt } = await get(app, user);
      assert.equal(sessionsEndedAt, new Date(host().clock.now()).toISOString());
      assert.equal(eventsOf('token_revoked', user).length, 1);
      const [row, ...others] = await logRows(app, 'endSessions');
      assert.deepEqual([row.value, others], [JSON.stringify({ userId: user.id }), []]);
    });

    for (const [locale, told] of Object.entries(SWITCHED_OFF)) {
      it(`switches the second factor off and tells the owner, in ${locale}`, async () => {
        const app = await host().createApp({
          twoFactorVerification: 'google',
          locales: Object.keys(SWITCHED_OFF),
        });
        const handle = `${locale.toLowerCase()}-owner@example.com`;
        const phone = { twoFactorPhone: true, phone: '+491701234567', phoneVerified: true };
        const totp = { twoFactorTotp: true, totpSecret: SECRET, recoveryCodes: ['digest'] };
        const user = await host().createUser(app, { handle, locale, ...phone, ...totp });
        const login = await appClient(host(), app).post('login', { handle, password: PASSWORD });
        assert.equal(
          (await post('disableSecondFactor', app, { userId: user.id, why: 'phone and codes lost' })).text,
          'true',
        );
        const { factors } = await get(app, user);
        assert.deepEqual(factors, { totp: false, phone: false, recoveryCodesLeft: 0 });
        const pending = await appClient(host(), app).post('loginComplete', {
          loginToken: login.body['login-token'],
          code: authenticatorCode(SECRET, host().clock.now()),
        });
        assert.equal(pending.status, 400, 'a log-in that waits for the code is over');
        const after = await appClient(host(), app).post('login', { handle, password: PASSWORD });
        assert.ok(after.body.jwt);
        const [mail, ...more] = await mailsTo(handle);
        assert.deepEqual([mail?.message, more.length], ['factorChanged', 0]);
        assert.match(mail?.text ?? '', told);
        assert.equal(eventsOf('factor_disabled', user).length, 1);
        const [row] = await logRows(app, 'disableSecondFactor');
        assert.deepEqual(JSON.parse(row.value), { userId: user.id, why: 'phone and codes lost' });
      });
    }

    it('asks why a second factor is switched off, and tells nobody where there is none', async () => {
      const app = await host().createApp();
      const user = await host().createUser(app, { handle: 'plain@example.com' });
      for (const why of [undefined, '', ' ']) {
        const { status, body } = await post('disableSecondFactor', app, { userId: user.id, why });
        assert.deepEqual([status, body.field], [400, 'why']);
      }
      await post('disableSecondFactor', app, { userId: user.id, why: 'by mistake' });
      assert.deepEqual(await mailsTo('plain@example.com'), []);
      assert.deepEqual(eventsOf('factor_disabled', user), []);
    });

    it('sends a code for another password; the old one and the sessions stay', async () => {
      const app = await host().createApp();
      const user = await host().createUser(app, { handle: 'reset@example.com' });
      const token = await host().accessToken(app, user);
      assert.equal((await post('sendPasswordReset', app, { handle: user.handle })).text, 'true');
      assert.ok(await works(token));
      const [mail] = await mailsTo('reset@example.com');
      assert.equal(mail?.message, 'resetPassword');
      const reset = { handle: user.handle, password: WRONG, code: mail?.code };
      assert.equal((await appClient(host(), app).post('resetPassword', reset)).text, 'true');
      assert.equal(eventsOf('code_sent', user).length, 1);
      const [row] = await logRows(app, 'sendPasswordReset');
      assert.ok(!row.value.includes(mail?.code));
    });

    it('sends somebody who never chose a password a code to do so', async () => {
      const app = await host().createApp();
      const user = await host().createUser(app, { handle: 'none@example.com', passwordHash: undefined });
      await post('sendPasswordReset', app, { userId: user.id });
      assert.equal((await mailsTo('none@example.com'))[0]?.message, 'setPassword');
    });

    it('sends no code to who logs in without a password, and none beyond the budget of the app', async () => {
      const app = await host().createApp({ mailsPerHour: 1 });
      const social = { loginProvider: 'google', socialUserId: 'g', passwordHash: undefined } as const;
      const user = await host().createUser(app, { handle: 'g@example.com', ...social });
      assert.equal((await post('sendPasswordReset', app, { userId: user.id })).status, 400);
      const other = await host().createUser(app, { handle: 'h@example.com' });
      assert.equal((await post('sendPasswordReset', app, { userId: other.id })).status, 200);
      const limited = await post('sendPasswordReset', app, { userId: other.id });
      assert.deepEqual([limited.status, limited.body.status], [429, 'Fails']);
      assert.ok(Number(limited.headers['retry-after']) > 0);
      assert.deepEqual(await mailsTo('g@example.com'), []);
      assert.equal((await mailsTo('h@example.com')).length, 1);
    });
  },
  { config: { codesPerHour: 20, codesPerDay: 20 } },
);
