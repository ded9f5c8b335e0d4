import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { settleListeningAddress } from '../../server/config/listening-address.ts';
import { buildConfig, ConfigError } from '../../server/config/load.ts';
import { readSettings } from '../../server/config/setting-sources.ts';
import { PATH_SETTINGS, SETTINGS, type SettingName } from '../../server/config/settings.ts';
import type { Config } from '../../server/model/config.ts';
import { portalOrigin } from '../../server/model/config.ts';

const SECRETS = { PASS_KEY: 'pass phrase of the tests', ENCRYPT_KEY: 'encrypt key of the tests' };
const folders: string[] = [];
/** A data folder whose `host.env` has these lines. */
function dataDirWith(lines: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'config-test-'));
  folders.push(folder);
  writeFileSync(join(folder, 'host.env'), lines);
  return folder;
}
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function config(env: Record<string, string>, lines = ''): Config {
  const { texts, problems } = readSettings({ ...SECRETS, ...env, DATA_DIR: dataDirWith(lines) });
  return buildConfig(texts, { production: false, keysExpected: false, problems });
}
/** The problems of these settings, as `NAME …: repair`. */
function refusal(env: Record<string, string>, lines = ''): string {
  try {
    config(env, lines);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return 'nothing';
}

describe('variables that systems set for other purposes', () => {
  it('leave MAIL alone unless it is one of its words', () => {
    assert.equal(config({ MAIL: '/var/mail/root' }).mail, 'outbox');
    assert.equal(
      config({ MAIL: '/var/mail/root' }, 'MAIL=smtp\nSMTP_URL=smtp://mail.example\n').mail,
      'smtp',
    );
    assert.equal(config({ MAIL: 'smtp', SMTP_URL: 'smtp://mail.example' }).mail, 'smtp');
    assert.deepEqual(readSettings({ MAIL: '/var/spool/mail/me' }).ignored, ['MAIL']);
  });

  it('stay wrong where they stand in host.env or among the answers', () => {
    assert.match(refusal({}, 'MAIL=/var/mail/root\n'), /^MAIL is none of/);
    const { texts, problems } = readSettings({}, { ...SECRETS, MAIL: 'pigeon' });
    assert.throws(
      () => buildConfig(texts, { production: false, keysExpected: false, problems }),
      /MAIL is none of/,
    );
  });

  it('leave METRICS_PORT alone when they are a link to a service of that name', () => {
    assert.equal(config({ METRICS_PORT: 'tcp://10.96.0.7:9090' }).metricsPort, undefined);
    assert.match(refusal({ METRICS_PORT: 'often' }), /METRICS_PORT is not a whole number/);
  });

  it('do not say where to listen when they name no address of this machine', async () => {
    for (const host of ['x86_64-conda-linux-gnu', 'nowhere.invalid', '192.0.2.7', '2001:db8::7']) {
      const given = readSettings({ ...SECRETS, HOST: host });
      await settleListeningAddress(given);
      assert.deepEqual([given.texts.HOST, given.ignored, given.problems], [undefined, ['HOST'], []], host);

      const written = readSettings({ ...SECRETS, DATA_DIR: dataDirWith(`HOST=${host}\n`) });
      await settleListeningAddress(written);
      assert.deepEqual([written.ignored, written.problems.map(({ name }) => name)], [[], ['HOST']], host);
      assert.ok(written.problems[0]?.problem.includes(host));
    }
  });

  it('may say where to listen, in brackets too', async () => {
    for (const [host, address] of [
      ['127.0.0.1', '127.0.0.1'],
      ['localhost', 'localhost'],
      ['0.0.0.0', '0.0.0.0'],
      ['[::1]', '::1'],
      [' ::1 ', '::1'],
    ] as const) {
      const given = readSettings({ ...SECRETS, HOST: host });
      await settleListeningAddress(given);
      assert.deepEqual(given.ignored, [], host);
      assert.equal(config({ HOST: host }).host, address);
    }
  });

  it('are no settings at all under other names', () => {
    const shell = {
      NAME: 'Ubuntu-24.04',
      USER: 'root',
      LOGNAME: 'root',
      USERNAME: 'root',
      HOSTNAME: 'box',
      HOSTTYPE: 'x86_64',
      LANG: 'C.UTF-8',
      TERM: 'dumb',
      SHELL: '/bin/tcsh',
      GROUP: 'root',
      VENDOR: 'unknown',
      KUBERNETES_PORT: 'tcp://10.96.0.1:443',
    };
    const { texts, problems, ignored } = readSettings(shell);
    assert.deepEqual([Object.keys(texts), problems, ignored], [['DATA_DIR'], [], []]);
  });
});

const WEB_SETTINGS = {
  API_URL: 'apiUrl',
  SEND_GRID_URL: 'sendGridUrl',
  TWILIO_URL: 'twilioUrl',
  APPLE_ISSUER: 'appleIssuer',
  GOOGLE_JWKS_URL: 'googleJwksUrl',
} as const;

describe('settings that are addresses', () => {
  it('are trimmed and parsed', () => {
    for (const [name, field] of Object.entries(WEB_SETTINGS)) {
      for (const [text, address] of [
        ['https://auth.example.com\r', 'https://auth.example.com'],
        ['\thttps://auth.example.com/ ', 'https://auth.example.com'],
        ['HTTPS://Auth.Example.COM:443/x/', 'https://auth.example.com/x'],
        ['https://müller.example', 'https://xn--mller-kva.example'],
        ['http://[::1]:3000//', 'http://[::1]:3000'],
        ['https://auth.example.com/a%20b', 'https://auth.example.com/a%20b'],
      ] as const) {
        assert.equal(config({ [name]: text })[field], address, text);
      }
    }
    assert.equal(config({ API_URL: 'https://Auth.example.com/\r' }).apiUrl, 'https://auth.example.com');
    assert.equal(config({}, "API_URL=' https://auth.example.com '\n").apiUrl, 'https://auth.example.com');
    assert.equal(config({ NOREPLY_EMAIL: 'me@example.com\r' }).noreplyEmail, 'me@example.com');
    const kept = { PASS_KEY: ' pass phrase of the tests ', ENCRYPT_KEY: '\tencrypt key of the tests ' };
    assert.deepEqual([config(kept).passKey, config(kept).encryptKey], [kept.PASS_KEY, kept.ENCRYPT_KEY]);
  });

  it('are refused where a parser would have to guess', () => {
    for (const name of Object.keys(WEB_SETTINGS)) {
      for (const text of [
        'https:/auth.example.com',
        'https:auth.example.com',
        'https:\\\\auth.example.com',
        'https://auth.example.com\\x',
        'https:///auth.example.com',
        'https://auth.example.com/a b',
        'https://auth.exam\nple.com',
        'https://auth.example.com/%zz',
        'https://auth.example.com/100%',
        'https://me:secret-word@auth.example.com',
        'https://auth.example.com/#x',
        'https://auth example.com',
        'https://auth.example.com:99999',
        'ftp://auth.example.com',
        'auth.example.com',
      ]) {
        const said = refusal({ [name]: text });
        assert.ok(said.startsWith(`${name} `), `${name} ${JSON.stringify(text)}: ${said}`);
        assert.ok(!said.includes('secret-word'));
      }
    }
    for (const name of ['API_URL', 'SEND_GRID_URL', 'TWILIO_URL'])
      assert.match(refusal({ [name]: 'https://auth.example.com/?x=1' }), /address alone/);
  });

  it('of a mail server hold user and password percent-encoded', () => {
    for (const text of [
      'smtp://u:100%@mail.example',
      'smtp://u:%zz@mail.example:587',
      'smtp://u%:p@mail.example',
      'smtps://u:pa/ss@mail.example',
      'smtp://u:12#ss@mail.example',
      'smtp://u:1?2@mail.example',
      'smtp://u:1/2@mail.example',
      'smtp://u:a\\b@mail.example',
    ]) {
      const said = refusal({ SMTP_URL: text });
      assert.match(said, /^SMTP_URL holds a user or password that is not percent-encoded/, text);
      assert.ok(!said.includes(text.slice(7, -15)), said);
    }
    assert.equal(
      config({ SMTP_URL: ' smtp://me%40x.example:100%25@mail.example:587/\r' }).smtpUrl,
      'smtp://me%40x.example:100%25@mail.example:587',
    );
    assert.equal(config({ SMTP_URL: 'smtp://smtp_relay:25' }).smtpUrl, 'smtp://smtp_relay:25');
    assert.equal(config({ SMTP_URL: 'smtp://müller.example' }).smtpUrl, 'smtp://xn--mller-kva.example');
    for (const text of ['smtp:/mail.example', 'smtp://mail.example/x', 'smtp://mail.example?a=b', 'smtp://'])
      assert.match(refusal({ SMTP_URL: text }), /^SMTP_URL /, text);
  });

  it('of origins take every scheme, and a star only alone', () => {
    const allowed = (text: string) => config({ ALLOW_ORIGIN: text }).allowOrigin;
    assert.equal(allowed('*'), '*');
    assert.deepEqual(
      allowed('capacitor://localhost, ionic://localhost,tauri://localhost ,https://tauri.localhost,null'),
      ['capacitor://localhost', 'ionic://localhost', 'tauri://localhost', 'https://tauri.localhost', 'null'],
    );
    assert.deepEqual(
      allowed(
        'chrome-extension://abcdefghijklmnop,moz-extension://0a-1b,app://obsidian.md,file://,http://a.example:8080',
      ),
      [
        'chrome-extension://abcdefghijklmnop',
        'moz-extension://0a-1b',
        'app://obsidian.md',
        'file://',
        'http://a.example:8080',
      ],
    );
    // As browsers write them.
    assert.deepEqual(allowed('https://App.Example.com:443/,https://müller.example\r'), [
      'https://app.example.com',
      'https://xn--mller-kva.example',
    ]);
    for (const text of ['https://*.example.com', '*,https://a.example', 'capacitor://*', '*.example.com'])
      assert.match(refusal({ ALLOW_ORIGIN: text }), /^ALLOW_ORIGIN holds ".*": \* stands alone/, text);
    for (const text of [
      'https://a.example/path',
      'https://a.example?x',
      'https://u@a.example',
      'https:/a.example',
      'a.example',
      'localhost:3000',
      'https://a.example,,https://b.example',
      'https://a b.example',
      'capacitor://localhost/x',
      'https://a.example:99999',
    ])
      assert.match(refusal({ ALLOW_ORIGIN: text }), /^ALLOW_ORIGIN holds ".*", which is no origin/, text);
  });
});

describe('the connection string of MongoDB', () => {
  const database = (text: string) => config({ DB_CONN_STRING: text }).database;
  const said = (text: string) => refusal({ DB_CONN_STRING: text });

  it('names its database, or gets the usual one', () => {
    for (const [text, name] of [
      ['mongodb://db.example', 'cosync_auth'],
      ['mongodb://db.example/', 'cosync_auth'],
      ['mongodb://db.example?retryWrites=true', 'cosync_auth'],
      ['mongodb://u:p@a.example,b.example:27018/auth?replicaSet=rs0', 'auth'],
      ['mongodb+srv://u:p%2F%25@cluster.example/auth\r', 'auth'],
    ] as const)
      assert.deepEqual(database(text), { kind: 'mongodb', url: text.trim(), name });
  });

  it('is told to be percent-encoded where user or password is not', () => {
    for (const text of [
      'mongodb://root:pa/ss@db.example/auth',
      'mongodb://root:p@ss@db.example/auth',
      'mongodb://root:pa?ss@db.example/auth',
      'mongodb://root:pa#ss@db.example/auth',
      'mongodb://root:pa:ss@db.example/auth',
      'mongodb://root:100%@db.example/auth',
      'mongodb+srv://ro[ot:pass@db.example/auth',
    ]) {
      assert.match(
        said(text),
        /^DB_CONN_STRING holds a user name or password that is not percent-encoded/,
        text,
      );
      assert.ok(!said(text).includes('ss@'));
    }
  });

  it("is refused with the server's own databases", () => {
    for (const name of ['admin', 'local', 'config', 'Admin'])
      assert.match(
        said(`mongodb://db.example/${name}`),
        new RegExp(`names ${name}, a database of the server`),
      );
  });

  it('is refused with a file that is not there, wherever the options begin', () => {
    for (const text of [
      'mongodb://db.example?tlsCAFile=/etc/no-such-ca',
      'mongodb://db.example/auth?tls=true&tlsCAFile=/etc/no-such-ca',
      'mongodb://db.example/?tlscertificatekeyfile=/etc/no-such-ca',
    ])
      assert.match(
        said(text),
        /option tls\w+, which names \/etc\/no-such-ca, which is not there \(ENOENT\)/i,
      );
  });

  it('tells other slips by a sentence each', () => {
    assert.match(said('mongodb://u:<password>@db.example/auth'), /still holds a <placeholder>/);
    assert.match(said('mongodb://db.example/a.b'), /names the database "a.b"/);
    assert.match(said('mongodb:///auth'), /names no server/);
    assert.match(said('mongo://db.example'), /is neither mongodb/);
    assert.match(said('sqlite:'), /names no file/);
  });
});

describe('keys that are not there', () => {
  const missing = (env: Record<string, string>, prepare: (dataDir: string) => void = () => {}) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'config-test-'));
    folders.push(dataDir);
    prepare(dataDir);
    const { texts, problems } = readSettings({ ...env, DATA_DIR: dataDir });
    try {
      buildConfig(texts, { production: false, problems });
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.problems;
    }
    return [];
  };

  it('are made by setup where nothing tells of old ones', () => {
    const problems = missing({});
    assert.deepEqual(
      problems.map(({ name }) => name),
      ['PASS_KEY', 'ENCRYPT_KEY', 'PRIVATE_KEY_FILE', 'PUBLIC_KEY_FILE'],
    );
    for (const { repair } of problems) assert.match(repair, /^run npx setup/);
  });

  it('are to be found again where something does', () => {
    const cases: [Record<string, string>, (dataDir: string) => void][] = [
      [SECRETS, () => {}],
      [{}, (dataDir) => writeFileSync(join(dataDir, 'host.db'), '')],
      [{ ENCRYPT_KEY: SECRETS.ENCRYPT_KEY }, () => {}],
      [
        {},
        (dataDir) => {
          mkdirSync(join(dataDir, 'keys'));
          writeFileSync(join(dataDir, 'keys', 'publickey.pem'), '');
        },
      ],
    ];
    for (const [env, prepare] of cases) {
      const problems = missing(env, prepare);
      assert.ok(problems.some(({ name }) => name === 'PRIVATE_KEY_FILE'));
      for (const { name, repair } of problems) assert.doesNotMatch(repair, /npx setup/, name);
    }
  });
});

