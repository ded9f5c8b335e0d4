import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import { loggedIn } from '../support/appuser-client.ts';
import { split } from '../support/because.ts';
import { type Answer, PASSWORD, startTestHost, type TestHost } from '../support/host.ts';

type Body = Record<string, unknown>;
/** Reason, then the member to blame; the code where it matters; what else the refusal says. */
type Told = [reason: string | undefined, field?: string | undefined, more?: Body];

const MD5_OF_NOTHING = 'd41d8cd98f00b204e9800998ecf8427e';
/** `123456`. */
const COMMON = 'e10adc3949ba59abbe56e057f20f883e';
const OTHER_PASSWORD = '0123456789abcdef0123456789abcdef';
const FRESH = '8c1f3a5b7d9e0f2a4c6e8b0d1f3a5c7e';
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Additions §1.1. */
describe('reasons', () => {
  let host: TestHost;
  let app: App;
  let user: User;
  let accessToken: string;
  before(async () => {
    host = await startTestHost();
    app = await host.createApp({
      signupFlow: 'none',
      anonymousLoginEnabled: true,
      userNamesEnabled: true,
      refuseCommonPasswords: true,
      metaData: [
        { id: '1', path: 'user.team', fieldName: 'team', required: true, canEdit: true },
        { id: '2', path: 'user.rank', fieldName: 'rank', required: false, canEdit: false },
      ],
    });
    user = await host.createUser(app, { metaData: { user: { team: 'red', rank: 'low' } } });
    accessToken = await host.accessToken(app, user);
  });
  after(() => host.stop());

  function told(answer: Answer, [reason, field, more = {}]: Told, code?: number): void {
    const { old, because } = split(answer.body);
    const expected = reason && { reason, ...(field && { field }), ...more };
    assert.deepEqual(because, expected, answer.text);
    if (code !== undefined) assert.equal(old.code, code, answer.text);
    if (old.code === 602) assert.equal(old.message, 'invalid data');
  }
  const asApp = (route: string, json: Body) =>
    host.request('POST', `/api/appuser/${route}`, { headers: { 'app-token': app.appToken }, json });
  const asUser = (route: string, json: Body) =>
    host.request('POST', `/api/appuser/${route}`, { headers: { 'access-token': accessToken }, json });
  const portal = (route: string, json: Body) =>
    host.portal('POST', `/api/app/${route}`, { json: { appId: app.id, ...json } });
  const signup = { handle: 'new@example.com', password: FRESH, metaData: '{"user":{"team":"red"}}' };

  describe('of a member', () => {
    const cases: [what: string, call: () => Promise<Answer>, told: Told, code: number][] = [
      ['absent', () => asApp('login', { handle: 'a@b.co' }), ['missing', 'password'], 403],
      ['empty', () => asApp('login', { handle: '', password: PASSWORD }), ['missing', 'handle'], 403],
      ['absent where that is 600', () => asApp('loginAnonymous', {}), ['missing', 'handle'], 600],
      [
        'absent where that is 602',
        () => asUser('changePassword', { password: PASSWORD }),
        ['missing', 'newPassword'],
        602,
      ],
      ['of another type', () => asApp('signup', { ...signup, handle: ['a'] }), ['wrong_type', 'handle'], 602],
      [
        'of none of its types',
        () => asApp('completeSignup', { handle: 'a@b.co', code: {} }),
        ['wrong_type', 'code'],
        602,
      ],
      [
        'no code',
        () => asApp('completeSignup', { handle: 'a@b.co', code: '12x456' }),
        ['unknown_value', 'code'],
        602,
      ],
      [
        'no word of a list',
        () => asApp('socialLogin', { token: 'x', provider: 'mine' }),
        ['unknown_value', 'provider'],
        602,
      ],
      [
        'a number for a word',
        () => asApp('socialLogin', { token: 'x', provider: 7 }),
        ['wrong_type', 'provider'],
        602,
      ],
      [
        'half a character',
        () => asApp('login', { handle: 'a\ud800@b.co', password: PASSWORD }),
        ['wrong_type', 'handle'],
        602,
      ],
      [
        'too long',
        () => asApp('login', { handle: 'a'.repeat(321), password: PASSWORD }),
        ['too_long', 'handle'],
        602,
      ],
      [
        'too long and of a wrong form',
        () => asApp('signup', { ...signup, password: 'x'.repeat(300) }),
        ['too_long', 'password'],
        602,
      ],
      [
        'a handle that is too long',
        () => asApp('signup', { ...signup, handle: `${'a'.repeat(300)}@b.co` }),
        ['too_long', 'handle'],
        602,
      ],
      [
        'no handle',
        () => asApp('signup', { ...signup, handle: 'nobody' }),
        ['invalid_handle', 'handle'],
        602,
      ],
      [
        'no handle that anybody could have',
        () => asApp('forgotPassword', { handle: 'a\u0007@b.co' }),
        ['invalid_handle', 'handle'],
        602,
      ],
      [
        'no anonymous handle',
        () => asApp('loginAnonymous', { handle: 'me' }),
        ['invalid_handle', 'handle'],
        600,
      ],
      [
        'no user name',
        () => asUser('setUserName', { userName: '1st' }),
        ['invalid_user_name', 'userName'],
        602,
      ],
      ['no MD5', () => asApp('signup', { ...signup, password: 'secret' }), ['not_md5', 'password'], 602],
      [
        'no MD5, behind a code',
        () => asApp('resetPassword', { handle: user.handle, password: 'x', code: '123456' }),
        ['not_md5', 'password'],
        602,
      ],
      [
        'no MD5, the new one',
        () => asUser('changePassword', { password: PASSWORD, newPassword: 'x' }),
        ['not_md5', 'newPassword'],
        602,
      ],
      [
        'the old password',
        () => asUser('changePassword', { password: PASSWORD, newPassword: PASSWORD }),
        ['unknown_value', 'newPassword'],
        602,
      ],
      [
        'a common password',
        () => asApp('signup', { ...signup, password: COMMON }),
        ['common_password', 'password'],
        602,
      ],
      [
        'the new one, common',
        () => asUser('changePassword', { password: PASSWORD, newPassword: COMMON }),
        ['common_password', 'newPassword'],
        602,
      ],
      [
        'a language the app has not',
        () => asUser('setLocale', { locale: 'FR' }),
        ['unknown_locale', 'locale'],
        602,
      ],
      ['half a proof', () => asUser('deleteAccount', { handle: user.handle }), ['missing', 'password'], 602],
      ['no proof', () => asUser('deleteAccount', {}), ['missing'], 403],
    ];
    for (const [what, call, expected, code] of cases) {
      it(`blames ${what}`, async () => told(await call(), expected, code));
    }

    it('blames a parameter that came twice', async () => {
      const raw = `handle=a@b.co&handle=a@b.co&password=${PASSWORD}`;
      const headers = { 'app-token': app.appToken, ...FORM };
      told(await host.request('POST', '/api/appuser/login', { headers, raw }), ['wrong_type', 'handle'], 602);
      const query = '/api/appuser/userNameAvailable?userName=ada&userName=bob';
      told(await host.request('GET', query, { headers: { 'access-token': accessToken } }), [
        'wrong_type',
        'userName',
      ]);
    });
  });

  describe('of metadata', () => {
    const cases: [what: string, metaData: string, told: Told, code: number][] = [
      ['no JSON', '{', ['not_json', 'metaData'], 604],
      ['no object', '[1]', ['not_json', 'metaData'], 604],
      ['absent', '{}', ['metadata_missing', 'metaData', { path: 'user.team' }], 604],
      ['no text', '{"user":{"team":1}}', ['wrong_type', 'metaData', { path: 'user.team' }], 604],
      [
        'half a character',
        '{"user":{"team":"\\ud800"}}',
        ['wrong_type', 'metaData', { path: 'user.team' }],
        604,
      ],
      [
        'too large',
        `{"user":{"team":"${'x'.repeat(1025)}"}}`,
        ['metadata_too_large', 'metaData', { path: 'user.team' }],
        604,
      ],
      ['empty', '{"user":{"team":" "}}', ['metadata_missing', 'metaData', { path: 'user.team' }], 602],
    ];
    for (const [what, metaData, expected, code] of cases) {
      it(`blames ${what} at signup`, async () =>
        told(await asApp('signup', { ...signup, metaData }), expected, code));
    }

    it('blames what setUserMetadata may not do', async () => {
      const set = (metaData: string) => asUser('setUserMetadata', { metaData });
      told(await set('x'), ['not_json', 'metaData'], 602);
      told(await set('{"user":{"rank":"high"}}'), ['not_editable', 'metaData', { path: 'user.rank' }], 604);
      told(await set('{"user":{"team":""}}'), ['metadata_missing', 'metaData', { path: 'user.team' }], 604);
      told(await set('{"user":{"team":[]}}'), ['wrong_type', 'metaData', { path: 'user.team' }], 604);
    });
  });

  it('blames a phone number, also in place of a handle', async () => {
    const sms = { accountSid: 'AC1', token: 't', phoneNumber: '+15550001234' };
    const phones = await host.createApp({ handleType: 'phone', twoFactorVerification: 'phone', twilio: sms });
    const owner = await host.createUser(phones, { handle: '+15550009999' });
    const client = await loggedIn(host, phones, owner);
    told(await client.post('setPhone', { phone: '12' }), ['invalid_phone', 'phone'], 602);
    const joins = { headers: { 'app-token': phones.appToken }, json: { handle: '12', password: PASSWORD } };
    told(await host.request('POST', '/api/appuser/signup', joins), ['invalid_phone', 'handle'], 602);
    told(await portal('testAppTwilio', { appId: phones.id, phone: '12' }), ['invalid_phone', 'phone']);
  });

  describe('of a body', () => {
    const send = (raw: string | Buffer, headers: Record<string, string> = JSON_TYPE) =>
      host.request('POST', '/api/appuser/login', { headers: { 'app-token': app.appToken, ...headers }, raw });
    const deep = `${'{"a":'.repeat(9)}1${'}'.repeat(9)}`;
    const cases: [what: string, answer: () => Promise<Answer>, reason: string, status: number][] = [
      ['broken JSON', () => send('{"handle":'), 'not_json', 400],
      ['a list', () => send('[]'), 'not_json', 400],
      ['JSON too deep', () => send(deep), 'not_json', 400],
      ['a broken encoding', () => send(Buffer.from([0x7b, 0xff, 0x7d])), 'not_json', 400],
      ['another type', () => send('x', { 'content-type': 'text/plain' }), 'not_json', 415],
      ['a compressed one', () => send('x', { ...JSON_TYPE, 'content-encoding': 'gzip' }), 'not_json', 415],
      ['one too large', () => send(' '.repeat(102_401)), 'too_long', 413],
    ];
    for (const [what, call, reason, status] of cases) {
      it(`tells ${what} with HTTP ${status}, blaming no member`, async () => {
        const answer = await call();
        assert.equal(answer.status, status);
        assert.deepEqual(answer.body, { code: 602, message: 'invalid data', reason });
      });
    }

    it('says the same to the portal, in a sentence', async () => {
      const answer = await host.portal('POST', '/api/app/removeUser', { headers: JSON_TYPE, raw: '{' });
      assert.deepEqual(answer.body, { status: 'Fails', message: 'malformed request', reason: 'not_json' });
    });

    it('says invalid data under every 602, known address or not', async () => {
      const nowhere = await host.request('POST', '/api/appuser/nowhere', { json: {} });
      assert.deepEqual([nowhere.status, nowhere.body], [404, { code: 602, message: 'invalid data' }]);
      const method = await host.request('DELETE', '/api/appuser/login');
      assert.deepEqual([method.status, method.body], [405, { code: 602, message: 'invalid data' }]);
    });
  });

  describe('of a credential', () => {
    const call = (path: string, headers: Record<string, string> = {}) =>
      host.request('POST', path, {
        headers,
        json: { handle: 'a@b.co', password: PASSWORD, userName: 'ada' },
      });
    const login = '/api/appuser/login';
    const setUserName = '/api/appuser/setUserName';
    const wrong = (wanted: string): Told => ['wrong_credential', undefined, { wanted }];
    const none = (wanted: string): Told => ['no_credential', undefined, { wanted }];

    it('names the header that is wanted', async () => {
      told(await call(login), none('app-token'), 400);
      told(await call(setUserName), none('access-token'), 403);
      told(await call('/api/app/removeUser'), none('server-secret'));
      told(await call(login, { 'server-secret': host.serverSecret }), wrong('app-token'), 400);
      told(await call(setUserName, { 'app-token': app.appToken }), wrong('access-token'), 403);
      told(await call('/api/app/removeUser', { 'app-token': app.appToken }), wrong('server-secret'));
      const link = await host.request('GET', '/api/appuser/completeSignup?handle=a&code=1');
      told(link, none('appToken'), 403);
    });

    it('knows a token in force in the wrong header', async () => {
      told(await call(setUserName, { 'access-token': app.appToken }), wrong('access-token'), 405);
      told(await call(login, { 'app-token': accessToken }), wrong('app-token'), 400);
      told(await call('/api/app/removeUser', { 'server-secret': accessToken }), wrong('server-secret'), 500);
    });

    it('says nothing of a token that is not in force', async () => {
      const other = await host.createUser(app, { handle: 'old@example.com' });
      const old = await host.accessToken(app, other);
      host.clock.advance(31 * 86_400_000);
      told(await call(login, { 'app-token': old }), [undefined], 400);
      told(await call(setUserName, { 'access-token': old }), [undefined], 405);
      host.clock.advance(-31 * 86_400_000);
      for (const [header, code] of [
        ['app-token', 400],
        ['access-token', 405],
        ['server-secret', 500],
      ] as const) {
        told(await call(setUserName, { [header]: `${app.appToken}x` }), [undefined], code);
      }
    });
  });

  describe('of the portal', () => {
    const cases: [what: string, call: () => Promise<Answer>, told: Told][] = [
      [
        'a handle somebody has',
        () => portal('addUser', { handle: user.handle, password: FRESH }),
        ['taken', 'handle'],
      ],
      ['no handle', () => portal('addUser', { handle: 'x', password: FRESH }), ['invalid_handle', 'handle']],
      [
        'a password in clear',
        () => portal('addUser', { handle: 'b@b.co', password: 'clear' }),
        ['not_md5', 'password'],
      ],
      [
        'the MD5 of nothing',
        () => portal('addUser', { handle: 'b@b.co', password: MD5_OF_NOTHING }),
        ['common_password', 'password'],
      ],
      [
        'a common password',
        () => portal('resetUserPassword', { userId: user.id, rawValue: 'x', hashValue: COMMON }),
        ['common_password', 'hashValue'],
      ],
      [
        'the name of another app',
        () => host.portal('POST', '/api/app', { json: { name: app.name } }),
        ['taken', 'name'],
      ],
      [
        'a setting that is none',
        () => portal('updateAppSetting', { setting: 'x' }),
        ['unknown_value', 'setting'],
      ],
      [
        'a setting without its value',
        () => portal('updateAppSetting', { setting: 'signup' }),
        ['missing', 'signupEnabled'],
      ],
      [
        'a value out of range',
        () => portal('rotateAppToken', { graceHours: 721 }),
        ['unknown_value', 'graceHours'],
      ],
      [
        'a list as text that is no JSON',
        () => portal('update', { metaData: 'no list' }),
        ['not_json', 'metaData'],
      ],
      [
        'a reserved path',
        () => portal('updateAppMetaData', { metaData: [{ path: 'sub' }] }),
        ['metadata_reserved', 'metaData', { path: 'sub' }],
      ],
      [
        'a path that cannot be',
        () => portal('updateAppMetaData', { metaData: [{ path: 'a..b' }] }),
        ['unknown_value', 'metaData', { path: 'a..b' }],
      ],
      [
        'metadata that are too large',
        () =>
          portal('updateAppUserMetaData', {
            handle: user.handle,
            metaData: { user: { team: 'x'.repeat(2000) } },
          }),
        ['metadata_too_large', 'metaData', { path: 'user.team' }],
      ],
      [
        'a template without its code',
        () => portal('previewTemplate', { templateName: 'signUp', htmlTemplate: 'x' }),
        ['unknown_value', 'htmlTemplate'],
      ],
      [
        'an index beyond the list',
        () => portal('deleteMetadata', { type: 'metaData', index: 9 }),
        ['unknown_value', 'index'],
      ],
    ];
    for (const [what, call, expected] of cases) {
      it(`blames ${what}`, async () => told(await call(), expected));
    }

    it('blames a query parameter', async () => {
      const logs = (query: string) => host.portal('GET', `/api/app/logs?appId=${app.id}&${query}`);
      told(await logs('type=host'), ['unknown_value', 'type']);
      told(await logs('fromDate=yesterday'), ['unknown_value', 'fromDate']);
      told(await logs('status=app&status=user'), ['wrong_type', 'status']);
      told(await host.portal('GET', '/api/app/logs'), ['missing', 'appId']);
    });
  });

  describe('that are kept', () => {
    const cases: [what: string, call: () => Promise<Answer>, code: number][] = [
      ['a wrong password', () => asApp('login', { handle: user.handle, password: OTHER_PASSWORD }), 600],
      [
        'a password that is no MD5 at login',
        () => asApp('login', { handle: user.handle, password: 'clear' }),
        600,
      ],
      [
        'a wrong code',
        () => asApp('resetPassword', { handle: user.handle, password: FRESH, code: '123456' }),
        602,
      ],
      ['a code nobody waits for', () => asApp('completeSignup', { handle: 'no@b.co', code: '123456' }), 602],
      ['an unknown account', () => asApp('forgotPassword', { handle: 'no@b.co' }), 603],
      ['a taken handle', () => asApp('signup', { ...signup, handle: user.handle }), 601],
      [
        'a wrong current password',
        () =>
          asUser('changePassword', {
            password: OTHER_PASSWORD,
            newPassword: FRESH,
          }),
        602,
      ],
      ['a mode that is off', () => asUser('setPhone', { phone: '+15551230000' }), 409],
    ];
    for (const [what, call, code] of cases) {
      it(`says nothing of ${what}`, async () => told(await call(), [undefined], code));
    }

    it('has none for an account whose metadata lack something', async () => {
      const bare = await host.createUser(app, { handle: 'bare@example.com' });
      told(await asApp('login', { handle: bare.handle, password: PASSWORD }), [undefined], 604);
    });
  });

  it('refuses the MD5 of nothing, whatever the app says of common passwords', async () => {
    const lenient = await host.createApp({ refuseCommonPasswords: false, signupFlow: 'none' });
    const owner = await host.createUser(lenient);
    const client = await loggedIn(host, lenient, owner);
    const headers = { 'app-token': lenient.appToken };
    const post = (route: string, json: Body) =>
      host.request('POST', `/api/appuser/${route}`, { headers, json });
    for (const password of [MD5_OF_NOTHING, MD5_OF_NOTHING.toUpperCase()]) {
      const common: Told = ['common_password', 'password'];
      told(await post('signup', { handle: 'c@b.co', password }), common, 602);
      told(await post('register', { handle: 'c@b.co', password, code: '123456' }), common, 602);
      told(await post('resetPassword', { handle: owner.handle, password, code: '123456' }), common, 602);
      const change = await client.post('changePassword', { password: PASSWORD, newPassword: password });
      told(change, ['common_password', 'newPassword'], 602);
      told(await portal('addUser', { appId: lenient.id, handle: 'c@b.co', password }), common);
      const reset = { appId: lenient.id, userId: owner.id, rawValue: 'x', hashValue: password };
      told(await portal('resetUserPassword', reset), ['common_password', 'hashValue']);
    }
    assert.equal((await post('signup', { handle: 'c@b.co', password: COMMON })).status, 200);
  });

  it('takes a new password in either case for the same', async () => {
    const loose = await host.createApp({ signupFlow: 'none' });
    const headers = { 'app-token': loose.appToken };
    const post = (route: string, json: Body) =>
      host.request('POST', `/api/appuser/${route}`, { headers, json });
    const handle = 'case@example.com';
    assert.equal((await post('signup', { handle, password: FRESH.toUpperCase() })).status, 200);
    for (const password of [FRESH, FRESH.toUpperCase()]) {
      assert.equal((await post('login', { handle, password })).status, 200);
    }
    const member = await host.deps.store.users.findByHandle(loose.id, handle);
    assert.ok(member);
    const client = await loggedIn(host, loose, member);
    const same = await client.post('changePassword', { password: FRESH, newPassword: FRESH.toUpperCase() });
    told(same, ['unknown_value', 'newPassword'], 602);
  });

  it('stands in the line of the request, and not in the log of the app', async () => {
    const start = host.lines.length;
    await asApp('signup', { ...signup, handle: 'nobody' });
    await asApp('login', { handle: user.handle, password: OTHER_PASSWORD });
    await portal('addUser', { handle: user.handle, password: FRESH });
    await asApp('login', {});
    const lines = host.lines.slice(start).filter(({ msg }) => msg === 'request');
    assert.deepEqual(
      lines.map(({ code, reason }) => [code, reason]),
      [
        [602, 'invalid_handle'],
        [600, undefined],
        [undefined, 'taken'],
        [403, 'missing'],
      ],
    );
    await host.deps.activity.flush();
    const { rows } = await host.deps.store.activity.page(app.id, {}, { offset: 0, limit: 200 });
    const failures = rows.filter(({ status }) => status === 'error').map(({ value }) => JSON.parse(value));
    assert.ok(failures.length > 0);
    for (const failure of failures) assert.equal(Object.keys(failure).length, 2, JSON.stringify(failure));
  });
});
