import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { METRICS } from '../../../server/model/figure.ts';
import type { User } from '../../../server/model/user.ts';
import { authenticatorCode, otherCode } from '../../support/authenticator.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { figuresNamed } from '../../support/figures.ts';
import { PASSWORD, type TestHost } from '../../support/host.ts';
import { startIdentityProvider } from '../../support/identity-provider.ts';
import { movedIn } from '../../support/move-in.ts';
import { download, upload } from '../../support/transfers.ts';
import { until } from '../../support/until.ts';

const OTHER = '155ba8e102f3beb97892c3400b65031c';
const ADA = 'ada@example.com';
const PHONE = '+15551234567';
const AUDIENCE = 'com.example.app';
/** Counted by a sweep or with anything that is done: they have tests of their own. */
const ELSEWHERE = 'signup_expired invite_expired client active_day active_week active_month returned'.split(
  ' ',
);

const provider = await startIdentityProvider();
after(() => provider.close());

/** One app, and what its clients and the portal do. */
class Scene {
  readonly host: TestHost;
  readonly app: App;
  constructor(host: TestHost, app: App) {
    this.host = host;
    this.app = app;
  }

  /** As the app, or as somebody who is logged in. */
  async client(route: string, json: Record<string, unknown>, token?: string) {
    const headers: Record<string, string> = token
      ? { 'access-token': token }
      : { 'app-token': this.app.appToken };
    const answer = await this.host.request('POST', `/api/appuser/${route}`, { headers, json });
    assert.equal(answer.status, 200, `${route}: ${answer.text}`);
    return answer.body;
  }
  async portal(route: string, json: Record<string, unknown>) {
    const all = { appId: this.app.id, ...json };
    const answer = await this.host.portal('POST', `/api/app/${route}`, { json: all });
    assert.equal(answer.status, 200, `${route}: ${answer.text}`);
    return answer.body;
  }
  /** The newest message of the app with a code or a link. */
  async sent(): Promise<{ code?: string | undefined; link?: string | undefined }> {
    const lines = (await this.host.outbox()).filter(({ appId }) => appId === this.app.id);
    return lines.findLast(({ code, link }) => code ?? link) ?? assert.fail('nothing was sent');
  }
  async code(): Promise<string> {
    return (await this.sent()).code ?? assert.fail('no code was sent');
  }
  signUp = () => this.client('signup', { handle: ADA, password: PASSWORD });
  logIn = () => this.client('login', { handle: ADA, password: PASSWORD });
  async person(settings: Partial<User> = {}): Promise<{ user: User; token: string }> {
    const user = await this.host.createUser(this.app, { handle: ADA, password: PASSWORD, ...settings });
    return { user, token: await this.host.accessToken(this.app, user) };
  }
  /** With an authenticator app. */
  async guarded() {
    const { user, token } = await this.person();
    const { googleSecretKey, recoveryCodes } = await this.client(
      'setTwoFactorGoogleVerification',
      { twoFactor: true },
      token,
    );
    const totp = () => authenticatorCode(googleSecretKey, this.host.clock.now());
    return { user, token, totp, recoveryCode: String(recoveryCodes[0]) };
  }
  async complete(code: string) {
    return this.client('loginComplete', { loginToken: (await this.logIn())['login-token'], code });
  }
  identity(email = ADA): string {
    const claims = { aud: AUDIENCE, sub: email, email, email_verified: true };
    return provider.token(this.host.clock.now(), claims);
  }
}

interface Way {
  how: string;
  app?: Partial<App>;
  by(scene: Scene): Promise<unknown>;
  raises: Record<string, number>;
}
const VERIFIED = (flow: string) => ({
  [`signup_requested ${flow} EN`]: 1,
  [`signup_verified ${flow} EN`]: 1,
  [`verified_within 1m ${flow}`]: 1,
});
const TOTP: Partial<App> = { twoFactorVerification: 'google' };
const SMS: Partial<App> = { twoFactorVerification: 'phone' };
const SOCIAL: Partial<App> = {
  appleLoginEnabled: true,
  appleBundleId: AUDIENCE,
  googleLoginEnabled: true,
  googleClientId: AUDIENCE,
};