it('every setting but secrets of several words and paths forgives blanks at its ends', () => {
  const verbatim: readonly SettingName[] = ['DATA_DIR', 'PASS_KEY', 'ENCRYPT_KEY', ...PATH_SETTINGS];
  for (const name of (Object.keys(SETTINGS) as SettingName[]).filter((known) => !verbatim.includes(known)))
    assert.equal(readSettings({}, { [name]: ' smtp\r' }).texts[name], 'smtp', name);
});

it('becomes the field of its name, or takes part in one', () => {
  const made = config({
    CODE_TRIES: '7',
    HSTS_SUBDOMAINS: 'true',
    ENCRYPT_USER_DATA: 'false',
    METRICS_PORT: '9100',
    TWILIO_ACCOUNT_SID: 'AC1',
    TWILIO_TOKEN: 'secret',
    TWILIO_PHONE_NUMBER: '+15551234567',
  });
  assert.equal(made.codeTries, 7);
  assert.equal(made.hstsSubdomains, true);
  assert.equal(made.encryptUserData, false);
  assert.equal(made.metricsPort, 9100);
  assert.equal(made.twilio?.phoneNumber, '+15551234567');
  assert.deepEqual(
    Object.keys(made).filter((field) => /twilio(?!Url)\w|dbConn/.test(field)),
    [],
  );
});

