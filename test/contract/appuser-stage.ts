import assert from 'node:assert/strict';
import type { App, MetadataField } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import { authenticatorCode } from '../support/authenticator.ts';
import { type Answer, PASSWORD, type TestHost } from '../support/host.ts';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts';
import { codeOf } from '../support/outbox.ts';
import { type ProviderServer, startSendGrid, startTwilio } from '../support/provider-servers.ts';
import type { ContractRoute } from './table.ts';

export const HANDLE = 'ada@example.com';
export const NEW_PASSWORD = '0123456789abcdef0123456789abcdef';
export const PHONE = '+15551234567';
export const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const AUDIENCE = 'com.example.app';

export const NAME_FIELD: MetadataField = {
  id: 'f1',
  path: 'user_data.name.first',
  fieldName: 'first',
  required: false,
  canEdit: true,
};
export const NAMED = JSON.stringify({ user_data: { name: { first: 'Ada' } } });
const TEAM_FIELD: MetadataField = { id: 'f2', path: 'invite_data.team', fieldName: 'team', required: false };
const INVITED = JSON.stringify({ invite_data: { team: 'red' } });

/**
 * The outside world of the tests: two identity providers, and a mail and an SMS provider that refuse
 * everything.
 */
export class World {
  readonly host: () => TestHost;
  readonly outside: Outside;
  constructor(host: () => TestHost, outside: Outside) {
    this.host = host;
    this.outside = outside;
  }

  /** An app in which everything is on. */
  app(settings: Partial<App> = {}): Promise<App> {
    return this.host().createApp({
      anonymousLoginEnabled: true,
      userNamesEnabled: true,
      appleLoginEnabled: true,
      appleBundleId: AUDIENCE,
      googleLoginEnabled: true,
      googleClientId: AUDIENCE,
      metaData: [NAME_FIELD],
      metaDataInvite: [TEAM_FIELD],
      ...settings,
    });
  }

  identity(provider: 'apple' | 'google', claims: Record<string, unknown> = {}): string {
    const standard = { aud: AUDIENCE, sub: `${provider}-1`, email: 'new@example.com', email_verified: true };
    return this.outside[provider].token(this.host().clock.now(), { ...standard, ...claims });
  }

  /** The newest message of that app with a code or link. */
  async mail(app: App): Promise<{ code: string; link: string }> {
    const lines = await this.host().outbox();
    const last = lines.findLast((line) => line.appId === app.id && (line.code || line.link));
    assert.ok(last, 'a message with a code or a link');
    return { code: last.code ?? '', link: last.link ?? '' };
  }

  totp(): string {
    return authenticatorCode(SEED, this.host().clock.now());
  }

  /** A user route called with the app's token, or with this access token. */
  post(app: App, route: string, json: unknown, accessToken?: string): Promise<Answer> {
    const headers: Record<string, string> = accessToken
      ? { 'access-token': accessToken }
      : { 'app-token': app.appToken };
    return this.host().request('POST', `/api/appuser/${route}`, { headers, json });
  }
}

export interface Outside {
  apple: IdentityProvider;
  google: IdentityProvider;
  mail: ProviderServer;
  sms: ProviderServer;
}
export async function openOutside(): Promise<Outside> {
  const [apple, google, mail, sms] = await Promise.all([
    startIdentityProvider(),
    startIdentityProvider(),
    startSendGrid(400),
    startTwilio(400),
  ]);
  return { apple, google, mail, sms };
}
export async function closeOutside({ apple, google, mail, sms }: Outside): Promise<void> {
  await Promise.all([apple.close(), google.close(), mail.stop(), sms.stop()]);
}

/** A call that succeeds, ready to be made once, or to be spoilt. */
export interface Stage {
  route: ContractRoute;
  app: App;
  /** Whom the call is about, where that matters. */
  user: User;
  headers: Record<string, string>;
  input: Record<string, unknown>;
}

