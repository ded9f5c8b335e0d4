import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { assertTokens, assertTrue, loggedIn } from '../../support/appuser-client.ts';
import { split } from '../../support/because.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import type { Answer, TestHost } from '../../support/host.ts';

type Body = Record<string, string>;
type Sender = (body: Body) => Promise<Answer>;

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
/** With what forms and JSON escape. */
const TYPED = 'Ünïc "öd" & +1% = schön\u{1F600}';
const NEW = 'An0ther one, typed';
const OTHER = md5('something else');
const COMMON = 'password1';
const FILTER = {
  passwordFilter: true,
  passwordRules: { minLength: 8, minUpper: 1, minLower: 1, minDigit: 1, minSpecial: 1 },
  refuseCommonPasswords: true,
};
const HANDLE = 'ada@example.com';
const NEWCOMER = 'new@example.com';

/** A route and what is needed to call it, but for the passwords. */
interface Case {
  route: string;
  /** The member that compares, or sets, and the names under which its text may come. */
  member: string;
  texts: readonly string[];
  sets: boolean;
  /** Makes an app where the call succeeds with the text; answers what else is sent. */
  stage(host: TestHost, settings: Partial<App>): Promise<{ send: Sender; app: App }>;
  succeeded(answer: Answer): void;
}

const toAnything = ({ status, text }: Answer) => assert.equal(status, 200, text);

async function account(host: TestHost, settings: Partial<App>) {
  const app = await host.createApp(settings);
  const user = await host.createUser(app, { handle: HANDLE, password: md5(TYPED) });
  return { app, user };
}
const asApp =
  (host: TestHost, app: App, route: string, more: Body = {}): Sender =>
  (body) =>
    host.request('POST', `/api/appuser/${route}`, {
      headers: { 'app-token': app.appToken },
      json: { ...more, ...body },
    });
const codeFor = async (host: TestHost, app: App) =>
  (await host.outbox()).findLast(({ appId, code }) => appId === app.id && code !== undefined)?.code ?? '';

const CASES: readonly Case[] = [
  {
    route: 'login',
    member: 'password',
    texts: ['passwordText'],
    sets: false,
    async stage(host, settings) {
      const { app } = await account(host, settings);
      return { app, send: asApp(host, app, 'login', { handle: HANDLE }) };
    },
    succeeded: (answer) => void assertTokens(answer),
  },
  {
    route: 'deleteAccount',
    member: 'password',
    texts: ['passwordText'],
    sets: false,
    async stage(host, settings) {
      const { app, user } = await account(host, settings);
      const client = await loggedIn(host, app, user);
      return { app, send: (body) => client.post('deleteAccount', { handle: HANDLE, ...body }) };
    },
    succeeded: assertTrue,
  },
  {
    route: 'changePassword',
    member: 'password',
    texts: ['passwordText'],
    sets: false,
    async stage(host, settings) {
      const { app, user } = await account(host, settings);
      const client = await loggedIn(host, app, user);
      return { app, send: (body) => client.post('changePassword', { newPassword: OTHER, ...body }) };
    },
    succeeded: assertTrue,
  },
  {
    route: 'changePassword',
    member: 'newPassword',
    texts: ['newPasswordText'],
    sets: true,
    async stage(host, settings) {
      const { app, user } = await account(host, settings);
      const client = await loggedIn(host, app, user);
      return { app, send: (body) => client.post('changePassword', { password: md5(TYPED), ...body }) };
    },
    succeeded: assertTrue,
  },
  {
    route: 'signup',
    member: 'password',
    texts: ['passwordText'],
    sets: true,
    async stage(host, settings) {
      const app = await host.createApp({ signupFlow: 'none', ...settings });
      return { app, send: asApp(host, app, 'signup', { handle: HANDLE }) };
    },
    succeeded: (answer) => void assertTokens(answer),
  },
  {
    route: 'register',
    member: 'password',
    texts: ['passwordText'],
    sets: true,
    async stage(host, settings) {
      const app = await host.createApp({ invitationEnabled: true, ...settings });
      await host.portal('POST', '/api/app/createAppInvite', { json: { appId: app.id, handle: HANDLE } });
      const code = await codeFor(host, app);
      return { app, send: asApp(host, app, 'register', { handle: HANDLE, code }) };
    },
    succeeded: (answer) => void assertTokens(answer),
  },
  {
    route: 'resetPassword',
    member: 'password',
    texts: ['passwordText', 'newPasswordText'],
    sets: true,
    async stage(host, settings) {
      const { app } = await account(host, settings);
      await asApp(host, app, 'forgotPassword')({ handle: HANDLE });
      const code = await codeFor(host, app);
      return { app, send: asApp(host, app, 'resetPassword', { handle: HANDLE, code }) };
    },
    succeeded: assertTrue,
  },
  {
    route: 'addUser',
    member: 'password',
    texts: ['passwordText'],
    sets: true,
    async stage(host, settings) {
      const app = await host.createApp(settings);
      const json = { appId: app.id, handle: HANDLE };
      return {
        app,
        send: (body) => host.portal('POST', '/api/app/addUser', { json: { ...json, ...body } }),
      };
    },
    succeeded: toAnything,
  },
  {
    route: 'resetUserPassword',
    member: 'hashValue',
    texts: ['passwordText'],
    sets: true,
    async stage(host, settings) {
      const { app, user } = await account(host, settings);
      const json = { appId: app.id, userId: user.id };
      return {
        app,
        send: (body) => host.portal('POST', '/api/app/resetUserPassword', { json: { ...json, ...body } }),
      };
    },
    succeeded: assertTrue,
  },
];

