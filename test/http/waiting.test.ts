import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import type { Config } from '../../server/model/config.ts';
import { appClient, loggedIn } from '../support/appuser-client.ts';
import { authenticatorCode, otherCode } from '../support/authenticator.ts';
import { type Answer, PASSWORD, startTestHost, type TestHost } from '../support/host.ts';

const WRONG = 'f'.repeat(32);
const BARE = { code: 600, message: 'invalid login credentials' };
const FREE = 3;
const CODES = 2;
const HOUR = 3600;
const DEVELOPED = { type: 'development' } as const;

/** Additions §1.4. */
describe('refusals that end by themselves', () => {
  let host: TestHost;
  before(async () => {
    host = await startHost();
  });
  after(() => host.stop());

  function startHost(config: Partial<Config> = {}): Promise<TestHost> {
    const limits = { passwordWaitAfter: FREE, codesPerHour: CODES, codesPerDay: 20, ...config };
    return startTestHost({ config: { ...limits, recipientsPerAddressPerHour: 4, trustProxyHops: 1 } });
  }

  describe('for want of room', () => {
    it('say when in their body and in Retry-After, in both forms', async () => {
      const small = await startTestHost({ config: { addressLimitPerMinute: 1 } });
      try {
        const app = await small.createApp();
        const call = () => appClient(small, app).post('login', { handle: 'a@b.co', password: PASSWORD });
        await call();
        small.clock.advance(12_000 - (small.clock.now() % 60_000));
        await call();
        const { status, body, headers } = await call();
        const retryAfter = 60 - Math.floor((small.clock.now() % 60_000) / 1000);
        assert.deepEqual(
          [status, body, headers['retry-after']],
          [429, { code: 429, message: 'too many requests', retryAfter }, String(retryAfter)],
        );
        const portal = () => small.request('GET', '/api/app/allApps', { headers: { 'server-secret': 'x' } });
        await portal();
        const refused = await portal();
        assert.deepEqual(
          [refused.status, refused.body, refused.headers['retry-after']],
          [429, { status: 'Fails', message: 'too many requests', retryAfter }, String(retryAfter)],
        );
      } finally {
        await small.stop();
      }
    });

    it('say so to who has written to too many people', async () => {
      const app = await host.createApp();
      const signUp = (n: number) =>
        host.request('POST', '/api/appuser/signup', {
          headers: { 'app-token': app.appToken, 'x-forwarded-for': '198.51.100.7' },
          json: { handle: `n${n}@example.com`, password: PASSWORD },
        });
      for (let n = 0; n < 4; n++) assert.equal((await signUp(n)).text, 'true');
      const { status, body, headers } = await signUp(5);
      assert.deepEqual([status, body.code, String(body.retryAfter)], [429, 429, headers['retry-after']]);
      assert.ok(body.retryAfter > 0 && body.retryAfter <= HOUR);
    });
  });

  /** A log-in in an app that waits now, for how many seconds. */
  async function waiting(of: TestHost, settings: Partial<App>): Promise<{ answer: Answer; seconds: number }> {
    const app = await of.createApp(settings);
    const user = await of.createUser(app);
    const logIn = (password: string) => appClient(of, app).post('login', { handle: user.handle, password });
    // The wait doubles from one second.
    for (let n = 0; n < FREE + 3; n++) {
      assert.deepEqual((await logIn(WRONG)).body, BARE, `try ${n}`);
      if (n >= FREE - 1) of.clock.advance(2 ** (n - FREE + 1) * 1000);
    }
    assert.deepEqual((await logIn(WRONG)).body, BARE);
    of.clock.advance(1500);
    return { answer: await logIn(PASSWORD), seconds: 2 ** 4 - 1 };
  }

  describe('a log-in whose account waits', () => {
    it('is told so in an app that is being developed, with the seconds left', async () => {
      const { answer, seconds } = await waiting(host, DEVELOPED);
      assert.deepEqual(answer.body, { ...BARE, reason: 'account_waits', retryAfter: seconds });
      assert.equal(answer.headers['retry-after'], undefined);
    });

    it('is told nothing in an app that is in use, or by a host that sends mail', async () => {
      assert.deepEqual((await waiting(host, { type: 'commercial' })).answer.body, BARE);
      const sending = await startHost({ mail: 'smtp' });
      try {
        assert.deepEqual((await waiting(sending, DEVELOPED)).answer.body, BARE);
      } finally {
        await sending.stop();
      }
    });

    it('is told so at its second step, too', async () => {
      const settings = { ...DEVELOPED, twoFactorVerification: 'google' } as const;
      for (const type of ['development', 'commercial'] as const) {
        const app = await host.createApp({ ...settings, type });
        const user = await host.createUser(app);
        const client = appClient(host, app);
        const inside = await loggedIn(host, app, user);
        const { body } = await inside.post('setTwoFactorGoogleVerification', { twoFactor: true });
        const complete = async () => {
          const login = await client.post('login', { handle: user.handle, password: PASSWORD });
          const right = authenticatorCode(body.googleSecretKey, host.clock.now());
          const loginToken = login.body['login-token'];
          return client.post('loginComplete', { loginToken, code: otherCode(right) });
        };
        for (let n = 0; n < FREE; n++) assert.deepEqual((await complete()).body, BARE);
        const told = { ...BARE, reason: 'account_waits', retryAfter: 1 };
        assert.deepEqual((await complete()).body, type === 'development' ? told : BARE);
      }
    });
  });

  describe('a message that a budget keeps back', () => {
    const routes: [
      name: string,
      settings: Partial<App>,
      call: (app: App) => Promise<(n: number) => Promise<Answer>>,
    ][] = [
      [
        'signup',
        {},
        async (app) => () =>
          appClient(host, app).post('signup', { handle: 'n@example.com', password: PASSWORD }),
      ],
      [
        'forgotPassword',
        {},
        async (app) => {
          const { handle } = await host.createUser(app);
          return () => appClient(host, app).post('forgotPassword', { handle });
        },
      ],
      [
        'forgotPassword, for nobody',
        { hideAccounts: true },
        async (app) => () => appClient(host, app).post('forgotPassword', { handle: 'nobody@example.com' }),
      ],
      [
        'invite',
        { invitationEnabled: true },
        async (app) => {
          const client = await loggedIn(host, app, await host.createUser(app));
          return () => client.post('invite', { handle: 'guest@example.com' });
        },
      ],
      [
        'resendAppInvite',
        { invitationEnabled: true },
        async (app) => {
          const json = { appId: app.id, handle: 'guest@example.com' };
          return (n) =>
            host.portal('POST', `/api/app/${n === 0 ? 'createAppInvite' : 'resendAppInvite'}`, { json });
        },
      ],
      [
        'setPhone',
        { twoFactorVerification: 'phone' },
        async (app) => {
          const client = await loggedIn(host, app, await host.createUser(app));
          return () => client.post('setPhone', { phone: '+15557654321' });
        },
      ],
    ];
    for (const [name, settings, prepare] of routes) {
      for (const type of ['development', 'commercial'] as const) {
        it(`is ${type === 'development' ? '' : 'not '}told of by ${name} in a ${type} app`, async () => {
          const call = await prepare(await host.createApp({ ...settings, type }));
          for (let n = 0; n < CODES; n++) {
            const sent = await call(n);
            assert.deepEqual([sent.status, sent.headers['x-not-sent']], [200, undefined], sent.text);
            host.clock.advance(60_000);
          }
          const { text, headers } = await call(CODES);
          assert.equal(text, 'true');
          const left = HOUR - CODES * 60;
          const told = `code_limited; retry-after=${left}`;
          assert.equal(headers['x-not-sent'], type === 'development' ? told : undefined);
          assert.match(headers['access-control-expose-headers'] ?? '', /X-Not-Sent/);
          host.clock.advance(left * 1000);
          assert.equal((await call(CODES)).headers['x-not-sent'], undefined, 'the hour is over');
        });
      }
    }

    it('is told of until the last of the budgets has room', async () => {
      const app = await host.createApp({ ...DEVELOPED, mailsPerHour: 1 });
      const signUp = (handle: string) => appClient(host, app).post('signup', { handle, password: PASSWORD });
      host.clock.advance(HOUR * 1000 - (host.clock.now() % (HOUR * 1000)) + 600_000);
      await signUp('one@example.com');
      const { text, headers } = await signUp('two@example.com');
      assert.deepEqual([text, headers['x-not-sent']], ['true', `code_limited; retry-after=${HOUR - 600}`]);
    });

    it('is the reason why a log-in by SMS is refused, to a developer', async () => {
      for (const type of ['development', 'commercial'] as const) {
        const app = await host.createApp({ type, twoFactorVerification: 'phone' });
        const phone = { phone: `+1555765${type === 'development' ? 4321 : 4322}`, phoneVerified: true };
        const user = await host.createUser(app, { ...phone, twoFactorPhone: true });
        const logIn = () => appClient(host, app).post('login', { handle: user.handle, password: PASSWORD });
        for (let n = 0; n < CODES; n++) assert.ok((await logIn()).body['login-token']);
        const told = { ...BARE, reason: 'code_limited', retryAfter: HOUR };
        assert.deepEqual((await logIn()).body, type === 'development' ? told : BARE);
      }
    });
  });
});