/** How a stage is built: settings of app and user, what has to happen before, and the complete input. */
interface Play {
  app?: Partial<App>;
  user?: Partial<User>;
  input?: (world: World, app: App, user: User, accessToken: string) => Promise<Record<string, unknown>>;
}

const enrolled = { twoFactorTotp: true, totpSecret: SEED };
const signUp = { handle: 'new@example.com', password: NEW_PASSWORD };
const PLAYS: Record<string, Play> = {
  'POST /api/appuser/login': { input: async () => ({ handle: HANDLE, password: PASSWORD }) },
  'POST /api/appuser/loginComplete': {
    app: { twoFactorVerification: 'google' },
    user: enrolled,
    async input(world, app) {
      const { body } = await world.post(app, 'login', { handle: HANDLE, password: PASSWORD });
      return { loginToken: body['login-token'], code: world.totp() };
    },
  },
  'POST /api/appuser/loginAnonymous': {
    user: { handle: 'ANON_1', passwordHash: undefined },
    input: async () => ({ handle: 'ANON_1' }),
  },
  'POST /api/appuser/signup': { input: async () => ({ ...signUp, metaData: NAMED, locale: 'EN' }) },
  'POST /api/appuser/completeSignup': {
    async input(world, app) {
      await world.post(app, 'signup', signUp);
      return { handle: signUp.handle, code: (await world.mail(app)).code };
    },
  },
  'GET /api/appuser/completeSignup': {
    app: { signupFlow: 'link' },
    async input(world, app) {
      await world.post(app, 'signup', signUp);
      const code = codeOf({ link: (await world.mail(app)).link });
      return { appToken: app.appToken, handle: signUp.handle, code };
    },
  },
  'POST /api/appuser/socialLogin': {
    user: { passwordHash: undefined, loginProvider: 'google', socialUserId: 'google-1' },
    input: async (world) => ({ token: world.identity('google'), provider: 'google' }),
  },
  'POST /api/appuser/socialSignup': {
    input: async (world) => ({
      token: world.identity('google'),
      provider: 'google',
      handle: 'new@example.com',
      metaData: NAMED,
      locale: 'EN',
    }),
  },
  'POST /api/appuser/invite': {
    input: async () => ({ handle: 'bo@example.com', senderUserId: 'realm-1', metaData: INVITED }),
  },
  'POST /api/appuser/register': {
    async input(world, app, _user, accessToken) {
      await world.post(app, 'invite', { handle: 'bo@example.com', senderUserId: 'x' }, accessToken);
      const { code } = await world.mail(app);
      return { handle: 'bo@example.com', password: NEW_PASSWORD, code, metaData: NAMED, locale: 'EN' };
    },
  },
  'POST /api/appuser/deleteAccount': { input: async () => ({ handle: HANDLE, password: PASSWORD }) },
  'POST /api/appuser/forgotPassword': { input: async () => ({ handle: HANDLE }) },
  'POST /api/appuser/resetPassword': {
    async input(world, app) {
      await world.post(app, 'forgotPassword', { handle: HANDLE });
      return { handle: HANDLE, password: NEW_PASSWORD, code: (await world.mail(app)).code };
    },
  },
  'POST /api/appuser/changePassword': {
    input: async () => ({ password: PASSWORD, newPassword: NEW_PASSWORD }),
  },
  'GET /api/appuser/getUser': {},
  'GET /api/appuser/userNameAvailable': { input: async () => ({ userName: 'lovelace' }) },
  'POST /api/appuser/setLocale': { input: async () => ({ locale: 'EN' }) },
  'POST /api/appuser/setUserName': { input: async () => ({ userName: 'lovelace' }) },
  'POST /api/appuser/setUserMetadata': { input: async () => ({ metaData: NAMED }) },
  'GET /api/appuser/getApplication': {},
  'POST /api/appuser/setPhone': {
    app: { twoFactorVerification: 'phone' },
    input: async () => ({ phone: PHONE }),
  },
  'POST /api/appuser/verifyPhone': {
    app: { twoFactorVerification: 'phone' },
    async input(world, app, _user, accessToken) {
      await world.post(app, 'setPhone', { phone: PHONE }, accessToken);
      return { code: (await world.mail(app)).code };
    },
  },
  'POST /api/appuser/setTwoFactorGoogleVerification': {
    app: { twoFactorVerification: 'google' },
    input: async () => ({ twoFactor: true }),
  },
  'POST /api/appuser/setTwoFactorPhoneVerification': {
    app: { twoFactorVerification: 'phone' },
    user: { phone: PHONE, phoneVerified: true },
    input: async () => ({ twoFactor: true }),
  },
  'POST /api/appuser/signupState': {
    async input(world, app) {
      await world.post(app, 'signup', signUp);
      await world.post(app, 'completeSignup', {
        handle: signUp.handle,
        code: (await world.mail(app)).code,
      });
      return signUp;
    },
  },
  'POST /api/appuser/renew': {},
  'POST /api/appuser/setHandle': {
    input: async () => ({ handle: 'new@example.com', password: PASSWORD }),
  },
  'POST /api/appuser/verifyHandle': {
    async input(world, app, _user, accessToken) {
      await world.post(app, 'setHandle', { handle: 'new@example.com', password: PASSWORD }, accessToken);
      return { code: (await world.mail(app)).code };
    },
  },
  'POST /api/appuser/logout': { input: async () => ({ everywhere: true }) },
  'POST /api/appuser/newRecoveryCodes': {
    app: { twoFactorVerification: 'google' },
    user: enrolled,
    input: async (world) => ({ code: world.totp() }),
  },
  'POST /api/appuser/setAppData': { input: async () => ({ appData: { theme: 'red' } }) },
};

