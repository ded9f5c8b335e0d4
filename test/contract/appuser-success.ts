import assert from 'node:assert/strict';
import type { Answer } from '../support/host.ts';
import type { Stage } from './appuser-stage.ts';
import { assertJsonHeaders } from './table.ts';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
type Kind = 'string' | 'number' | 'boolean' | 'object' | 'date' | 'array';

/** Contract §3.5.15 and additions §2, of a user without phone, user name and metadata who never logged in. */
const USER: Record<string, Kind> = {
  status: 'string',
  createdAt: 'date',
  updatedAt: 'date',
  handle: 'string',
  locale: 'string',
  twoFactorPhoneVerification: 'boolean',
  twoFactorGoogleVerification: 'boolean',
  appId: 'string',
  loginProvider: 'string',
  uid: 'string',
  sub: 'string',
  hasPassword: 'boolean',
  sessionEnds: 'date',
};
/** Contract §3.5.20, of an app with every optional member unset but the providers' ids. */
const APPLICATION: Record<string, Kind> = {
  name: 'string',
  status: 'string',
  handle: 'string',
  jwtEnabled: 'boolean',
  anonymousLoginEnabled: 'boolean',
  userNamesEnabled: 'boolean',
  appleLoginEnabled: 'boolean',
  appleBundleId: 'string',
  googleLoginEnabled: 'boolean',
  googleClientId: 'string',
  invitationEnabled: 'boolean',
  signupEnabled: 'boolean',
  signupFlow: 'string',
  twoFactorVerification: 'string',
  maxUsers: 'number',
  passwordFilter: 'boolean',
  passwordMinLength: 'number',
  passwordMinUpper: 'number',
  passwordMinLower: 'number',
  passwordMinDigit: 'number',
  passwordMinSpecial: 'number',
  passwordText: 'boolean',
  renew: 'boolean',
  hostVersion: 'string',
  userJWTExpiration: 'number',
  metaData: 'array',
  metaDataInvite: 'array',
  metaDataEmail: 'boolean',
  emailExtension: 'boolean',
  locales: 'array',
  createdAt: 'date',
  updatedAt: 'date',
};
/** `maxLoginAttempts?`: may be left out, and is a number when it is there (contract C13). */
const OPTIONAL: Record<string, Kind> = { maxLoginAttempts: 'number' };

const TOKENS = { jwt: 'string', 'access-token': 'string' } as const;
const IS_TRUE =
  /^(signup|invite|deleteAccount|forgotPassword|resetPassword|changePassword|set(Handle|Locale|UserName|UserMetadata|Phone|TwoFactorPhoneVerification|AppData)|verifyPhone|logout)$/;

/** The success of a stage played as it is: status, headers, and a body of exactly these members and types. */
export function assertSuccess({ route, app, user }: Stage, answer: Answer): void {
  const name = route.path.slice('/api/appuser/'.length);
  assert.equal(answer.status, 200, answer.text);
  if (route.method === 'GET' && name === 'completeSignup') assertPage(answer);
  else if (IS_TRUE.test(name)) assert.equal(answer.text, 'true');
  else if (name === 'getUser') {
    assertShape(answer.body, USER);
    const { handle, appId, status, locale, loginProvider } = answer.body;
    assert.deepEqual(
      [handle, appId, status, locale, loginProvider],
      [user.handle, app.id, 'active', 'EN', ''],
    );
  } else if (name === 'getApplication') {
    assertShape(answer.body, APPLICATION);
    assert.deepEqual([answer.body.name, answer.body.locales], [app.name, ['EN']]);
  } else if (name === 'userNameAvailable') assert.equal(answer.text, '{"available":true}');
  else if (name === 'signupState') assert.equal(answer.text, '{"state":"verified"}');
  else if (name === 'newRecoveryCodes') assertRecoveryCodes(answer.body);
  else if (name === 'setTwoFactorGoogleVerification') assertEnrolment(answer.body);
  else if (name === 'completeSignup' || name === 'register') {
    const { 'signed-user-token': former, ...tokens } = answer.body;
    assert.equal(former, tokens.jwt);
    assertTokens(tokens);
  } else assertTokens(answer.body);
  if (name !== 'completeSignup') assertJsonHeaders(answer, name);
}

function assertTokens(body: Record<string, unknown>): void {
  assertShape(body, TOKENS);
  for (const token of Object.values(body)) assert.match(String(token), /^[\w-]+\.[\w-]+\.[\w-]+$/);
}

function assertEnrolment({ recoveryCodes, ...body }: Record<string, unknown>): void {
  assertShape(body, { googleSecretKey: 'string', QRDataImage: 'string', otpauth: 'string' });
  assert.match(String(body.otpauth), /^otpauth:\/\/totp\//);
  assert.match(String(body.googleSecretKey), /^[a-z2-7]{4}( [a-z2-7]{4}){7}$/, '160 bit in groups of four');
  assert.match(String(body.QRDataImage), /^data:image\/png;base64,[\w+/]+=*$/);
  assertRecoveryCodes({ recoveryCodes });
}

function assertRecoveryCodes(body: Record<string, unknown>): void {
  assert.deepEqual(Object.keys(body), ['recoveryCodes']);
  const codes = body.recoveryCodes as string[];
  assert.equal(new Set(codes).size, 10);
  for (const code of codes) assert.match(code, /^\d{10}$/);
}

function assertPage({ headers, text }: Answer): void {
  assert.equal(headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.ok(headers['content-security-policy']);
  assert.match(text, /<html/i);
  assert.doesNotMatch(text, /"jwt"|access-token/);
}

function assertShape(body: Record<string, unknown>, shape: Record<string, Kind>): void {
  const members = Object.entries(body).map(([name, value]) => [name, kindOf(value)] as const);
  const expected = { ...shape };
  for (const [name] of members) if (OPTIONAL[name]) expected[name] = OPTIONAL[name];
  assert.deepEqual(Object.fromEntries(members), expected);
}

function kindOf(value: unknown): Kind | string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string' && ISO.test(value)) return 'date';
  return value === null ? 'null' : typeof value;
}
