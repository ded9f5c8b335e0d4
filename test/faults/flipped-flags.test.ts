import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { rotateServerSecret } from '../../server/domain/tokens/server-secret.ts';
import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import { META } from '../../server/ports/store/meta.ts';
import { PASSWORD } from '../support/host.ts';
import { describeOverRawStores, type RawDoc } from '../support/raw-stage.ts';

describeOverRawStores('who can write the database and has no key', (stage) => {
  let app: App;
  before(async () => {
    app = await stage().host.createApp({ twoFactorVerification: 'google', status: 'active' });
  });

  const logIn = (handle: string) =>
    stage().host.request('POST', '/api/appuser/login', {
      headers: { 'app-token': app.appToken },
      json: { handle, password: PASSWORD },
    });
  const getUser = (token: string) =>
    stage().host.request('GET', '/api/appuser/getUser', { headers: { 'access-token': token } });
  const tampered = (record: string) =>
    stage().host.events.filter((line) => line.event === 'tamper_detected' && line.record === record).length;

  /** Each way to write a document with these fields in the clear. */
  const ways = (doc: RawDoc, fields: RawDoc): RawDoc[] => [
    { ...doc, ...fields },
    { ...doc, ...fields, schema: 1 },
    { ...fields, schema: 1 },
    { ...fields, schema: 2 },
    { ...fields },
  ];

  const flips: { what: string; user: Partial<User>; fields: RawDoc }[] = [
    { what: 'lifts no suspension', user: { status: 'suspend' }, fields: { status: 'active' } },
    {
      what: 'switches no factor off',
      user: { twoFactorTotp: true, totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' },
      fields: { twoFactorTotp: false },
    },
    { what: 'revives no ended session', user: { epoch: 5 }, fields: { epoch: 4 } },
    { what: 'lifts no lock', user: { lockedAt: 1 }, fields: { lockedAt: 0 } },
    {
      what: 'gives no password',
      user: {},
      fields: { passwordHash: '$argon2id$v=19$m=1024,t=1,p=1$AAAA$AAAA' },
    },
    { what: 'takes no logged-out token back', user: { revokedTokens: [] }, fields: { revokedTokens: [] } },
  ];
  for (const [n, { what, user: settings, fields }] of flips.entries()) {
    it(what, async () => {
      const { host, raw } = stage();
      const handle = `flip${n}@example.com`;
      const user = await host.createUser(app, { handle, ...settings });
      const doc = await raw.doc('users', user.id);
      for (const name of Object.keys(fields)) assert.ok(!(name in doc), `${name} stands in the clear`);
      const oldToken = await host.accessToken(app, { ...user, epoch: user.epoch - 1 });
      for (const flipped of ways(doc, fields)) {
        await raw.setDoc('users', user.id, flipped);
        for (const { status, body } of [await logIn(handle), await getUser(oldToken)]) {
          assert.deepEqual([status, body.code], [400, 500], JSON.stringify(flipped));
        }
      }
      assert.ok(tampered(`users/${user.id}`) > 0);
      await raw.setDoc('users', user.id, doc);
      assert.notEqual((await logIn(handle)).body.code, 500, 'what the host wrote counts again');
    });
  }

  it('puts nobody into the place of another', async () => {
    const { host, raw } = stage();
    const victim = await host.createUser(app, { handle: 'victim@example.com' });
    const eve = await host.createUser(app, { handle: 'eve@example.com', password: '0'.repeat(32) });
    await raw.setDoc('users', victim.id, await raw.doc('users', eve.id));
    assert.equal((await logIn('victim@example.com')).body.code, 500);
  });

  it('finds nobody under the name of another', async () => {
    const { host, raw } = stage();
    const { users } = host.deps.store;
    const of = (name: string) =>
      host.createUser(app, {
        handle: `${name}@keys.example.com`,
        userName: name,
        loginProvider: 'google',
        socialUserId: `sub of ${name}`,
      });
    const [owner, thief] = [await of('owner'), await of('thief')];
    const finds = {
      social: () => users.findBySocialId(app.id, 'google', 'sub of thief'),
      handle: () => users.findByHandle(app.id, thief.handle),
      userName: () => users.findByUserName(app.id, 'thief'),
    };
    for (const [key, find] of Object.entries(finds)) {
      await raw.swapKey('users', key, [owner.id, thief.id]);
      await assert.rejects(find(), { name: 'TamperError' }, key);
      await raw.swapKey('users', key, [owner.id, thief.id]);
    }
    assert.ok(tampered(`users/${owner.id}`) > 0);
  });

  it('opens no app', async () => {
    const { host, raw } = stage();
    const closed = await host.createApp({ status: 'suspended', signupEnabled: false, signupFlow: 'none' });
    const doc = await raw.doc('apps', closed.id);
    for (const flipped of ways(doc, { status: 'active', signupEnabled: true })) {
      await raw.setDoc('apps', closed.id, flipped);
      host.clock.advance(4_000);
      const answer = await host.request('POST', '/api/appuser/signup', {
        headers: { 'app-token': closed.appToken },
        json: { handle: 'eve@example.com', password: PASSWORD },
      });
      assert.equal(answer.body.code, 500, JSON.stringify(flipped));
    }
  });

  it('makes no old server secret count again', async () => {
    const { host, raw } = stage();
    const status = async (generation: number) => {
      const secret = await host.deps.hostTokens.issueServerSecret({ name: 'x', generation });
      host.clock.advance(4_000);
      const headers = { 'server-secret': secret };
      return (await host.request('GET', '/api/app/connection', { headers })).status;
    };
    const first = await raw.meta(META.serverSecretGeneration);
    assert.ok(await host.deps.store.meta.compareAndSet(META.serverSecretGeneration, undefined, '2'));
    const second = await raw.meta(META.serverSecretGeneration);
    assert.deepEqual([(await status(1)) === 200, await status(2)], [false, 200]);
    for (const forged of [undefined, '1', 'v1.AAAA', await raw.meta(META.adoptedHostKey)]) {
      await raw.setMeta(META.serverSecretGeneration, forged);
      assert.notEqual(await status(1), 200, String(forged));
    }
    assert.ok(tampered(`meta/${META.serverSecretGeneration}`) > 0);
    assert.notEqual(first, second);
    await raw.setMeta(META.serverSecretGeneration, second);
    assert.equal(await status(2), 200);
    await raw.setMeta(META.serverSecretGeneration, '1');
    const { token } = await rotateServerSecret(host.deps);
    host.clock.advance(4_000);
    const headers = { 'server-secret': token };
    assert.equal((await host.request('GET', '/api/app/connection', { headers })).status, 200, 'set anew');
    for (const generation of [1, 2]) assert.notEqual(await status(generation), 200);
  });

  it('has no host start without the note that all rows are sealed', async () => {
    const { raw, restart } = stage();
    const record = (await raw.meta(META.dataKey)) ?? '';
    const { wraps } = JSON.parse(record);
    assert.equal(wraps[0].whole, true);
    await raw.setMeta(
      META.dataKey,
      JSON.stringify({ wraps: wraps.map(({ whole: _, ...wrap }: RawDoc) => wrap) }),
    );
    await assert.rejects(restart(), { name: 'WrongEncryptKeyError' });
    await raw.setMeta(META.dataKey, record);
    await restart();
  });
});
