import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import type { Answer } from '../support/host.ts';
import { HANDLE, NAME_FIELD, PHONE, play, type Stage, stageOf, type World } from './appuser-stage.ts';
import { ROUTES, routeKey } from './table.ts';

/**
 * How a documented refusal of a route is provoked: settings of the stage, something that happens before, a
 * changed input.
 */
export interface Scenario {
  key: string;
  code: number;
  app?: Partial<App>;
  user?: Partial<User>;
  /** What else is sent. */
  input?: Record<string, unknown> | ((world: World, stage: Stage) => Record<string, unknown>);
  before?: (world: World, stage: Stage) => Promise<unknown>;
}
type Told = Omit<Scenario, 'key' | 'code'>;

const HOUR = 3_600_000;
const required = { metaData: [{ ...NAME_FIELD, required: true }] };
const broken = {
  sms: { twilio: { accountSid: 'AC1', token: 'twilio-token', phoneNumber: '+15550009999' } },
  mail: { emailExtension: true, emailExtensionApiKey: 'SG.key', emailExtensionSenderEmail: 'me@example.com' },
};
const byPhone = { phone: PHONE, phoneVerified: true, twoFactorPhone: true };
const once = (world: World, stage: Stage) => play(world, stage);
const later = async (world: World) => world.host().clock.advance(49 * HOUR);
const another =
  (user: Partial<User>) =>
  (world: World, { app }: Stage) =>
    world.host().createUser(app, user);
const gone = (world: World, { app, user }: Stage) => world.host().deps.store.users.remove(app.id, user.id);
const setting =
  (name: string, value: unknown) =>
  (world: World, { app }: Stage) =>
    world.host().portal('POST', '/api/app/updateAppSetting', {
      json: { appId: app.id, setting: name, [SETTING_FIELDS[name] ?? name]: value },
    });
const SETTING_FIELDS: Record<string, string> = { signup: 'signupEnabled', invite: 'invitationEnabled' };
/** A field is required from now on. */
async function requiring(world: World, { app }: Stage): Promise<unknown> {
  const { apps } = world.host().deps.store;
  const current = await apps.read(app.id);
  return current && apps.replace({ ...current, ...required });
}
const holder = (loginProvider: User['loginProvider']) =>
  another({ handle: 'new@example.com', loginProvider, socialUserId: 'other' });
const identity =
  (provider: 'apple' | 'google', claims: Record<string, unknown> = {}) =>
  (world: World) => ({ provider, token: world.identity(provider, claims) });
const stranger = identity('google', { sub: 'google-2', email: 'new@example.com' });
const otherAudience = identity('google', { aud: 'somebody else' });

/**
 * By route, by code (contract §3.5). What every route has in common (400–405, 413) is provoked by
 * `appuser.test.ts`.
 */
