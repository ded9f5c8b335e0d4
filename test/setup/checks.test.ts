import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { checkMail, checkSms, sendTestMail, sendTestSms } from '../../server/checks/delivery-check.ts';
import type { CheckResult } from '../../server/checks/finding.ts';
import { checkClock, checkDisk } from '../../server/checks/machine-check.ts';
import { checkAddress, checkOrigins, checkProxies } from '../../server/checks/network-check.ts';
import { buildConfig } from '../../server/config/load.ts';
import type { Config } from '../../server/model/config.ts';
import { systemClock } from '../../server/security/clock.ts';
import { openDataKey } from '../../server/security/data-key.ts';
import { createMetaStore } from '../../server/store/meta.ts';
import { openSqlite } from '../../server/store/sqlite/open.ts';
import { checkDatabase, holdsData } from '../../setup/checks/database-check.ts';
import { checkRights } from '../../setup/checks/rights-check.ts';
import { checkSealing } from '../../setup/checks/sealing-check.ts';
import { freePort } from '../support/free-port.ts';
import { listenOnLoopback } from '../support/listen.ts';
import {
  type ProviderMood,
  type ProviderServer,
  startSendGrid,
  startTwilio,
} from '../support/provider-servers.ts';
import { type SmtpScript, type SmtpServer, startSmtpServer } from '../support/smtp-server.ts';

const SECRET = 'canaryword';
const ENCRYPT_KEY = 'encrypt key of the tests';
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'checks-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function config(settings: Record<string, string> = {}): Config {
  const texts = { DATA_DIR: dataDir, PASS_KEY: 'pass phrase of the tests', ENCRYPT_KEY, ...settings };
  return buildConfig(texts, { production: false, keysExpected: false });
}
/** The check fails, names that step or cause, and shows no secret. */
async function assertFails(check: CheckResult | Promise<CheckResult>, expected: RegExp): Promise<void> {
  const { ok, detail } = await check;
  assert.deepEqual([ok, expected.test(detail)], [false, true], detail);
  assert.ok(!detail.includes(SECRET), detail);
}
async function assertHolds(check: CheckResult | Promise<CheckResult>, expected = /./): Promise<void> {
  const { ok, detail } = await check;
  assert.deepEqual([ok, expected.test(detail)], [true, true], detail);
  assert.ok(!detail.includes(SECRET), detail);
}

const servers: { stop(): Promise<void> }[] = [];
after(() => Promise.all(servers.map((server) => server.stop())));
function kept<T extends { stop(): Promise<void> }>(server: T): T {
  servers.push(server);
  return server;
}

const HTTP_FAILURES: readonly [ProviderMood, RegExp][] = [
  [401, /^auth: .* answers 401 → Correct /],
  [403, /^auth: /],
  [500, /^auth: .* answers 500 → Try again later/],
  ['redirect', /^auth: /],
  ['reset', /^auth: the connection broke/],
  ['hang', /^auth: no answer within 5 s/],
];

describe('the check of SendGrid', { concurrency: true }, () => {
  const settings = (url: string) => config({ SEND_GRID_API_KEY: SECRET, SEND_GRID_URL: url });
  const fake = async (mood: ProviderMood): Promise<ProviderServer> => kept(await startSendGrid(mood));

  it('holds when the key is accepted, and shows it to nobody else', async () => {
    const server = await fake('fine');
    await assertHolds(checkMail(settings(server.url)), /SendGrid accepts/);
    const [first, ...further] = server.requests.map(({ path, headers }) => [path, headers.authorization]);
    assert.deepEqual(first, ['/v3/scopes', `Bearer ${SECRET}`]);
    for (const [path] of further)
      assert.match(path ?? '', /^\/v3\/(?:whitelabel\/domains|verified_senders)\?/);
  });

  for (const [mood, expected] of HTTP_FAILURES)
    it(`tells the step when the answer is ${mood}`, async () => {
      await assertFails(checkMail(settings((await fake(mood)).url)), expected);
    });

  it('fails for a key that may not send', async () => {
    const { url } = await listen(createServer((_, response) => response.end('{"scopes":["stats.read"]}')));
    await assertFails(checkMail(settings(url)), /lacks the right "Mail Send"/);
    const right = await listen(createServer((_, response) => response.end('{"scopes":["mail.send"]}')));
    await assertHolds(checkMail(settings(right.url)));
  });

  it('tells an unknown name and a closed port apart', async () => {
    await assertFails(checkMail(settings('https://sendgrid.invalid')), /^dns: /);
    await assertFails(checkMail(settings('http://127.0.0.1:1')), /^tcp: /);
  });

  it('offers a test mail, and says which step refused it', async () => {
    const server = await fake('fine');
    await assertHolds(sendTestMail(settings(server.url), 'me@example.com'), /me@example\.com/);
    server.mood = 401;
    await assertFails(sendTestMail(settings(server.url), 'me@example.com'), /^auth: /);
  });
});

