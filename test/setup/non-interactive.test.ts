import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { META } from '../../server/ports/store/meta.ts';
import { openSqlite } from '../../server/store/sqlite/open.ts';
import { runSetup, type SetupOutcome, startSetup } from '../support/setup-process.ts';
import { until } from '../support/until.ts';

const SUMMARY = [
  'apiUrl',
  'app',
  'checks',
  'created',
  'dataDir',
  'database',
  'dockerCommand',
  'mail',
  'port',
  'privateKeyFile',
  'publicKeyFile',
  'serverSecret',
  'sms',
  'startCommand',
];
const GUIDE_KEY = ['genrsa', '-aes128', '-passout', 'pass:jojo123', '-out'];

describe('setup without questions', { timeout: 400_000 }, () => {
  let folder: string;
  let dataDir: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'setup-test-'));
    dataDir = join(folder, 'data');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const setUp = (args: readonly string[] = [], env: Record<string, string> = {}) =>
    runSetup(['--yes', '--no-start', '--data-dir', dataDir, ...args], env);
  const settings = () => parseEnv(readFileSync(join(dataDir, 'host.env'), 'utf8')) as Record<string, string>;
  const json = ({ stdout }: SetupOutcome) => JSON.parse(stdout);
  function answersFile(answers: unknown): string {
    const file = join(folder, 'answers.json');
    writeFileSync(file, typeof answers === 'string' ? answers : JSON.stringify(answers));
    return file;
  }
  function allFiles(): Record<string, string> {
    const entries = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    return Object.fromEntries(
      entries
        .map(({ parentPath, name }) => join(parentPath, name))
        .filter((path) => !path.includes('host.db'))
        .map((path) => [path, readFileSync(path, 'utf8')]),
    );
  }

  it('makes keys, settings and the first app, and tells of it in one JSON object', async () => {
    const outcome = await setUp(['--json', '--app', 'demo'], { PORT: '3456' });
    assert.equal(outcome.code, 0, outcome.stderr);
    const summary = json(outcome);
    assert.deepEqual(Object.keys(summary).sort(), SUMMARY);
    assert.equal(outcome.stdout.trim().split('\n').length, 1);
    assert.deepEqual(Object.keys(summary.app).sort(), [
      'appId',
      'appToken',
      'issuer',
      'jwksUrl',
      'name',
      'publicKey',
    ]);
    assert.deepEqual(
      [summary.dataDir, summary.apiUrl, summary.port, summary.app.name, summary.created],
      [dataDir, 'http://localhost:3456', 3456, 'demo', { keys: true, config: true, app: true }],
    );
    assert.ok(summary.checks.every((check: object) => Object.keys(check).sort().join() === 'detail,name,ok'));
    assert.match(summary.dockerCommand, /-p 3456:3456 /);

    const { PASS_KEY = '', ENCRYPT_KEY = '', ...others } = settings();
    assert.deepEqual(others, {
      PORT: '3456',
      HOST: '127.0.0.1',
      PASSWORD_HASH_MEMORY_KIB: '1024',
      PASSWORD_HASH_PASSES: '1',
    });
    for (const secret of [PASS_KEY, ENCRYPT_KEY])
      assert.ok(!`${outcome.stdout}${outcome.stderr}`.includes(secret));
    assert.equal(statSync(dataDir).mode & 0o777, 0o700);
    for (const file of ['host.env', 'host.db', 'keys/privatekey.pem']) {
      assert.equal(statSync(join(dataDir, file)).mode & 0o077, 0, file);
    }
    const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
    const key = join(dataDir, 'keys', 'privatekey.pem');
    assert.match(openssl('rsa', '-in', key, '-passin', `pass:${PASS_KEY}`, '-noout', '-text'), /3072 bit/);
    assert.match(
      openssl('asn1parse', '-in', key),
      /PBES2[\s\S]*PBKDF2[\s\S]*0927C0[\s\S]*hmacWithSHA256[\s\S]*aes-256-cbc/,
    );

    const before = allFiles();
    const again = await setUp(['--json', '--app', 'demo'], { PORT: '3456' });
    assert.deepEqual(json(again).created, { keys: false, config: false, app: false });
    assert.equal(json(again).app.appToken, summary.app.appToken);
    assert.deepEqual(allFiles(), before);

    const shown = await runSetup(['--print-secret', '--data-dir', dataDir]);
    assert.match(shown.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    assert.equal(shown.code, 0);
    const checked = await runSetup(['--check', '--data-dir', dataDir]);
    assert.equal(checked.code, 0, checked.stdout + checked.stderr);
    assert.ok(
      checked.stdout
        .trim()
        .split('\n')
        .slice(0, -1)
        .every((line) => line.startsWith('✓ ')),
      checked.stdout,
    );
    assert.deepEqual(allFiles(), before);
    rmSync(join(dataDir, 'keys', 'publickey.pem'));
    const broken = await runSetup(['--check', '--data-dir', dataDir]);
    assert.equal(broken.code, 78);
  });

  it('shows no secret on a pipe', async () => {
    const outcome = await setUp();
    assert.equal(outcome.code, 0, outcome.stderr);
    const shown = (await runSetup(['--print-secret', '--data-dir', dataDir])).stdout.trim();
    const text = outcome.stdout + outcome.stderr;
    for (const secret of [shown, settings().PASS_KEY, settings().ENCRYPT_KEY]) {
      assert.ok(secret && !text.includes(secret));
    }
    assert.match(text, /--print-secret/);
  });

  it('takes answers from a file over those of the environment', async () => {
    const file = answersFile({
      PORT: 4001,
      SERVER_NAME: "it's mine",
      APP_NAME: 'shop',
      APP_SIGNUP_FLOW: 'link',
      ENCRYPT_USER_DATA: false,
    });
    const outcome = await runSetup(['--answers', file, '--json', '--no-start', '--data-dir', dataDir], {
      PORT: '4002',
      SERVER_NAME: 'env',
    });
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.deepEqual([json(outcome).port, json(outcome).app.name], [4001, 'shop']);
    assert.deepEqual(
      [settings().PORT, settings().SERVER_NAME, settings().ENCRYPT_USER_DATA],
      ['4001', "it's mine", 'false'],
    );
  });

  it('takes no setting from variables that shells set for other purposes', async () => {
    const shell = { MAIL: '/var/mail/root', HOST: 'x86_64-conda-linux-gnu', USER: 'root', LOGNAME: 'root' };
    const outcome = await setUp(['--json'], shell);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.deepEqual(
      Object.keys(settings()).filter((name) => name in shell),
      [],
    );
    for (const name of ['MAIL', 'HOST'])
      assert.match(outcome.stderr, new RegExp(`variable ${name} .*ignored`));
    const answers = answersFile({ MAIL: 'pigeon', HOST: 'nowhere.invalid' });
    const refused = await setUp(['--answers', answers], shell);
    assert.equal(refused.code, 78);
    for (const name of ['MAIL', 'HOST']) assert.match(refused.stderr, new RegExp(`✗ ${name} .+: .+`));
  });

  it('makes a data folder private that others could enter, and says so', async () => {
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o777);
    writeFileSync(join(dataDir, 'outbox.jsonl'), '', { mode: 0o644 });
    const outcome = await setUp();
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(
      outcome.stdout,
      new RegExp(`could reach ${dataDir}, .*outbox\\.jsonl: now only this user can`),
    );
    assert.equal(statSync(dataDir).mode & 0o777, 0o700);
    const checked = await runSetup(['--check', '--data-dir', dataDir]);
    assert.equal(checked.code, 0, checked.stdout + checked.stderr);
    assert.doesNotMatch((await setUp()).stdout, /could reach/);
  });

  it('refuses an answers file that it does not understand', async () => {
    for (const answers of [
      '{',
      '[]',
      { PROT: 3000 },
      { PORT: null },
      { APP_NAME: 'x', APP_SIGNUP_FLOW: 'odd' },
    ]) {
      const outcome = await setUp(['--answers', answersFile(answers)]);
      assert.equal(outcome.code, 78, JSON.stringify(answers));
      assert.equal(existsSync(dataDir), false);
    }
    assert.match((await setUp(['--answers', answersFile({ PROT: 3000 })])).stderr, /PROT/);
    assert.equal((await setUp(['--answers', join(folder, 'none.json')])).code, 78);
  });

  it('names ten mistakes at once, each with its repair, and writes nothing', async () => {
    const mistakes = {
      PORT: '99999',
      API_URL: 'ftp://example.com',
      DB_CONN_STRING: 'mongodb://user:<password>@db.example.com/auth',
      PASS_KEY: 'short',
      MAIL: 'smtp',
      SMS: 'twilio',
      TRUST_PROXY_HOPS: '-1',
      LOG_LEVEL: 'loud',
      ENCRYPT_USER_DATA: 'maybe',
      ENCRYPT_KEY_FILE: join(folder, 'not there'),
      NOREPLY_EMAIL: 'nobody',
    };
    const file = answersFile({ PROT: 3000, APP_SIGNUP_FLOW: 'odd' });
    const { code, stderr } = await setUp(['--answers', file], mistakes);
    assert.equal(code, 78);
    for (const name of [...Object.keys(mistakes), 'PROT', 'APP_SIGNUP_FLOW'])
      assert.match(stderr, new RegExp(`✗ ${name} .+: .+`), name);
    assert.equal(existsSync(dataDir), false);
  });

  it('refuses a weak pass phrase and key for a new installation, and keeps the ones of an old', async () => {
    for (const weak of ['a', 'jojo123', '15 characters..', 'your AES Encryption key', 'z'.repeat(32)]) {
      const { code, stderr } = await setUp([], { PASS_KEY: weak, ENCRYPT_KEY: weak });
      assert.equal(code, 78, weak);
      for (const name of ['PASS_KEY', 'ENCRYPT_KEY']) assert.match(stderr, new RegExp(`✗ ${name} is .+: .+`));
      assert.equal(existsSync(dataDir), false);
    }
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(join(dataDir, 'host.env'), "ENCRYPT_KEY='old'\n", { mode: 0o600 });
    const { code, stderr } = await setUp([]);
    assert.equal(code, 0, stderr);
    assert.equal(settings().ENCRYPT_KEY, 'old');
    const checked = await runSetup(['--check', '--data-dir', dataDir]);
    assert.equal(checked.code, 0, checked.stdout);
    assert.match(checked.stdout, /ENCRYPT_KEY is shorter than 16 characters/);
  });

  it('knows its options', async () => {
    const help = await runSetup(['--help']);
    assert.equal(help.code, 0);
    const options = [
      'yes',
      'answers FILE',
      'app NAME',
      'no-start',
      'json',
      'skip-checks',
      'data-dir DIR',
      'check',
      'print-secret',
      'rotate-secret',
      'rotate-pass-key',
      'rotate-encrypt-key',
      'backup FILE',
      'restore FILE',
      'verify-backup FILE',
      'help',
      'version',
    ];
    for (const option of options) assert.ok(help.stdout.includes(`--${option}`), option);
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    assert.equal((await runSetup(['--version'])).stdout, `${version}\n`);
    for (const args of [['--port', '3000'], ['--answers'], ['more'], ['--check', '--print-secret']]) {
      assert.equal((await runSetup(args)).code, 64, args.join(' '));
    }
    const waiting = await runSetup(['--data-dir', dataDir]);
    assert.equal(waiting.code, 64, 'no terminal to ask on');
    assert.equal(existsSync(dataDir), false);
  });

  it('ends with 69 for a database it cannot reach, unless checks are skipped', async () => {
    const env = { DB_CONN_STRING: 'mongodb://someone:hidden@127.0.0.1:1/auth' };
    const outcome = await setUp([], env);
    assert.equal(outcome.code, 69);
    assert.match(outcome.stderr, /unreachable/);
    assert.ok(!outcome.stderr.includes('hidden'));
    assert.equal(existsSync(dataDir), false);
  });

  it('ends with 73 where it may not write', async () => {
    writeFileSync(join(folder, 'file'), '');
    dataDir = join(folder, 'file', 'data');
    assert.equal((await setUp(['--skip-checks'])).code, 73);
  });

  it('adopts a key pair that openssl made', async () => {
    for (const make of [
      (key: string) => execFileSync('openssl', [...GUIDE_KEY, key, '3072'], { stdio: 'pipe' }),
      (key: string) =>
        execFileSync(
          'openssl',
          [
            'genpkey',
            '-algorithm',
            'RSA',
            '-pkeyopt',
            'rsa_keygen_bits:2048',
            '-aes256',
            '-pass',
            'pass:jojo123',
            '-out',
            key,
          ],
          { stdio: 'pipe' },
        ),
    ]) {
      rmSync(dataDir, { recursive: true, force: true });
      mkdirSync(join(dataDir, 'keys'), { recursive: true, mode: 0o700 });
      const key = join(dataDir, 'keys', 'privatekey.pem');
      make(key);
      execFileSync(
        'openssl',
        [
          'rsa',
          '-in',
          key,
          '-passin',
          'pass:jojo123',
          '-pubout',
          '-out',
          join(dataDir, 'keys', 'publickey.pem'),
        ],
        { stdio: 'pipe' },
      );
      const before = readFileSync(key, 'utf8');
      const wrong = await setUp([], { PASS_KEY: 'something else' });
      assert.equal(wrong.code, 78);
      assert.equal(existsSync(join(dataDir, 'host.env')), false);
      const outcome = await setUp(['--json'], { PASS_KEY: 'jojo123' });
      assert.equal(outcome.code, 0, outcome.stderr);
      assert.equal(json(outcome).created.keys, false);
      assert.equal(readFileSync(key, 'utf8'), before);
      const engine = await openSqlite({ file: join(dataDir, 'host.db') });
      assert.equal(await engine.metaGet(META.adoptedHostKey), 'yes');
      await engine.close();
    }
  });

  it('rotates no secret that the environment would bring back', async () => {
    assert.equal((await setUp()).code, 0);
    const before = allFiles();
    const { PASS_KEY = '', ENCRYPT_KEY = '' } = settings();
    for (const [command, env] of [
      ['--rotate-pass-key', { PASS_KEY }],
      ['--rotate-encrypt-key', { ENCRYPT_KEY }],
    ] as const) {
      const outcome = await runSetup([command, '--yes', '--data-dir', dataDir], { ...env });
      assert.equal(outcome.code, 78, outcome.stderr);
      assert.deepEqual(allFiles(), before);
    }
  });

  it('passes signals on: the host drains and setup ends with its code', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const setup = startSetup(['--yes', '--data-dir', dataDir], { PORT: '0' });
      await until('the host listens', () => {
        if (setup.child.exitCode !== null) assert.fail(setup.printed.stderr);
        return setup.printed.stdout.includes('"listening"');
      });
      const command = readFileSync(`/proc/${setup.child.pid}/cmdline`, 'utf8');
      assert.ok(!command.includes(settings().PASS_KEY ?? '?'));
      setup.child.kill(signal);
      const { code, stdout } = await setup.ended;
      assert.equal(code, 0);
      assert.match(stdout, /host_stopped/);
    }
  });
});