/**
 * Everything a successful call of the route needs, in an app of its own; `settings` go over what the route
 * needs.
 */
export async function stageOf(
  world: World,
  route: ContractRoute,
  settings: { app?: Partial<App>; user?: Partial<User> } = {},
): Promise<Stage> {
  const host = world.host();
  const play = PLAYS[`${route.method} ${route.path}`];
  assert.ok(play, `a play for ${route.method} ${route.path}`);
  const app = await world.app({ ...play.app, ...settings.app });
  const user = await host.createUser(app, { handle: HANDLE, ...play.user, ...settings.user });
  const accessToken = await host.accessToken(app, user);
  const input = (await play.input?.(world, app, user, accessToken)) ?? {};
  return { route, app, user, headers: await credentialOf(host, route, app, accessToken), input };
}

/** Another app like that of the stage, and how its own clients would make the very call. */
export async function elsewhere(
  world: World,
  { route, user, input }: Stage,
): Promise<{ app: App; headers: Record<string, string>; input: Record<string, unknown> }> {
  const host = world.host();
  const app = await world.app(PLAYS[`${route.method} ${route.path}`]?.app);
  // A token that names the user of the first app under this one.
  const headers = await credentialOf(host, route, app, await host.accessToken(app, user));
  return { app, headers, input: route.credential === 'query' ? { ...input, appToken: app.appToken } : input };
}

async function credentialOf(
  host: TestHost,
  { credential }: ContractRoute,
  app: App,
  accessToken: string,
): Promise<Record<string, string>> {
  if (credential === 'user') return { 'access-token': accessToken };
  if (credential !== 'superuser') return credential === 'query' ? {} : { 'app-token': app.appToken };
  const { body } = await host.portal('POST', '/api/app/superUserToken', { json: { appId: app.id } });
  return { 'access-token': String(body['access-token']) };
}

/** Makes the call, with other headers or another input when given. */
export function play(
  world: World,
  stage: Stage,
  change: { headers?: Record<string, string>; input?: Record<string, unknown> } = {},
): Promise<Answer> {
  const { route } = stage;
  const { headers = stage.headers, input = stage.input } = change;
  if (route.method === 'POST') return world.host().request('POST', route.path, { headers, json: input });
  const query = new URLSearchParams(input as Record<string, string>);
  return world.host().request(route.method, `${route.path}?${query}`, { headers });
}