describe('the check of Twilio', { concurrency: true }, () => {
  const settings = (url: string) =>
    config({
      TWILIO_ACCOUNT_SID: 'AC00000000000000000000000000000000',
      TWILIO_TOKEN: SECRET,
      TWILIO_PHONE_NUMBER: '+15550006789',
      TWILIO_URL: url,
    });

  it('holds when account and token are accepted', async () => {
    const server = kept(await startTwilio());
    await assertHolds(checkSms(settings(server.url)), /\+15550006789/);
    assert.match(server.requests[0]?.path ?? '', /^\/2010-04-01\/Accounts\/AC0+\.json$/);
    await assertHolds(sendTestSms(settings(server.url), '+4915112345678'));
  });

  for (const [mood, expected] of [...HTTP_FAILURES, [404, /^auth: /] as const])
    it(`tells the step when the answer is ${mood}`, async () => {
      const server = kept(await startTwilio(mood));
      await assertFails(checkSms(settings(server.url)), expected);
    });

  it('says which step refused a test message', async () => {
    const server = kept(await startTwilio(401));
    await assertFails(sendTestSms(settings(server.url), '+4915112345678'), /^auth: /);
  });

  it('has nothing to ask without an account', async () => {
    await assertHolds(checkSms(config()), /outbox file/);
    await assertHolds(checkSms(config({ SMS: 'none' })), /none/);
    await assertHolds(checkMail(config()), /outbox file/);
  });
});

describe('the check of an SMTP server', { concurrency: true }, () => {
  const fake = async (script: SmtpScript): Promise<SmtpServer> => kept(await startSmtpServer(script));
  const settings = ({ port }: { port: number }) =>
    config({ SMTP_URL: `smtp://mailer:${SECRET}@127.0.0.1:${port}`, NOREPLY_EMAIL: 'me@host.example' });

  it('logs in and sends nothing; a test mail is handed over', async () => {
    const server = await fake({});
    await assertHolds(checkMail(settings(server)), new RegExp(`127.0.0.1:${server.port}`));
    assert.equal(server.mails.length, 0);
    await assertHolds(sendTestMail(settings(server), 'you@example.com'));
    assert.deepEqual(server.mails[0]?.to, ['you@example.com']);
  });

  const refusals: [SmtpScript['answers'], RegExp][] = [
    [{ AUTH: `535 wrong ${SECRET}` }, /^auth: 535 wrong … → Correct SMTP_URL/],
    [{ MAIL: '550 not yours' }, /^sender: .* → Verify the sender/],
    [{ RCPT: '550 nobody' }, /^recipient: /],
    [{ DATA: '554 no' }, /^accepted: /],
  ];
  for (const [answers, expected] of refusals)
    it(`tells that ${Object.keys(answers ?? {})} was refused`, async () => {
      await assertFails(sendTestMail(settings(await fake({ answers })), 'you@example.com'), expected);
    });

  it('tells a wrong password, silence, a closed port and an unknown name apart', async () => {
    await assertFails(checkMail(settings(await fake({ answers: { AUTH: '535 no' } }))), /^auth: /);
    await assertFails(
      checkMail(settings(await fake({ answers: { GREETING: 'hang' } }))),
      /^tcp: no answer within 5 s/,
    );
    await assertFails(checkMail(settings({ port: 1 })), /^tcp: /);
    await assertFails(checkMail(config({ SMTP_URL: 'smtp://mail.invalid' })), /^dns: /);
    await assertFails(
      checkMail(config({ SMTP_URL: `smtp://mailer:${SECRET}@127.0.0.1:1` })),
      /^tcp: .* nothing listens at 127\.0\.0\.1:1/,
    );
    const plain = await fake({});
    await assertFails(checkMail(config({ SMTP_URL: `smtps://127.0.0.1:${plain.port}` })), /^tls: /);
  });
});

