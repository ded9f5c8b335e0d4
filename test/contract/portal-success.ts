import assert from 'node:assert/strict';
import type { Answer } from '../support/host.ts';
import type { PortalStage } from './portal-stage.ts';
import { assertJsonHeaders, type ContractRoute, routeKey } from './table.ts';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const RFC_1123 = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const LIST = 'appId handle status createdAt updatedAt _id'.split(' ');
/** Members a portal app object has whatever its settings are (contract §4.6.3, §5.1). */
const APP =
  `name appId appToken appPublicKey status type handle jwtEnabled anonymousLoginEnabled userNamesEnabled appleLoginEnabled
  googleLoginEnabled emailExtension invitationEnabled signupEnabled signupFlow twoFactorVerification maxUsers passwordFilter
  passwordMinLength passwordMinUpper passwordMinLower passwordMinDigit passwordMinSpecial userJWTExpiration metaData metaDataInvite
  metaDataEmail locales createdAt updatedAt`.split(/\s+/);
/** What no answer holds (contract §8 S20, design §13). */
const NEVER =
  /"(?:__v|password|passwordHash|code|appPrivateKey|appSecret|googleSecretKey|twoFactorCode|phoneCode|recoveryCodes)":/;
const TEMPLATE = '_id appId templateName subject replyTo htmlTemplate locale createdAt updatedAt'.split(' ');

type Check = (body: Body, stage: PortalStage) => void;
// biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into.
type Body = any;

const isApp: Check = (body) => {
  has(body, APP);
  assert.match(body.createdAt, ISO);
  const pem = Buffer.from(body.appPublicKey, 'base64').toString();
  assert.match(pem, /^-----BEGIN PUBLIC KEY-----\n[\w+/=\n]+\n-----END PUBLIC KEY-----$/);
  if (body.emailExtensionAPIKey) assert.ok(!body.emailExtensionAPIKey.includes('key-of'), 'masked');
};
const isApps: Check = (body, stage) => {
  assert.ok(Array.isArray(body) && body.length > 0);
  for (const each of body) isApp(each, stage);
};
const isRow: Check = (body) => {
  has(body, LIST);
  for (const time of [body.createdAt, body.updatedAt]) assert.match(time, ISO);
};
const isRows: Check = (body, stage) => {
  assert.equal(body.length, 1, JSON.stringify(body));
  isRow(body[0], stage);
};
const isTrue: Check = (body) => assert.equal(body, true);
/** Every step in its order, and the message taken. */
const isTestOutcome: Check = ({ ok, steps }) => {
  assert.equal(ok, true);
  const names = steps.map(({ step }: Body) => step);
  const handover = 'dns tcp tls auth sender recipient accepted'.split(' ');
  const records = names.length > handover.length ? 'sender_dns spf dkim dmarc'.split(' ') : [];
  assert.deepEqual(names, [...records, ...handover]);
  for (const step of steps) has(step, ['ok', 'ms', 'detail']);
};
const isTemplate: Check = (body) => has(body, TEMPLATE);
const areTemplates = (body: Body, locales: string[]) => {
  assert.deepEqual(Object.keys(body), locales);
  for (const templates of Object.values<Body>(body)) for (const each of templates) has(each, TEMPLATE);
};