/** Additions §1.2. */
describeOnBothStores('passwords as they were typed', (host) => {
  const logIn = (app: App, body: Body) => asApp(host(), app, 'login', { handle: HANDLE })(body);

  /** Refused because of what was sent. */
  function blamed(answer: Answer, because: Record<string, unknown> | undefined, about: string): void {
    const { old, because: told } = split(answer.body);
    assert.deepEqual([about, told], [about, because]);
    assert.equal(answer.status, 400, about);
    if (old.code !== undefined) assert.deepEqual([old.code, old.message], [602, 'invalid data'], about);
    else assert.equal(old.status, 'Fails', about);
  }

  for (const { route, member, texts, sets, stage, succeeded } of CASES) {
    describe(`${route}, for ${member}`, () => {
      const right = sets ? NEW : TYPED;
      for (const text of texts) {
        it(`takes ${text}, alone or with the MD5 it has`, async () => {
          for (const beside of [{}, { [member]: md5(right).toUpperCase() }, { [member]: md5(right) }]) {
            const { app, send } = await stage(host(), sets ? FILTER : {});
            succeeded(await send({ [text]: right, ...beside }));
            if (!sets) continue;
            assertTokens(await logIn(app, { password: md5(right) }), 'old clients');
            assertTokens(await logIn(app, { passwordText: right }), 'new clients');
          }
        });

        it(`refuses a ${text} that is none, and one of another MD5`, async () => {
          const { send } = await stage(host(), {});
          const bad: [text: unknown, reason: string][] = [
            [7, 'wrong_type'],
            [['x'], 'wrong_type'],
            ['\ud800', 'wrong_type'],
            ['x'.repeat(1025), 'too_long'],
            ['é'.repeat(513), 'too_long'],
          ];
          for (const [value, reason] of bad) {
            const answer = await send({ [text]: value } as Body);
            blamed(answer, { reason, field: text }, String(value).slice(0, 9));
          }
          const differing = await send({ [text]: right, [member]: OTHER });
          blamed(differing, { reason: 'not_md5', field: member }, 'another MD5');
        });

        if (sets) {
          it(`holds ${text} against the app’s rules, and says which it breaks`, async () => {
            const { send } = await stage(host(), FILTER);
            const unmet = ['length', 'upper', 'digit', 'special'];
            const why = { reason: 'password_rules', field: text, unmet };
            blamed(await send({ [text]: 'qwx' }), why, 'rules');
            blamed(await send({ [text]: 'qwx', [member]: md5('qwx') }), why, 'rules, with its MD5');
            // Both wrong: that it is common comes first.
            blamed(await send({ [text]: COMMON }), { reason: 'common_password', field: text }, 'common');
            // What is typed is not known of an MD5.
            const { send: again } = await stage(host(), FILTER);
            succeeded(
              await again({ [member]: md5('qwx'), ...(member === 'hashValue' && { rawValue: 'qwx' }) }),
            );
          });

          it(`takes 1,024 bytes of ${text}, blanks and all, as they are`, async () => {
            for (const typed of ['é'.repeat(512), ' ', '\u00e9', 'e\u0301']) {
              const { app, send } = await stage(host(), {});
              succeeded(await send({ [text]: typed }));
              assertTokens(await logIn(app, { password: md5(typed) }), typed.slice(0, 9));
            }
          });
        }
      }

      it('says which member is missing where neither came', async () => {
        const { send } = await stage(host(), {});
        for (const [about, body] of Object.entries<Body>({ none: {}, empty: { [texts[0] ?? '']: '' } })) {
          const { because } = split((await send(body)).body);
          const field = about === 'empty' && route === 'deleteAccount' ? texts[0] : member;
          const reason = about === 'empty' && route === 'deleteAccount' ? 'unknown_value' : 'missing';
          assert.deepEqual(because, { reason, field }, about);
        }
      });
    });
  }

  it('refuses two texts that differ', async () => {
    const reset = CASES.find(({ route }) => route === 'resetPassword') ?? assert.fail();
    const { send } = await reset.stage(host(), {});
    const answer = await send({ passwordText: NEW, newPasswordText: TYPED });
    blamed(answer, { reason: 'unknown_value', field: 'newPasswordText' }, 'two texts');
  });

  it('refuses to change a password to itself, under the name it came by', async () => {
    const { app, user } = await account(host(), {});
    const client = await loggedIn(host(), app, user);
    const change = (body: Body) => client.post('changePassword', body);
    const typed = { reason: 'unknown_value', field: 'newPasswordText' };
    blamed(await change({ passwordText: TYPED, newPasswordText: TYPED }), typed, 'both typed');
    blamed(await change({ password: md5(TYPED), newPasswordText: TYPED }), typed, 'one typed');
    const hashed = { reason: 'unknown_value', field: 'newPassword' };
    blamed(await change({ passwordText: TYPED, newPassword: md5(TYPED) }), hashed, 'the other typed');
    assertTrue(await change({ passwordText: TYPED, newPasswordText: NEW }));
    assertTokens(await logIn(app, { passwordText: NEW }));
  });

  it('takes them from forms, byte for byte', async () => {
    const app = await host().createApp({ signupFlow: 'none' });
    const post = (route: string, form: Body) =>
      host().request('POST', `/api/appuser/${route}`, { headers: { 'app-token': app.appToken }, form });
    const body = { handle: HANDLE, passwordText: TYPED };
    assertTokens(await post('signup', body));
    assertTokens(await post('login', body));
    assertTokens(await logIn(app, { password: md5(TYPED) }));
    const wrong = await post('login', { ...body, passwordText: `${TYPED} ` });
    assert.deepEqual(wrong.body, { code: 600, message: 'invalid login credentials' });
  });

  it('refuses a wrong one like a wrong MD5, which a log-in does not blame', async () => {
    const { app } = await account(host(), {});
    for (const body of [{ passwordText: NEW }, { password: OTHER }, { password: 'no MD5' }] as Body[]) {
      assert.deepEqual((await logIn(app, body)).body, { code: 600, message: 'invalid login credentials' });
    }
  });

  it('never asks the text of a password that is not to be set to keep the rules', async () => {
    const app = await host().createApp(FILTER);
    await host().createUser(app, { handle: HANDLE, password: md5('qwx') });
    assertTokens(await logIn(app, { passwordText: 'qwx' }));
  });

  it('are offered to clients by getApplication', async () => {
    const app = await host().createApp();
    const headers = { 'app-token': app.appToken };
    const { body } = await host().request('GET', '/api/appuser/getApplication', { headers });
    assert.equal(body.passwordText, true);
  });

  it('are mailed to nobody when the portal sets one: the user gets a notice in their language', async () => {
    const app = await host().createApp({ locales: ['EN', 'DE'] });
    const user = await host().createUser(app, { handle: NEWCOMER, locale: 'DE' });
    const json = { appId: app.id, userId: user.id, passwordText: NEW, rawValue: 'another text' };
    assertTrue(await host().portal('POST', '/api/app/resetUserPassword', { json }));
    const mails = (await host().outbox()).filter(({ appId }) => appId === app.id);
    assert.deepEqual(
      mails.map(({ message, to, locale }) => [message, to, locale]),
      [['passwordSetByPortal', NEWCOMER, 'DE']],
    );
    for (const secret of [NEW, md5(NEW), 'another text']) {
      assert.ok(!JSON.stringify(mails).includes(secret), secret);
    }
    assert.match(String(mails[0]?.text), /neues Passwort gesetzt/);
  });
});