/** An HTTP server of the test on the loopback address. */
async function listen(server: Server, scheme = 'http'): Promise<{ url: string }> {
  const { port } = await listenOnLoopback(server);
  kept({
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  });
  return { url: `${scheme}://127.0.0.1:${port}` };
}
const healthy: RequestListener = (_, response) => response.end('{"status":"ok"}');

describe('the check of the public address', () => {
  const check = (API_URL: string) => checkAddress(config({ API_URL }));

  it('holds for this host, and for a local address where nothing listens yet', async () => {
    await assertHolds(check((await listen(createServer(healthy))).url), /answers$/);
    await assertHolds(check(`http://localhost:${await freePort()}`), /is local, and the host is not running/);
  });

  it('fails where something else answers', async () => {
    const answers: RequestListener[] = [
      (_, response) => response.end('<h1>Welcome to nginx!</h1>'),
      (_, response) => response.writeHead(502).end(),
      (_, response) => response.writeHead(301, { location: 'http://127.0.0.1:1/' }).end(),
    ];
    for (const answer of answers)
      await assertFails(check((await listen(createServer(answer))).url), /not this host: check the proxy/);
  });

  it('fails where somebody listens and does not answer, local or not', async () => {
    const { url } = await listen(createServer(() => {}));
    await assertFails(check(url), /does not answer \(TimeoutError\)/);
    await assertFails(check('http://auth.invalid'), /ENOTFOUND.*DNS entry/);
    await assertFails(check(`http://127.0.0.2:${await freePort()}`), /ECONNREFUSED.*start the host/);
  });

  it('fails when the clocks differ', async () => {
    const date = new Date(systemClock.now() - 60_000).toUTCString();
    const late = createServer((request, response) => {
      response.setHeader('date', date);
      healthy(request, response);
    });
    await assertFails(check((await listen(late)).url), /its clock is -6\d s away/);
  });

  describe('over https', () => {
    const folder = mkdtempSync(join(tmpdir(), 'checks-tls-'));
    const before = getCACertificates('default');
    after(() => {
      setDefaultCACertificates(before);
      rmSync(folder, { recursive: true });
    });
    /** A server with a certificate of its own for that name, good for so many days. */
    async function secure(days: number, name = 'IP:127.0.0.1'): Promise<{ url: string; cert: string }> {
      const [key, cert] = [join(folder, `${days}.key`), join(folder, `${days}.cert`)];
      const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${name}`, '-days', String(days)];
      const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, '-keyout', key, '-out', cert];
      execFileSync('openssl', ['req', ...options], { stdio: 'ignore' });
      const pem = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
      return { ...(await listen(createSecureServer(pem, healthy), 'https')), cert: pem.cert };
    }

    it('fails with a certificate that nobody vouches for', async () => {
      await assertFails(check((await secure(90)).url), /SELF_SIGNED.*nobody clients trust/);
    });

    it('fails where there is no TLS at all', async () => {
      const { url } = await listen(createServer(healthy));
      await assertFails(check(url.replace('http:', 'https:')), /no TLS there/);
    });

    it('holds with a good one, and fails when it ends soon or is for another name', async () => {
      const [good, ending, other] = [
        await secure(91),
        await secure(5),
        await secure(92, 'DNS:other.example'),
      ];
      setDefaultCACertificates([...before, good.cert, ending.cert, other.cert]);
      await assertHolds(check(good.url), /good for 9\d days/);
      await assertFails(check(ending.url), /ends in \d days: renew it/);
      await assertFails(check(other.url), /ALTNAME.*another name/);
    });
  });
});

describe('the checks of proxies and origins', () => {
  it('fail where hops and address do not go together', async () => {
    const settings = (API_URL: string, hops: string) => config({ API_URL, TRUST_PROXY_HOPS: hops });
    await assertFails(checkProxies(settings('https://auth.example', '0')), /share one address limit/);
    await assertFails(checkProxies(settings('http://auth.example', '1')), /forge their address/);
    await assertHolds(checkProxies(settings('https://auth.example', '2')), /2 in front/);
    await assertHolds(checkProxies(settings('http://localhost:3000', '0')));
    await assertHolds(checkOrigins(config()), /every origin/);
    await assertHolds(
      checkOrigins(config({ ALLOW_ORIGIN: 'capacitor://localhost,null' })),
      /capacitor.*null/,
    );
  });
});

describe('the checks of the machine', () => {
  it('fail when others can reach the folder, a file in it or the private key elsewhere', async () => {
    await assertHolds(checkRights(config()));
    const key = join(dataDir, 'other key.pem');
    writeFileSync(key, '', { mode: 0o644 });
    writeFileSync(join(dataDir, 'host.env'), '', { mode: 0o640 });
    const open = checkRights(config({ PRIVATE_KEY_FILE: key }));
    await assertFails(open, /host\.env.*other key\.pem: chmod go= .*host\.env '.*other key\.pem'$/);
  });

  it('fail when the disk is nearly full', async () => {
    const disk = (free: number) => async () => ({ bavail: free, bsize: 4096, blocks: 1e6 }) as never;
    await assertFails(checkDisk(config(), disk(100)), /make room/);
    await assertHolds(checkDisk(config(), disk(1e6)), /4\.1 GB free of 4\.1 GB/);
    await assertHolds(checkDisk(config()));
  });

  it('fail when the clock stands before the installation', async () => {
    await assertFails(
      checkClock(config(), () => 0),
      /before .*run an NTP client/,
    );
    await assertHolds(checkClock(config()));
  });

  it('fail when the embedded database stands where this user cannot write', async () => {
    writeFileSync(join(dataDir, 'file'), '');
    const inFile = config({ DB_CONN_STRING: `sqlite:${join(dataDir, 'file', 'host.db')}` });
    await assertFails(checkDatabase(inFile), /file is no folder/);
    await assertFails(checkDatabase(config({ DB_CONN_STRING: `sqlite:${dataDir}` })), /names a folder/);
    await assertHolds(checkDatabase(config()), /embedded/);
  });
});

describe('the check of the data key', () => {
  async function sealWith(encryptKey: string): Promise<void> {
    const engine = await openSqlite({ file: join(dataDir, 'host.db') });
    await openDataKey({ meta: createMetaStore(engine), encryptKey });
    await engine.close();
  }

  it('fails for another ENCRYPT_KEY, and for a file that is no database', async () => {
    await assertHolds(checkSealing(config()), /no data yet/);
    assert.equal(await holdsData(config()), false);
    await sealWith(ENCRYPT_KEY);
    assert.equal(await holdsData(config()), true);
    await assertHolds(checkSealing(config()), /opens the data; personal data is sealed/);
    await assertFails(
      checkSealing(config({ ENCRYPT_KEY: 'another key than before' })),
      /does not open the data/,
    );
    writeFileSync(join(dataDir, 'host.db'), 'Dear diary, '.repeat(1000));
    await assertFails(checkSealing(config()), /damaged.*--restore/);
  });
});