describe('the settings of the portal', () => {
  it('name the origin that its links and cookies go by', () => {
    const origin = (settings: Record<string, string>) => portalOrigin(config(settings));
    assert.equal(origin({}), 'http://localhost:3000');
    assert.equal(origin({ API_URL: 'https://auth.example.com/base' }), 'https://auth.example.com');
    const apart = { API_URL: 'https://auth.example.com', PORTAL_PORT: '3999' };
    assert.equal(origin(apart), 'http://127.0.0.1:3999');
    assert.equal(
      origin({ ...apart, PORTAL_URL: 'https://console.example.com' }),
      'https://console.example.com',
    );
    assert.match(refusal({ PORTAL_URL: 'https://example.com/portal' }), /PORTAL_URL must be scheme/);
  });

  it('take networks of both kinds, and blanks between them', () => {
    const allow = (PORTAL_ALLOW: string) => config({ PORTAL_ALLOW }).portalAllow;
    assert.deepEqual(config({}).portalAllow, []);
    assert.deepEqual(allow('10.0.0.0/8, 192.0.2.7 ,2001:db8::/32'), [
      '10.0.0.0/8',
      '192.0.2.7',
      '2001:db8::/32',
    ]);
    for (const wrong of ['10.0.0.0/33', '10.0.0/8', 'office', '::/129', '10.0.0.0/8/8']) {
      assert.match(refusal({ PORTAL_ALLOW: wrong }), /PORTAL_ALLOW names what is no network/, wrong);
    }
  });

  it('give the portal a port that nothing else has', () => {
    assert.match(refusal({ PORTAL_PORT: '3000' }), /PORTAL_PORT is the same as PORT/);
    assert.match(
      refusal({ PORTAL_PORT: '9100', METRICS_PORT: '9100' }),
      /PORTAL_PORT is the same as METRICS_PORT/,
    );
    assert.match(refusal({ PORTAL: 'maybe' }), /PORTAL is none of: on, off/);
  });
});
