import { PASSWORD_HASH_MAX } from '../model/config.ts';
import { baseAddress, originAddress, smtpAddress, webAddress } from './addresses.ts';
import {
  address,
  choice,
  email,
  flag,
  integer,
  isoDate,
  labels,
  NONE,
  networks,
  origins,
  phoneNumber,
  type Setting,
  text,
} from './setting-kinds.ts';

/** An IPv6 address as sockets take it; in an address of the web it stands in brackets. */
const withoutBrackets = (value: string) => value.replace(/^\[(.*)\]$/, '$1');
const MAILERS = ['outbox', 'sendgrid', 'smtp'] as const;
/** What Kubernetes and Docker links set for a service called "metrics". */
const isServiceLink = (value: string) => /^(?:tcp|udp|sctp):\/\//.test(value);
const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/**
 * Every setting of the host, once: name, default, unit and meaning. The README's table is checked against
 * this, and the field of `Config` that it becomes has its name (`CODE_TRIES`: `codeTries`).
 */
export const SETTINGS = {
  DATA_DIR: text(
    '`./data`; `/data` in the image',
    'keys, `host.env`, embedded database, outbox, own templates',
  ),
  PORT: integer(3000, [0, 65_535], 'listening port; 0 picks a free one, printed in the log line `listening`'),
  // tcsh, conda and others put the machine's or the tool chain's name here (listening-address.ts).
  HOST: {
    ...text('all addresses', 'listening address', {
      repair: 'use an address of this machine, such as 127.0.0.1 or ::1, or leave it out for all',
    }),
    parse: withoutBrackets,
  },
  API_URL: address(
    baseAddress,
    undefined,
    'public address, no trailing slash; used in links, `iss` and discovery',
    { shown: '`http://localhost:<PORT>`' },
  ),
  SERVER_NAME: text("machine's host name", '`name` claim of the server secret'),
  DB_CONN_STRING: text(
    'embedded: `<DATA_DIR>/host.db`',
    '`mongodb://…`, `mongodb+srv://…` (database name in the path; default `cosync_auth`) or `sqlite:<file>`',
    {
      secret: true,
      repair: 'use mongodb://…, mongodb+srv://… or sqlite:<file>, or leave it out for the embedded database',
    },
  ),
  PASS_KEY: { ...text(NONE, 'pass phrase of the private key', { secret: true }), fallback: '' },
  ENCRYPT_KEY: { ...text(NONE, 'seals secrets and personal data', { secret: true }), fallback: '' },
  ENCRYPT_USER_DATA: flag(true, '`false`: personal data readable in the database'),
  PRIVATE_KEY_FILE: text('`<DATA_DIR>/keys/privatekey.pem`', "private half of the host's key pair"),
  PUBLIC_KEY_FILE: text('`<DATA_DIR>/keys/publickey.pem`', "public half of the host's key pair"),
  // Log-in shells, sudo and su put the path of the mailbox here.
  MAIL: {
    ...choice(
      MAILERS,
      undefined,
      'which mailer',
      '`outbox`; `sendgrid` or `smtp` when their setting is present',
    ),
    isForeign: (value) => !MAILERS.some((known) => known === value),
  },
  SEND_GRID_API_KEY: text(NONE, 'SendGrid account of the host', { secret: true }),
  SEND_GRID_URL: address(
    baseAddress,
    'https://api.sendgrid.com',
    "EU accounts use another; also serves the apps' own keys",
  ),
  SMTP_URL: address(smtpAddress, undefined, '`smtp://user:pass@host:587`, `smtps://…:465`', {
    shown: NONE,
    secret: true,
    form: 'smtp://user:password@host:587 or smtps://user:password@host:465',
  }),
  NOREPLY_EMAIL: email('`noreply@<host of API_URL>`', 'default sender'),
  DKIM_SELECTORS: labels(
    "comma-separated selectors of the mail server's DKIM keys; only the check of mail reads them (SendGrid's are known)",
  ),
  SMS: choice(
    ['outbox', 'twilio', 'none'],
    undefined,
    'host-wide texter, for apps without an account of their own',
    '`outbox`; `twilio` when its settings are present',
  ),
  TWILIO_ACCOUNT_SID: text(NONE, 'host-wide Twilio account'),
  TWILIO_TOKEN: text(NONE, 'its token', { secret: true }),
  TWILIO_PHONE_NUMBER: phoneNumber('its number'),
  TWILIO_URL: address(baseAddress, 'https://api.twilio.com', "also serves the apps' own accounts"),
  ALLOW_ORIGIN: origins('comma-separated origins for CORS'),
  TRUST_PROXY_HOPS: integer(
    0,
    [0, 10],
    'how many proxies append to `X-Forwarded-For`; the client address is counted from the right',
  ),
  ACCESS_TOKEN_DAYS: integer(30, [1, 3650], 'days an access token lives'),
  SESSION_MAX_DAYS: integer(
    365,
    [0, 36_500],
    'days after which a log-in has to be made anew, however often its access token was renewed; 0 = no end',
  ),
  LOGIN_TOKEN_SECONDS: integer(300, [10, 3600], 'seconds a login token lives'),
  SIGNUP_HOURS: integer(48, [1, 8760], 'hours a signup lives (code and link)'),
  RESET_CODE_MINUTES: integer(60, [1, 1440], 'minutes a reset code lives'),
  INVITE_DAYS: integer(30, [1, 365], 'days an invite lives'),
  SMS_CODE_SECONDS: integer(600, [10, 3600], 'seconds an SMS code lives'),
  CODE_TRIES: integer(
    5,
    [1, 100],
    'tries at a code or a login token; at a mailed code for each place, and three times as many in all',
  ),
  CODES_PER_HOUR: integer(5, [1, 100_000], 'codes an hour per app, handle and purpose'),
  CODES_PER_DAY: integer(10, [1, 1_000_000], 'codes a day per app, handle and purpose'),
  RECIPIENTS_PER_ADDRESS_PER_HOUR: integer(
    60,
    [0, 1_000_000],
    'people a client address may have written to without a log-in an hour, an IPv6 /48 six times as many; 0 = off',
  ),
  SMS_PER_APP_PER_HOUR: integer(
    300,
    [0, 1_000_000],
    'SMS an app may send to unproven numbers an hour; 0 = off',
  ),
  MAILS_PER_APP_PER_HOUR: integer(
    10_000,
    [0, 1_000_000],
    'mails an app may send to unproven addresses an hour; 0 = off',
  ),
  SMS_PER_PREFIX_PER_HOUR: integer(
    20,
    [0, 1_000_000],
    'SMS to unproven numbers of one country and six digits, all apps together an hour; 0 = off',
  ),
  INVITES_PER_USER_PER_DAY: integer(50, [0, 1_000_000], 'people a user may invite a day; 0 = off'),
  SECOND_FACTOR_TRIES_PER_DAY: integer(20, [1, 100_000], 'wrong second factors per user and day'),
  PASSWORD_WAIT_AFTER: integer(
    5,
    [1, 1000],
    'wrong passwords before their source waits (doubling from 1 s), six times as many a day before the account does',
  ),
  PASSWORD_WAIT_MAX_SECONDS: integer(
    900,
    [1, 86_400],
    'the longest wait of a source, in seconds; an account waits up to twice that',
  ),
  ADDRESS_LIMIT_PER_MINUTE: integer(
    300,
    [0, 1_000_000],
    'requests a client address may make per minute on `/api/appuser` and `/api/asset` (not counted: `getApplication`), and ten times as many on addresses outside the API (not counted: `/healthz`, `/readyz`); 0 = off. `server-secret` calls are limited only after wrong secrets',
  ),
  PASSWORD_HASH_MEMORY_KIB: integer(
    19_456,
    [1024, PASSWORD_HASH_MAX.memoryKib],
    'memory of one Argon2id hash, in KiB; one lane',
  ),
  PASSWORD_HASH_PASSES: integer(2, [1, PASSWORD_HASH_MAX.passes], 'passes of one Argon2id hash'),
  APPLE_ISSUER: address(
    webAddress,
    'https://appleid.apple.com',
    'for tests; refused when `NODE_ENV=production`',
  ),
  APPLE_JWKS_URL: address(
    webAddress,
    'https://appleid.apple.com/auth/keys',
    'for tests; refused when `NODE_ENV=production`',
  ),
  GOOGLE_ISSUER: address(
    webAddress,
    'https://accounts.google.com',
    'for tests; refused when `NODE_ENV=production`',
  ),
  GOOGLE_JWKS_URL: address(
    webAddress,
    'https://www.googleapis.com/oauth2/v3/certs',
    'for tests; refused when `NODE_ENV=production`',
  ),
  LEGACY_TOKENS_UNTIL: isoDate(
    'ISO date until which access tokens without `exp`, made by an old installation with the same key, are accepted',
  ),
  LOG_DAYS: integer(365, [0, 36_500], 'days activity rows are kept; 0 = for ever'),
  FIGURES_DAYS: integer(800, [0, 36_500], 'days figures are kept; 0 = for ever'),
  IMPORT_MAX_MB: integer(100, [1, 1024], 'largest import file, in MB'),
  MOVE_IN_MAX_MB: integer(20_000, [1, 1_000_000], 'largest file of people who move in, packed or not, in MB'),
  HSTS_SUBDOMAINS: flag(
    false,
    '`true`: browsers use https for every subdomain of the public address too (with an https `API_URL`)',
  ),
  ASSET_PRIVATE_ENDPOINTS: flag(false, '`true`: apps may keep files in an S3 storage in a private network'),
  METRICS_HOST: {
    ...text('`127.0.0.1`; `0.0.0.0` in the image', 'address the metrics listen on'),
    fallback: '127.0.0.1',
    parse: withoutBrackets,
  },
  METRICS_PORT: {
    ...integer(undefined, [0, 65_535], 'Prometheus text at `/metrics` on a port of its own'),
    isForeign: isServiceLink,
  },
  PORTAL: choice(['on', 'off'], 'on', '`off`: no web console at `/portal`'),
  PORTAL_HOST: {
    ...text('`127.0.0.1`', 'address the portal listens on, with `PORTAL_PORT`'),
    fallback: '127.0.0.1',
    parse: withoutBrackets,
  },
  PORTAL_PORT: {
    ...integer(undefined, [1, 65_535], 'a port of its own for the portal, which `PORT` then answers no more'),
    default: '`PORT`',
    isForeign: isServiceLink,
  },
  PORTAL_ALLOW: networks('comma-separated networks whose clients see the portal, such as `10.0.0.0/8`'),
  PORTAL_URL: address(
    originAddress,
    undefined,
    "the portal's own origin, which links to it and its cookies go by",
    { shown: 'that of `API_URL`; `http://127.0.0.1:<PORTAL_PORT>`', form: 'https://console.example.com' },
  ),
  API_DOCS: choice(['on', 'off'], 'on', '`off`: no reference of the API at `/docs`'),
  SAMPLE: choice(
    ['off', 'on'],
    'off',
    '`on`: a sample page at `/sample` that does all a user can do; for development',
  ),
  LOG_LEVEL: choice(LEVELS, 'info', '`fatal`…`trace`'),
  SHUTDOWN_SECONDS: integer(10, [1, 600], 'seconds running requests may finish after SIGTERM or SIGINT'),
  DATABASE_WAIT_SECONDS: integer(
    30,
    [0, 3600],
    'seconds the start waits for the database before exit code 69',
  ),
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;
/** Every setting, understood; its fallback where nothing was given. */
export type SettingValues = {
  [N in SettingName]: ReturnType<(typeof SETTINGS)[N]['parse']> | (typeof SETTINGS)[N]['fallback'];
};

/** Settings that become a field of `Config` only together with others, or under another name. */
const COMPOSED = ['DB_CONN_STRING', 'TWILIO_ACCOUNT_SID', 'TWILIO_TOKEN', 'TWILIO_PHONE_NUMBER'] as const;

type FieldName<N extends string> = N extends `${infer Word}_${infer Rest}`
  ? `${Lowercase<Word>}${Capitalize<FieldName<Rest>>}`
  : Lowercase<N>;
type ConfigFields = {
  readonly [N in Exclude<SettingName, (typeof COMPOSED)[number]> as FieldName<N>]: SettingValues[N];
};

/** The fields of `Config` that settings become as they are. */
export function configFields(values: SettingValues): ConfigFields {
  const plain = Object.entries(values).filter(([name]) => !COMPOSED.some((composed) => composed === name));
  return Object.fromEntries(plain.map(([name, value]) => [fieldName(name), value])) as ConfigFields;
}

/** The field of `Config` that a setting becomes. */
export function fieldName(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Settings whose texts are paths. */
export const PATH_SETTINGS: readonly SettingName[] = ['PRIVATE_KEY_FILE', 'PUBLIC_KEY_FILE'];

/** Narrows a text to the name of a setting. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}
