import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { appClient, loggedIn } from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';

const OTHER = '0123456789abcdef0123456789abcdef';
const HOUR_MS = 3_600_000;

describeOnBothStores('people whom the portal lets in', (host) => {
  const post = (route: string, app: App, json: Record<string, unknown>) =>
    host().portal('POST', `/api/app/${route}`, { json: { appId: app.id, ...json } });
  const mailsTo = async (to: string) =>
    (await host().outbox()).filter((line) => line.to === to).map(({ message }) => message);
  const logIn = (app: App, handle: string, password = PASSWORD) =>
    appClient(host(), app).post('login', { handle, password });
  const outcomes = async (app: App, handles: string[], more = {}) => {
    const { status, body, text } = await post('inviteMany', app, { handles, ...more });
    assert.equal(status, 200, text);
    return body.map(({ handle, outcome }: { handle: string; outcome: string }) => [handle, outcome]);
  };

  it('become users without their code when an operator vouches for them, once', async () => {
    const app = await host().createApp();
    const handle = `${app.id}@example.com`;
    await appClient(host(), app).post('signup', { handle, password: PASSWORD });
    const code = (await host().outbox()).findLast(({ to }) => to === handle)?.code;
    const { status, body, text } = await post('confirmSignup', app, { handle: handle.toUpperCase() });
    assert.equal(status, 200, text);
    assert.deepEqual([body.handle, body.status], [handle, 'active']);
    assert.ok((await logIn(app, handle)).body.jwt);
    assert.deepEqual(await mailsTo(handle), ['signUp', 'signUpSuccess']);
    const again = await post('confirmSignup', app, { handle });
    assert.deepEqual([again.status, again.body.status], [400, 'Fails']);
    const late = await appClient(host(), app).post('completeSignup', { handle, code });
    assert.equal(late.status, 400);
    const { logs } = (await host().portal('GET', `/api/app/logs?appId=${app.id}&filterAction=confirmSignup`))
      .body;
    assert.deepEqual(
      logs.map((row: { status: string; handle: string }) => [row.status, row.handle.toLowerCase()]),
      [
        ['error', handle],
        ['success', handle],
      ],
    );
  });

  it('have no password where several asked for one handle, and get a code to choose one', async () => {
    const app = await host().createApp();
    const handle = `${app.id}@example.com`;
    for (const password of [PASSWORD, OTHER]) {
      await appClient(host(), app).post('signup', { handle, password });
    }
    assert.equal((await post('confirmSignup', app, { handle })).status, 200);
    for (const password of [PASSWORD, OTHER]) {
      assert.equal((await logIn(app, handle, password)).body.code, 600);
    }
    assert.ok((await mailsTo(handle)).includes('setPassword'));
  });

  it('cannot be vouched for when their signup is over, or there is none', async () => {
    const app = await host().createApp();
    const handle = `${app.id}@example.com`;
    assert.equal((await post('confirmSignup', app, { handle })).status, 400);
    await appClient(host(), app).post('signup', { handle, password: PASSWORD });
    host().clock.advance(49 * HOUR_MS);
    assert.equal((await post('confirmSignup', app, { handle })).status, 400);
    assert.equal(await host().deps.store.users.findByHandle(app.id, handle), undefined);
  });

  it('get their message again, with a new code and its whole life, as far as the budget goes', async () => {
    const app = await host().createApp();
    const handle = `${app.id}@example.com`;
    const newest = async () => (await host().outbox()).findLast(({ to }) => to === handle);
    assert.equal((await post('resendSignup', app, { handle })).status, 400);
    await appClient(host(), app).post('signup', { handle, password: PASSWORD });
    const first = (await newest())?.code;
    host().clock.advance(40 * HOUR_MS);
    const again = await post('resendSignup', app, { handle: handle.toUpperCase() });
    assert.deepEqual([again.status, again.body], [200, true], again.text);
    host().clock.advance(40 * HOUR_MS);
    const second = (await newest())?.code;
    const complete = (code: string | undefined) =>
      appClient(host(), app).post('completeSignup', { handle, code });
    assert.equal((await complete(first)).status, 400);
    assert.equal((await complete(second)).status, 200);
    assert.ok((await logIn(app, handle)).body.jwt);
    assert.equal((await post('resendSignup', app, { handle })).status, 400);
    const log = `/api/app/logs?appId=${app.id}&filterAction=resendSignup`;
    assert.equal((await host().portal('GET', log)).body.totalLog, 3);
  });

  it('get their message again only as often as a budget allows, which strangers cannot use up', async () => {
    const app = await host().createApp();
    const handle = `${app.id}@example.com`;
    const CODES_PER_HOUR = host().deps.config.codesPerHour;
    for (let n = 0; n <= CODES_PER_HOUR; n++)
      await appClient(host(), app).post('signup', { handle, password: PASSWORD });
    for (let n = 0; n < CODES_PER_HOUR; n++)
      assert.equal((await post('resendSignup', app, { handle })).status, 200);
    assert.equal((await post('resendSignup', app, { handle })).status, 429);
    assert.equal((await mailsTo(handle)).length, 2 * CODES_PER_HOUR);
  });

  it('get a link where the app sends links, and keep the choice of several passwords', async () => {
    const app = await host().createApp({ signupFlow: 'link' });
    const handle = `${app.id}@example.com`;
    for (const password of [PASSWORD, OTHER])
      await appClient(host(), app).post('signup', { handle, password });
    host().clock.advance(40 * HOUR_MS);
    assert.equal((await post('resendSignup', app, { handle })).status, 200);
    host().clock.advance(40 * HOUR_MS);
    const link = (await host().outbox()).findLast(({ to }) => to === handle)?.link ?? '';
    const [code = ''] = /\d{39}$/.exec(link) ?? [];
    const joined = await appClient(host(), app).post('completeSignup', { handle, code, password: OTHER });
    assert.equal(joined.status, 200, joined.text);
    assert.ok((await logIn(app, handle, OTHER)).body.jwt);
  });

  it('get no message again that would lead nowhere', async () => {
    const app = await host().createApp();
    const handle = `${app.id}@example.com`;
    await appClient(host(), app).post('signup', { handle, password: PASSWORD });
    await host().createUser(app, { handle });
    assert.equal((await post('resendSignup', app, { handle })).status, 400);
    const closed = await host().createApp({ signupEnabled: false });
    assert.equal((await post('resendSignup', closed, { handle })).status, 400);
    assert.deepEqual(await mailsTo(handle), ['signUp']);
  });

  it('are invited many at a time, and each handle has its outcome, in order', async () => {
    const app = await host().createApp();
    const user = await host().createUser(app, { handle: 'here@example.com' });
    await (await loggedIn(host(), app, user)).post('invite', { handle: 'theirs@example.com' });
    const asked = ['one@example.com', 'HERE@example.com', 'nobody', 'theirs@example.com', 'One@Example.com'];
    assert.deepEqual(await outcomes(app, asked, { locale: 'en-US' }), [
      ['one@example.com', 'sent'],
      ['HERE@example.com', 'exists'],
      ['nobody', 'invalid'],
      ['theirs@example.com', 'invited'],
      ['One@Example.com', 'invited'],
    ]);
    assert.deepEqual(await outcomes(app, ['one@example.com', 'two@example.com']), [
      ['one@example.com', 'invited'],
      ['two@example.com', 'sent'],
    ]);
    const code = (await host().outbox()).findLast(({ to }) => to === 'two@example.com')?.code;
    const joined = await appClient(host(), app).post('register', {
      handle: 'two@example.com',
      password: PASSWORD,
      code,
    });
    assert.equal(joined.status, 200, joined.text);
  });

  it('are invited as far as the budget of the app goes', async () => {
    const app = await host().createApp({ mailsPerHour: 2 });
    const asked = Array.from({ length: 4 }, (_, n) => `${n}-${app.id}@example.com`);
    const told = (await outcomes(app, asked)).map(([, outcome]: [string, string]) => outcome);
    assert.deepEqual(told.sort(), ['limited', 'limited', 'sent', 'sent']);
    host().clock.advance(HOUR_MS);
    const later = (await outcomes(app, asked)).map(([, outcome]: [string, string]) => outcome);
    assert.deepEqual(later.sort(), ['invited', 'invited', 'sent', 'sent']);
  });

  it('are invited with metadata of the fields the app has for them', async () => {
    const field = { id: 'a', path: 'role', fieldName: 'role', required: true };
    const app = await host().createApp({ metaDataInvite: [field] });
    const handle = `${app.id}@example.com`;
    const missing = await post('inviteMany', app, { handles: [handle], metaData: { other: 'x' } });
    assert.deepEqual(
      [missing.status, missing.body.reason, missing.body.field, missing.body.path],
      [400, 'metadata_missing', 'metaData', 'role'],
    );
    assert.deepEqual(await outcomes(app, [handle], { metaData: { role: ' admin ' } }), [[handle, 'sent']]);
    const [invite] = await host().deps.store.invites.listByHandle(app.id, handle);
    assert.deepEqual([invite?.metaData, invite?.senderHandle], [{ role: 'admin' }, 'superuser']);
  });

  it('are not invited more than 500 at a time, or where the app invites nobody', async () => {
    const app = await host().createApp();
    const many = Array.from({ length: 501 }, (_, n) => `${n}@example.com`);
    const answer = await post('inviteMany', app, { handles: many });
    assert.deepEqual([answer.status, answer.body.reason, answer.body.field], [400, 'too_long', 'handles']);
    const closed = await host().createApp({ invitationEnabled: false });
    assert.equal((await post('inviteMany', closed, { handles: ['a@example.com'] })).status, 400);
  });
});
