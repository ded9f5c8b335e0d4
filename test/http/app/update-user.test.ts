import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { appClient, userClient } from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { type Answer, PASSWORD } from '../../support/host.ts';

describeOnBothStores('a user whom the portal changes', (host) => {
  const row = async (app: App, user: User) =>
    (await host().portal('GET', `/api/app/user?appId=${app.id}&userId=${user.id}`)).body;
  const change = async (app: App, user: User, input: Record<string, unknown>, revision?: string) =>
    host().portal('POST', '/api/app/updateUser', {
      json: {
        appId: app.id,
        userId: user.id,
        revision: revision ?? (await row(app, user)).revision,
        ...input,
      },
    });
  const refusal = ({ status, body }: Answer) => [status, body.status, body.reason, body.field];
  const works = async (token: string) => (await userClient(host(), token).get('getUser')).status === 200;

  it('gets all that was sent in one write, and the row tells of it', async () => {
    const app = await host().createApp({ locales: ['EN', 'DE'], userNamesEnabled: true });
    const user = await host().createUser(app, { metaData: { old: 'x' } });
    const token = await host().accessToken(app, user);
    const sent = {
      userName: 'Ada1815',
      locale: 'DE',
      phone: '+49 170 1234567',
      metaData: { color: ' red ', inner: { a: 1 } },
    };
    const answer = await change(app, user, sent);
    assert.equal(answer.status, 200, answer.text);
    const { userName, locale, phone, phoneVerified, metaData, revision } = answer.body;
    assert.deepEqual([userName, locale, phone, phoneVerified], ['ada1815', 'DE', '+491701234567', true]);
    assert.deepEqual(metaData, { color: ' red ', inner: { a: 1 } });
    assert.equal((await row(app, user)).revision, revision);
    assert.ok(await works(token), 'sessions stay');
    const cleared = await change(app, user, { userName: '', phone: '' });
    assert.ok(!('userName' in cleared.body) && !('phone' in cleared.body), cleared.text);
    const logs = (await host().portal('GET', `/api/app/logs?appId=${app.id}&filterAction=updateUser`)).body;
    assert.deepEqual(
      logs.logs.map(({ value }: { value: string }) => JSON.parse(value)),
      [
        { userId: user.id, changed: ['userName', 'phone'] },
        { userId: user.id, changed: ['userName', 'locale', 'phone', 'metaData'] },
      ],
    );
  });

  it('is refused with the row as it is, when another change came between', async () => {
    const app = await host().createApp({ locales: ['EN', 'DE', 'FR'] });
    const user = await host().createUser(app);
    const { revision } = await row(app, user);
    const { body: current } = await change(app, user, { locale: 'DE' }, revision);
    const late = await change(app, user, { locale: 'FR' }, revision);
    assert.deepEqual(refusal(late), [400, 'Fails', 'stale', 'revision']);
    assert.deepEqual(late.body.current, current);
    assert.equal((await row(app, user)).locale, 'DE');
  });

  it('is changed by one of many who began from the same row', async () => {
    const app = await host().createApp({ userNamesEnabled: true });
    const user = await host().createUser(app);
    const { revision } = await row(app, user);
    const names = ['ada1', 'ada2', 'ada3', 'ada4', 'ada5'];
    const answers = await Promise.all(names.map((userName) => change(app, user, { userName }, revision)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      assert.equal(answer.body.reason, 'stale');
    }
  });

  it('gets another handle: sessions end, codes sent to the old one are void, the new one logs in', async () => {
    const app = await host().createApp();
    const user = await host().createUser(app, { handle: 'old@example.com' });
    const token = await host().accessToken(app, user);
    const client = appClient(host(), app);
    await client.post('forgotPassword', { handle: 'old@example.com' });
    const code = (await host().outbox()).findLast(({ to }) => to === 'old@example.com')?.code;
    const { body } = await change(app, user, { handle: ' New@Example.com ' });
    assert.equal(body.handle, 'new@example.com');
    assert.ok(!(await works(token)));
    const login = await client.post('login', { handle: 'new@example.com', password: PASSWORD });
    assert.ok(login.body.jwt);
    const reset = { handle: 'new@example.com', password: `${'a'.repeat(31)}1`, code };
    assert.equal((await client.post('resetPassword', reset)).status, 400);
    assert.ok((await row(app, user)).sessionsEndedAt);
  });

  it('keeps the handle where it is the identifier of users', async () => {
    for (const userIdFormat of ['handle', 'raw'] as const) {
      const app = await host().createApp({ userIdFormat });
      const user = await host().createUser(app, { handle: 'me@example.com' });
      const answer = await change(app, user, { handle: 'other@example.com' });
      assert.deepEqual(refusal(answer), [400, 'Fails', 'fixed_handle', 'handle']);
      assert.equal((await change(app, user, { handle: 'ME@example.com' })).status, 200, 'its own');
    }
  });

  it('gets nothing that another has, and then nothing at all', async () => {
    const app = await host().createApp({ locales: ['EN', 'DE'], userNamesEnabled: true });
    const phone = '+491701234567';
    const others = { handle: 'bob@example.com', userName: 'bob', phone, phoneVerified: true };
    await host().createUser(app, others);
    const user = await host().createUser(app, { handle: 'ada@example.com' });
    for (const [field, value] of [
      ['handle', 'BOB@example.com'],
      ['userName', 'Bob'],
      ['phone', phone],
    ] as const) {
      const answer = await change(app, user, { locale: 'DE', [field]: value });
      assert.deepEqual(refusal(answer), [400, 'Fails', 'taken', field]);
      assert.equal((await row(app, user)).locale, 'EN');
    }
  });

  it('is suspended and reinstated as by the route of that name', async () => {
    const app = await host().createApp();
    const user = await host().createUser(app, { lockedAt: 1_700_000_000_000 });
    const token = await host().accessToken(app, user);
    assert.equal((await change(app, user, { status: 'suspend' })).body.status, 'suspend');
    assert.ok(!(await works(token)));
    const { body } = await change(app, user, { status: 'active' });
    assert.deepEqual([body.status, body.lockedAt], ['active', undefined]);
    assert.ok(!(await works(token)), 'no token revives');
  });

  it('learns by mail that the number was changed which guards the account', async () => {
    const app = await host().createApp({ twoFactorVerification: 'phone' });
    const guarded = { twoFactorPhone: true, phone: '+491701234567', phoneVerified: true };
    const user = await host().createUser(app, { handle: 'guarded@example.com', ...guarded });
    const none = await change(app, user, { phone: '' });
    assert.deepEqual(refusal(none), [400, 'Fails', 'unknown_value', 'phone']);
    assert.equal((await change(app, user, { phone: '+491701234568' })).status, 200);
    const mails = (await host().outbox()).filter(({ to }) => to === 'guarded@example.com');
    assert.deepEqual(
      mails.map(({ message }) => message),
      ['factorChanged'],
    );
  });

  const REFUSED: [title: string, input: Record<string, unknown>, reason: string, field: string][] = [
    ['an unknown member', { lastLogin: 'now' }, 'unknown_value', 'lastLogin'],
    ['a handle that is none', { handle: 'nobody' }, 'invalid_handle', 'handle'],
    ['an empty handle', { handle: '' }, 'unknown_value', 'handle'],
    ['a user name that is none', { userName: '1a' }, 'invalid_user_name', 'userName'],
    ['a language the app has not', { locale: 'FR' }, 'unknown_locale', 'locale'],
    ['a number that is none', { phone: '12' }, 'invalid_phone', 'phone'],
    ['a status that is none', { status: 'pending' }, 'unknown_value', 'status'],
    ['metadata that are too large', { metaData: { a: 'x'.repeat(2000) } }, 'metadata_too_large', 'metaData'],
    [
      'metadata with a reserved name',
      { metaData: { a: { constructor: 1 } } },
      'metadata_reserved',
      'metaData',
    ],
    ['metadata of another kind', { metaData: [] }, 'wrong_type', 'metaData'],
  ];
  for (const [title, input, reason, field] of REFUSED) {
    it(`is left alone by ${title}`, async () => {
      const app = await host().createApp({ userNamesEnabled: true });
      const user = await host().createUser(app);
      const before = await row(app, user);
      assert.deepEqual(refusal(await change(app, user, input)), [400, 'Fails', reason, field]);
      assert.deepEqual(await row(app, user), before);
    });
  }
});