/** Success bodies by route (contract §4.6, operator §7); absent: the app row, as after most changes. */
const SUCCESS: Record<string, Check> = {
  'POST /api/app': (body) => {
    const { appToken: _, appPublicKey: __, name: ___, createdAt, updatedAt, ...rest } = body;
    for (const time of [createdAt, updatedAt]) assert.match(time, RFC_1123);
    assert.match(rest.appId, /^[\da-f]{32}$/);
    assert.deepEqual(
      { ...rest, appId: '' },
      {
        appId: '',
        handle: 'email',
        status: 'active',
        locales: ['EN'],
        invitationEnabled: true,
        signupEnabled: true,
        metaDataEmail: true,
        jwtEnabled: true,
        twoFactorVerification: 'none',
      },
    );
  },
  'GET /api/app/allApps': isApps,
  'GET /api/app/search': isApps,
  'GET /api/app/searchUser': isRows,
  'GET /api/app/searchSingUp': isRows,
  'GET /api/app/searchInvite': isRows,
  'POST /api/app/removeAppSignup': isRow,
  'GET /api/app/getCosyncVersions': (body) => assert.ok(Array.isArray(body)),
  'POST /api/app/testAppTwilio': (body) => {
    assert.deepEqual(Object.keys(body), ['twoFactorCode']);
    assert.ok(!/^\d{6}$/.test(body.twoFactorCode), 'no real code (P24)');
  },
  'POST /api/app/addUser': (body, stage) => {
    isRow(body, stage);
    assert.deepEqual([body.handle, body.status, body.locale], ['cy@example.com', 'active', 'EN']);
  },
  'POST /api/app/removeUser': isRow,
  'POST /api/app/updateUser': isRow,
  'GET /api/app/user': (body, stage) => {
    isRow(body, stage);
    assert.deepEqual(body.factors, { totp: false, phone: false, recoveryCodesLeft: 0 });
    assert.deepEqual([body.sub, body.invitesSent, body.invitesAccepted], [body.uid, 0, 0]);
  },
  'GET /api/app/assets': ({ rows, owners }, { user, assetId }) => {
    assert.deepEqual(
      rows.map(({ _id, userId }: Body) => [_id, userId]),
      [[assetId, user.id]],
    );
    assert.deepEqual(owners, [{ userId: user.id, handle: user.handle, bytes: 0 }]);
  },
  'POST /api/app/removeAssets': isTrue,
  'POST /api/app/testStorage': ({ ok, steps }) => {
    assert.equal(ok, true);
    assert.deepEqual(
      steps.map(({ step }: Body) => step),
      'dns tcp tls auth put head get delete'.split(' '),
    );
  },
  'GET /api/app/logs': ({ totalLog, logs }) => {
    assert.equal(typeof totalLog, 'number');
    for (const row of logs) has(row, '_id appId action value logType status createdAt'.split(' '));
  },
  'GET /api/app/users': (body, stage) => {
    assert.deepEqual([body.total, body.totalIsExact, body.rows.length], [2, true, 2]);
    for (const row of body.rows) isRow(row, stage);
  },
  'GET /api/app/signups': ({ rows, total }) => {
    assert.equal(total, rows.length);
    for (const row of rows) has(row, '_id handle state startedAt requests locale flow'.split(' '));
  },
  'GET /api/app/invites': ({ rows, total }) => {
    assert.equal(total, rows.length);
    for (const row of rows) {
      has(row, '_id handle state senderHandle sentCount lastSentAt expiresAt'.split(' '));
    }
  },
  'GET /api/app/stat': (body) => {
    const lists = ['users', 'invites', 'signups'];
    const totals = ['totalUser', 'totalAnonUser', 'totalInvite', 'totalSignup'];
    assert.deepEqual(Object.keys(body).sort(), [...lists, ...totals].sort());
    assert.deepEqual([body.totalAnonUser, body.totalInvite, body.totalSignup], [1, 1, 1]);
  },
  'GET /api/app/figures': (body) => {
    assert.deepEqual(Object.keys(body).sort(), ['from', 'series', 'since', 'to']);
    assert.deepEqual(
      body.series.map(({ metric }: Body) => metric),
      ['message', 'invite_sent'],
    );
  },
  // Whose apps stand on the first page depends on what ran before.
  'GET /api/app/overview': ({ rows }) => {
    has(rows[0], 'name status type users new7d waitingSignups warnings steps'.split(' '));
  },
  'GET /api/app/inviters': ({ rows }) =>
    assert.deepEqual(
      rows.map(({ sent, accepted }: Body) => [sent, accepted]),
      [[1, 0]],
    ),
  'GET /api/app/emailTemplates': (body) => areTemplates(body, ['EN', 'DE']),
  'POST /api/app/addRemoveAppLocale': ({ localesTemplate, ...echo }, { app }) => {
    assert.deepEqual(echo, { appId: app.id, locales: ['EN', 'FR'] });
    areTemplates(localesTemplate, ['EN', 'FR']);
  },
  'POST /api/app/updateEmailTemplate': (body, stage) => {
    isTemplate(body, stage);
    assert.equal(body.htmlTemplate, '<p>%CODE%</p>\n<p>x</p>');
  },
  'POST /api/app/createAppInvite': ({ invites, exists }) => {
    assert.deepEqual(exists, ['bo@example.com']);
    has(invites[0], 'handle appId senderHandle senderUserId status locale createdAt updatedAt'.split(' '));
    assert.deepEqual(
      [invites.length, invites[0].handle, invites[0].senderHandle],
      [1, 'dee@example.com', 'superuser'],
    );
  },
  'POST /api/app/inviteMany': (body) =>
    assert.deepEqual(body, [
      { handle: 'dee@example.com', outcome: 'sent' },
      { handle: 'BO@example.com', outcome: 'invited' },
    ]),
  'POST /api/app/confirmSignup': isRow,
  'POST /api/app/removeAppInvite': isRow,
  'POST /api/app/superUserToken': (body) =>
    assert.deepEqual(Object.keys(body).sort(), ['access-token', 'jwt']),
  'POST /api/app/rotateAppToken': (body) => assert.deepEqual(Object.keys(body), ['appToken']),
  'POST /api/app/rotateAppKey': ({ keys }) => {
    assert.deepEqual(
      keys.map((key: Body) => Object.keys(key).sort()),
      Array(2).fill(['createdAt', 'kid', 'state']),
    );
  },
  'POST /api/app/resetTemplate': isTemplate,
  'POST /api/app/sendTestMessage': isTestOutcome,
  'GET /api/host': (body) => {
    has(
      body,
      'name version apiUrl startedAt database mail sms insecure apps users node disk hashQueue'.split(' '),
    );
    assert.match(body.startedAt, ISO);
    assert.deepEqual([body.database.ok, body.mail.kind, body.sms.kind], [true, 'outbox', 'outbox']);
    assert.match(body.clientAddress, /127\.0\.0\.1$/);
    assert.ok(body.apps >= 2 && body.users >= 2 && body.disk.free < body.disk.total);
  },
  'GET /api/host/settings': (body) => {
    const named = (name: string) => body.find((setting: Body) => setting.name === name);
    assert.deepEqual(named('CODES_PER_HOUR'), {
      name: 'CODES_PER_HOUR',
      value: '5',
      origin: 'default',
      secret: false,
    });
    assert.deepEqual(named('PASS_KEY'), { name: 'PASS_KEY', origin: 'file', secret: true });
    assert.ok(body.every(({ secret, value }: Body) => !secret || value === undefined));
  },
  'GET /api/host/checks': (body) => {
    const names =
      'key pair,rights,templates,database,encryption,records,user ids,clock,disk,mail,sms,address';
    assert.deepEqual(body.map(({ name }: Body) => name).join(), `${names},proxies,CORS`);
    for (const { ok, detail } of body) assert.ok([true, false, 'unknown'].includes(ok) && detail !== '');
  },
  'GET /api/host/messages': ({ rows }, { messageId, app }) => {
    const message = rows.find(({ id }: Body) => id === messageId);
    has(message, 'appId channel template locale to state tries queuedAt lastError'.split(' '));
    assert.deepEqual([message.appId, message.to, message.state], [app.id, 'ada@example.com', 'failed']);
  },
  'POST /api/host/testMail': isTestOutcome,
  'POST /api/host/testSms': isTestOutcome,
  'POST /api/app/verifyToken': (body) => {
    assert.deepEqual([body.valid, body.header, body.claims], [false, {}, {}]);
    has(body.rules[0], ['rule', 'ok', 'detail', 'repair']);
  },
  'POST /api/app/sampleToken': (body) => assert.deepEqual(Object.keys(body), ['header', 'claims', 'bytes']),
  'POST /api/app/tryIdentityToken': (body) => assert.deepEqual(Object.keys(body), ['ok', 'rules']),
  'POST /api/app/bulk': (body) => assert.match(body.job, /^[0-9a-f]{24}$/),
  'GET /api/app/job': (body) => has(body, 'job appId kind state read report createdAt'.split(' ')),
  'GET /api/app/jobs': ({ rows }) => assert.equal(rows.length, 2),
  'GET /api/app/import': ({ format, dryRun, report }) =>
    assert.deepEqual(
      [format, dryRun, report.refusedRows],
      ['auth0', true, [{ line: 3, reason: 'no_handle' }]],
    ),
  'GET /api/app/keys': ([key]) => has(key, 'kid state createdAt publicKey'.split(' ')),
  'POST /api/app/previewTemplate': (body) => assert.deepEqual(Object.keys(body), ['subject', 'html', 'text']),
};
const TRUE =
  /\/(connection|:appId|user|resetUserPassword|unlockUser|endSessions|disableSecondFactor|stopJob|stopImport|sendPasswordReset|updateAppUserMetaData|testEmailExtension|retryMessage|resendAppInvite|resendSignup|reset|patchAppLocales)$/;