const WAYS: readonly Way[] = [
  {
    how: 'signup and completeSignup',
    async by(scene) {
      await scene.signUp();
      await scene.client('completeSignup', { handle: ADA, code: await scene.code() });
    },
    raises: {
      ...VERIFIED('code'),
      'signup_sent code EN': 1,
      'signup_tried code EN': 1,
      'login_within_a_day code': 1,
      'message email sent': 2,
    },
  },
  {
    how: 'the page of a link and its button',
    app: { signupFlow: 'link' },
    async by(scene) {
      await scene.signUp();
      const path = new URL((await scene.sent()).link ?? '').pathname;
      await scene.host.request('GET', path);
      assert.equal((await scene.host.request('POST', path, { form: {} })).status, 200);
    },
    raises: {
      ...VERIFIED('link'),
      'signup_sent link EN': 1,
      'signup_opened link EN': 1,
      'signup_tried link EN': 1,
      'message email sent': 2,
    },
  },
  {
    how: 'signup without confirmation',
    app: { signupFlow: 'none' },
    by: (scene) => scene.signUp(),
    raises: { ...VERIFIED('none'), 'login_within_a_day none': 1, 'message email sent': 1 },
  },
  ...(['apple', 'google'] as const).map((name) => ({
    how: `socialSignup and socialLogin with ${name}`,
    app: SOCIAL,
    async by(scene: Scene) {
      await scene.client('socialSignup', { provider: name, token: scene.identity(), handle: ADA });
      await scene.client('socialLogin', { provider: name, token: scene.identity() });
    },
    raises: {
      ...VERIFIED(name),
      [`login_within_a_day ${name}`]: 1,
      [`login ${name}`]: 1,
      'message email sent': 1,
    },
  })),
  {
    how: 'confirmSignup',
    async by(scene) {
      await scene.signUp();
      await scene.portal('confirmSignup', { handle: ADA });
      await scene.logIn();
    },
    raises: {
      ...VERIFIED('code'),
      'signup_sent code EN': 1,
      'login password': 1,
      'login_within_a_day code': 1,
      'message email sent': 2,
    },
  },
  {
    how: 'resendSignup where no message was sent yet, and again',
    async by(scene) {
      const { codesPerHour } = scene.host.deps.config;
      for (let n = 0; n < codesPerHour; n++) await scene.signUp();
      await scene.portal('removeAppSignup', { handle: ADA });
      await scene.signUp();
      for (let n = 0; n < 2; n++) await scene.portal('resendSignup', { handle: ADA });
    },
    raises: {
      'signup_requested code EN': 2,
      'signup_sent code EN': 2,
      'message email sent': 7,
      'message email limited': 1,
    },
  },
  {
    how: 'invite and register',
    async by(scene) {
      const { token } = await scene.person();
      for (let n = 0; n < 2; n++) await scene.client('invite', { handle: 'b@example.com' }, token);
      const code = await scene.code();
      await scene.client('register', { handle: 'b@example.com', password: PASSWORD, code });
    },
    raises: { 'invite_sent user': 1, 'invite_accepted user': 1, 'message email sent': 3 },
  },
  {
    how: 'createAppInvite, resendAppInvite and removeAppInvite',
    async by(scene) {
      await scene.portal('createAppInvite', { handle: `${ADA},b@example.com` });
      await scene.portal('resendAppInvite', { handle: ADA });
      // What waits is withdrawn with it.
      await scene.host.outbox();
      await scene.portal('removeAppInvite', { handle: ADA });
    },
    raises: { 'invite_sent portal': 2, 'invite_withdrawn portal': 1, 'message email sent': 3 },
  },
  {
    how: 'inviteMany and register',
    async by(scene) {
      await scene.portal('inviteMany', { handles: [ADA, ADA, 'nobody'] });
      const code = await scene.code();
      await scene.client('register', { handle: ADA, password: PASSWORD, code });
    },
    raises: { 'invite_sent portal': 1, 'invite_accepted portal': 1, 'message email sent': 2 },
  },
  {
    how: 'login, loginAnonymous and renew',
    app: { anonymousLoginEnabled: true },
    async by(scene) {
      await scene.person();
      await scene.client('loginAnonymous', { handle: 'ANON_1' });
      await scene.client('renew', {}, (await scene.logIn())['access-token']);
    },
    raises: { 'login password': 1, 'login anonymous': 1, renewed: 1 },
  },
  {
    how: 'an authenticator app, and one of its recovery codes',
    app: TOTP,
    async by(scene) {
      const { token, totp, recoveryCode } = await scene.guarded();
      await scene.complete(totp());
      await scene.complete(recoveryCode);
      await scene.client('setTwoFactorGoogleVerification', { twoFactor: false, password: PASSWORD }, token);
    },
    raises: { 'factor_on totp': 1, 'login totp': 1, 'login recovery': 1, 'factor_off totp': 1 },
  },
  {
    how: 'codes to a phone',
    app: SMS,
    async by(scene) {
      const { token } = await scene.person();
      await scene.client('setPhone', { phone: PHONE }, token);
      await scene.client('verifyPhone', { code: await scene.code() }, token);
      await scene.client('setTwoFactorPhoneVerification', { twoFactor: true }, token);
      const { 'login-token': loginToken } = await scene.logIn();
      const code = await scene.code();
      const headers = { 'app-token': scene.app.appToken };
      const wrong = { headers, json: { loginToken, code: otherCode(code) } };
      assert.equal((await scene.host.request('POST', '/api/appuser/loginComplete', wrong)).status, 400);
      await scene.client('loginComplete', { loginToken, code });
      await scene.client('setTwoFactorPhoneVerification', { twoFactor: false, password: PASSWORD }, token);
    },
    raises: {
      'factor_on phone': 1,
      'factor_off phone': 1,
      'login sms': 1,
      'login_failed code': 1,
      // Of the factor the owner is told as well.
      'message sms sent': 2,
      'message email sent': 2,
    },
  },
  {
    how: 'disableSecondFactor',
    app: TOTP,
    async by(scene) {
      const { user } = await scene.guarded();
      await scene.portal('disableSecondFactor', { userId: user.id, why: 'lost' });
    },
    raises: { 'factor_on totp': 1, 'factor_off totp': 1 },
  },
  {
    how: 'forgotPassword, resetPassword and resetUserPassword',
    async by(scene) {
      const { user } = await scene.person();
      await scene.client('forgotPassword', { handle: ADA });
      await scene.client('resetPassword', { handle: ADA, password: OTHER, code: await scene.code() });
      await scene.portal('resetUserPassword', { userId: user.id, rawValue: 'long word', hashValue: OTHER });
    },
    raises: { 'password_reset user': 1, 'password_reset portal': 1 },
  },
  {
    how: 'deleteAccount, removeUser and bulk',
    async by(scene) {
      const { token } = await scene.person();
      await scene.client('deleteAccount', { handle: ADA, password: PASSWORD }, token);
      await scene.person();
      await scene.portal('removeUser', { handle: ADA });
      await scene.person();
      const { job } = await scene.portal('bulk', { filter: {}, action: 'delete' });
      await until('the job ends', async () => {
        scene.host.deps.wakeJobs();
        return (await scene.host.portal('GET', `/api/app/job?job=${job}`)).body.state === 'done';
      });
    },
    raises: { 'user_deleted user': 1, 'user_deleted portal': 2 },
  },
  {
    how: 'import of what another system wrote',
    by: (scene) =>
      movedIn(scene.host, scene.app, {
        format: 'auth0',
        file: `${JSON.stringify({ user_id: 'auth0|1', email: ADA, email_verified: true })}\n`,
      }),
    raises: { 'user_imported auth0': 1 },
  },
  {
    how: 'a provider that cannot be reached',
    app: { ...SMS, twilio: { accountSid: `AC${'0'.repeat(32)}`, token: 't', phoneNumber: '+15005550006' } },
    async by(scene) {
      const { token } = await scene.person();
      const input = { headers: { 'access-token': token }, json: { phone: PHONE } };
      assert.equal((await scene.host.request('POST', '/api/appuser/setPhone', input)).status, 400);
    },
    raises: { 'message sms failed': 1 },
  },
];