const TOLD: Record<string, Record<number, Told | Told[]>> = {
  'POST /api/appuser/login': {
    500: { app: { twoFactorVerification: 'phone', ...broken.sms }, user: byPhone },
    600: [{ input: { password: 'f'.repeat(32) } }, { input: { handle: 'nobody@example.com' } }],
    604: { app: required },
    606: { app: { userNamesEnabled: false }, input: { handle: 'ada' } },
    608: {
      before: (world, { app }) =>
        world.post(app, 'signup', { handle: 'new@example.com', password: 'a'.repeat(32) }),
      input: { handle: 'new@example.com' },
    },
  },
  'POST /api/appuser/loginComplete': {
    600: [{ input: { loginToken: 'x.y.z' } }, { before: once }, { before: gone }],
    602: [{ input: { code: '12345' } }, { input: { code: '0x1234' } }, { input: { code: '1e5' } }],
    604: { app: required },
  },
  'POST /api/appuser/loginAnonymous': {
    414: { app: { anonymousLoginEnabled: false } },
    600: [{ input: { handle: HANDLE } }, { input: { handle: `ANON_${'x'.repeat(124)}` } }],
  },
  'POST /api/appuser/signup': {
    407: { app: { signupEnabled: false } },
    500: { app: broken.mail },
    601: { input: { handle: HANDLE } },
    602: [
      { input: { password: 'a'.repeat(31) } },
      { input: { password: 'g'.repeat(32) } },
      { input: { handle: 'no e-mail' } },
      { input: { handle: `${'a'.repeat(244)}@example.com` } },
    ],
    604: [
      { app: required, input: { metaData: '{}' } },
      { input: { metaData: 'no JSON' } },
      { input: { metaData: '{"user_data":{"name":{"first":7}}}' } },
    ],
  },
  'POST /api/appuser/completeSignup': {
    407: { before: setting('signup', false) },
    411: { before: later },
    601: { before: once },
    602: [{ input: { code: '12345' } }, { input: { handle: HANDLE } }],
  },
  'GET /api/appuser/completeSignup': {
    407: { before: setting('signup', false) },
    411: { before: later },
    602: { input: { code: '1'.repeat(39) } },
  },
  'POST /api/appuser/socialLogin': {
    415: [
      { app: { appleLoginEnabled: false }, input: identity('apple') },
      { app: { appleBundleId: ' , ' }, input: identity('apple') },
    ],
    416: [{ app: { googleLoginEnabled: false } }, { app: { googleClientId: '' } }],
    602: { input: { provider: 'facebook' } },
    603: [
      { input: stranger },
      { input: identity('google', { sub: 'google-2', email_verified: false }), before: holder('') },
    ],
    604: { app: required },
    610: { input: stranger, before: holder('') },
    611: { input: stranger, before: holder('apple') },
    612: { input: identity('apple'), before: holder('google') },
    613: [{ input: otherAudience }, { input: { token: 'x.y.z' } }],
  },
  'POST /api/appuser/socialSignup': {
    407: { app: { signupEnabled: false } },
    415: { app: { appleLoginEnabled: false }, input: identity('apple') },
    416: { app: { googleClientId: '' } },
    602: [{ input: { provider: 'facebook' } }, { input: { metaData: 'no JSON' } }],
    604: { app: required, input: { metaData: '{}' } },
    610: { before: holder('') },
    611: { before: holder('apple') },
    612: { before: holder('google') },
    613: [{ input: otherAudience }, { input: { handle: 'else@example.com' } }],
  },
  'POST /api/appuser/invite': {
    406: { app: { invitationEnabled: false } },
    604: [
      { app: { metaDataInvite: [{ ...NAME_FIELD, required: true }] }, input: { metaData: '{}' } },
      { input: { metaData: '[' } },
    ],
  },
  'POST /api/appuser/register': {
    406: { before: setting('invite', false) },
    601: { before: once },
    602: [
      { input: { handle: 'nobody@example.com' } },
      { input: { password: 'short' } },
      { input: { metaData: 'no JSON' } },
    ],
    604: { app: required, input: { metaData: '{}' } },
  },
  'POST /api/appuser/deleteAccount': {
    403: { input: { handle: undefined, password: undefined } },
    415: { app: { appleLoginEnabled: false }, user: { loginProvider: 'apple' }, input: byToken('apple') },
    416: { app: { googleLoginEnabled: false }, user: { loginProvider: 'google' }, input: byToken('google') },
    600: [{ input: { password: 'f'.repeat(32) } }, { input: { handle: 'else@example.com' } }],
    602: [{ input: byToken('google') }, { input: { password: undefined } }],
    606: { app: { userNamesEnabled: false }, input: { handle: 'ada' } },
    613: { user: { loginProvider: 'google', socialUserId: 'google-2' }, input: byToken('google') },
  },
  'POST /api/appuser/forgotPassword': {
    603: [{ input: { handle: 'nobody@example.com' } }, { user: { loginProvider: 'google' } }],
    606: { app: { userNamesEnabled: false }, input: { handle: 'ada' } },
  },
  'POST /api/appuser/resetPassword': {
    602: [
      { before: once },
      { before: gone },
      { before: later },
      { input: { password: 'short' } },
      { input: { code: '12345' } },
    ],
  },
  'POST /api/appuser/changePassword': {
    602: [
      { input: { password: 'f'.repeat(32) } },
      { input: (_world, { input }) => ({ newPassword: input.password }) },
      { input: { newPassword: 'short' } },
    ],
  },
  'GET /api/appuser/getUser': {},
  'GET /api/appuser/userNameAvailable': {
    602: [{ input: { userName: '1ada' } }, { input: { userName: 'a da' } }],
    606: { app: { userNamesEnabled: false } },
  },
  'POST /api/appuser/setLocale': { 602: { input: { locale: 'FR' } } },
  'POST /api/appuser/setUserName': {
    602: [{ user: { userName: 'ada' } }, { input: { userName: 'a-da' } }],
    605: { before: another({ handle: 'else@example.com', userName: 'lovelace' }) },
    606: { app: { userNamesEnabled: false } },
  },
  'POST /api/appuser/setUserMetadata': {
    602: [{ input: { metaData: 'no JSON' } }, { input: { metaData: '[]' } }, { app: { metaData: [] } }],
    604: [
      { app: { metaData: [{ ...NAME_FIELD, canEdit: false }] } },
      { app: required, input: { metaData: '{}' } },
      { input: { metaData: '{"user_data":{"name":{"first":7}}}' } },
    ],
  },
  'GET /api/appuser/getApplication': {},
  'POST /api/appuser/renew': { 604: { app: required } },
  'POST /api/appuser/setHandle': {
    403: { input: { password: undefined } },
    500: { app: broken.mail },
    600: { input: { password: 'f'.repeat(32) } },
    601: [{ before: another({ handle: 'new@example.com' }) }, { input: { handle: HANDLE } }],
    602: [
      { app: { userIdFormat: 'handle' } },
      { app: { userIdFormat: 'raw' } },
      { input: { handle: 'no e-mail' } },
    ],
    604: { app: required },
  },
  'POST /api/appuser/verifyHandle': {
    601: { before: another({ handle: 'new@example.com' }) },
    602: [{ input: { code: '12345' } }, { before: later }],
    604: { before: requiring },
  },
  'POST /api/appuser/setPhone': {
    409: { app: { twoFactorVerification: 'google' } },
    412: { before: another({ handle: 'else@example.com', phone: PHONE, phoneVerified: true }) },
    500: { app: broken.sms },
    602: [{ input: { phone: '12' } }, { input: { phone: '+1555call' } }],
  },
  'POST /api/appuser/verifyPhone': {
    412: { before: another({ handle: 'else@example.com', phone: PHONE, phoneVerified: true }) },
    602: [{ input: { code: '12345' } }, { before: once }, { before: later }],
  },
  'POST /api/appuser/setTwoFactorGoogleVerification': {
    408: [{ app: { twoFactorVerification: 'none' } }, { app: { twoFactorVerification: 'phone' } }],
  },
  'POST /api/appuser/setTwoFactorPhoneVerification': {
    409: [{ app: { twoFactorVerification: 'none' } }, { app: { twoFactorVerification: 'google' } }],
    410: { user: { phone: PHONE, phoneVerified: false } },
  },
};