/** A success, whole: status, headers, members, and nothing that is secret. */
export function assertPortalSuccess(route: ContractRoute, stage: PortalStage, answer: Answer): void {
  const key = routeKey(route);
  assert.equal(answer.status, 200, answer.text);
  if (/export/.test(route.path)) {
    assert.equal(answer.headers['content-type'], 'application/zip');
    assert.equal(answer.headers['cache-control'], 'no-store');
    if (route.path === '/api/app/export')
      assert.equal(answer.headers['content-disposition'], `attachment; filename="${stage.app.id}"`);
    return;
  }
  if (route.path === '/api/app/importRefused') {
    assert.equal(answer.text, 'line,reason,id\n3,no_handle,\n');
    return;
  }
  assertJsonHeaders(answer, key);
  if (key !== 'POST /api/app/testAppTwilio') assert.doesNotMatch(answer.text, NEVER);
  const bare = TRUE.test(route.path) && !(key in SUCCESS) && key !== 'GET /api/app/appId/:appId';
  const check = bare ? isTrue : (SUCCESS[key] ?? isApp);
  check(answer.body, stage);
}

function has(body: Body, members: readonly string[]): void {
  assert.deepEqual(
    members.filter((name) => !(name in body)),
    [],
    JSON.stringify(body),
  );
}