describeOnBothStores(
  'a figure is raised by',
  (host) => {
    const raised = new Set(ELSEWHERE);
    for (const { how, app: settings, by, raises } of WAYS) {
      it(how, async () => {
        const app = await host().createApp({ type: 'commercial', ...settings });
        const scene = new Scene(host(), app);
        for (const name of Object.keys(raises)) raised.add(name.split(' ')[0] ?? '');
        await by(scene);
        await host().outbox();
        const messages = Object.keys(raises).some((name) => name.startsWith('message'));
        const looked = messages ? /^(?!active|returned|client)/ : /^(?!active|returned|client|message)/;
        assert.deepEqual(await figuresNamed(host(), app, looked), raises);
      });
    }

    it('importDatabase, in the app it makes', async () => {
      const app = await host().createApp();
      await host().createUser(app, { handle: ADA });
      const file = await download(host(), `/api/app/export?appId=${app.id}`);
      const { status, body } = await upload(host(), file, `copy of ${app.id}`);
      assert.equal(status, 200, JSON.stringify(body));
      assert.deepEqual(await figuresNamed(host(), { id: body.appId }, /^user/), {
        'user_imported archive': 1,
      });
    });

    it('something each', () => {
      assert.deepEqual(
        Object.keys(METRICS).filter((name) => !raised.has(name)),
        [],
      );
    });
  },
  {
    config: {
      appleIssuer: provider.issuer,
      appleJwksUrl: provider.jwksUrl,
      googleIssuer: provider.issuer,
      googleJwksUrl: provider.jwksUrl,
      twilioUrl: 'http://127.0.0.1:9',
    },
  },
);