function byToken(provider: 'apple' | 'google') {
  return (world: World) => ({ handle: undefined, password: undefined, token: world.identity(provider) });
}

/** Codes of `routes.json` that nothing provokes, and why. */
export const UNREACHABLE: Record<string, string> = {
  'POST /api/appuser/loginAnonymous 604':
    'an anonymous user’s fields show ANON_<field>, never empty (contract §3.5.3 step 6)',
  'GET /api/appuser/completeSignup 601':
    'the page of a used link is shown again (contract §3.5.6 step 5, design §13)',
};

export const SCENARIOS: readonly Scenario[] = Object.entries(TOLD).flatMap(([key, codes]) =>
  Object.entries(codes).flatMap(([code, told]) =>
    [told].flat().map((scenario) => ({ key, code: Number(code), ...scenario })),
  ),
);

/** Plays a scenario to its refusal. */
export async function provoke(world: World, scenario: Scenario): Promise<Answer> {
  const route = ROUTES.find((each) => routeKey(each) === scenario.key);
  if (!route) throw new TypeError(`no route ${scenario.key}`);
  const stage = await stageOf(world, route, scenario);
  await scenario.before?.(world, stage);
  const changed = typeof scenario.input === 'function' ? scenario.input(world, stage) : scenario.input;
  const input = Object.entries({ ...stage.input, ...changed }).filter(([, value]) => value !== undefined);
  return play(world, stage, { input: Object.fromEntries(input) });
}
