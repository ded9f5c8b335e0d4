import assert from 'node:assert/strict';
import { createServer as createPlainServer, type Server } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createDnsRecords } from '../../../server/delivery/dns.ts';
import { createMailer } from '../../../server/delivery/mailer.ts';
import { createTexter } from '../../../server/delivery/texter.ts';
import { walkMail } from '../../../server/domain/portal/mail-walk.ts';
import type { WalkStep } from '../../../server/domain/portal/walk-step.ts';
import type { Config } from '../../../server/model/config.ts';
import { aMail } from '../../delivery/message.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { type DnsServer, startDnsServer, type Zone } from '../../support/dns-server.ts';
import { listenOnLoopback } from '../../support/listen.ts';
import { type SmtpScript, startSmtpServer } from '../../support/smtp-server.ts';
import { startStopwatch } from '../../support/stopwatch.ts';

const STEPS = 'sender_dns spf dkim dmarc dns tcp tls auth sender recipient accepted'.split(' ');
const SECRET = 'canaryword';
const FROM = 'noreply@club.example.com';
/** Not this machine for the host, though it is. */
const ELSEWHERE = '127.0.0.2';

/** Everything in order: the server may send, its key is there, and receivers are told what to do. */
const GOOD: Zone = {
  com: { NS: ['a.gtld-servers.net'] },
  'club.example.com': { MX: [[10, 'mx.club.example.com']], TXT: ['v=spf1 a:smtp.club.example.com -all'] },
  'mx.club.example.com': { A: ['192.0.2.1'] },
  'smtp.club.example.com': { A: ['127.0.0.1'] },
  'k1._domainkey.club.example.com': { TXT: ['v=DKIM1; k=rsa; p=MIIB'] },
  '_dmarc.club.example.com': { TXT: ['v=DMARC1; p=reject'] },
};

let dns: DnsServer;
before(async () => {
  dns = await startDnsServer();
});
beforeEach(() => {
  dns.zone = GOOD;
  dns.mood = 'fine';
  dns.asked.length = 0;
});
const servers: { stop(): Promise<void> }[] = [];
after(async () => {
  await dns.stop();
  await Promise.all(servers.map((server) => server.stop()));
});

async function smtp(script: SmtpScript = {}): Promise<number> {
  const server = await startSmtpServer(script);
  servers.push(server);
  return server.port;
}
async function listening(server: Server): Promise<number> {
  const { port } = await listenOnLoopback(server);
  servers.push({
    async stop() {
      server.close();
    },
  });
  return port;
}

interface Given {
  smtpUrl?: string;
  from?: string;
  selectors?: string[];
  /** False: nothing is sent. */
  sends?: boolean;
  config?: Partial<Config>;
}

/** Walks with real adapters; name servers are the test's alone. */
async function walk({ smtpUrl, from = FROM, selectors = ['k1'], sends = true, config = {} }: Given = {}) {
  const records = createDnsRecords({ servers: [dns.address] });
  const whole = {
    mail: 'smtp',
    sms: 'none',
    smtpUrl: smtpUrl ?? `smtp://mailer:${SECRET}@127.0.0.1:${await smtp()}`,
    noreplyEmail: from,
    dkimSelectors: selectors,
    sendGridUrl: 'https://api.sendgrid.com',
    ...config,
  } as Config;
  const outbox = { deliver: async () => {} };
  const given = { config: whole, outbox, records };
  const deps = {
    config: whole,
    dnsRecords: records,
    mailer: createMailer(given),
    texter: createTexter(given),
  };
  const steps = await walkMail(deps, undefined, sends ? aMail({ from, to: 'ada@example.com' }) : undefined);
  assert.deepEqual(
    steps.map(({ step }) => step),
    STEPS,
  );
  assert.ok(!JSON.stringify(steps).includes(SECRET), JSON.stringify(steps));
  for (const { ok, repair, ms, detail } of steps) {
    assert.ok(Number.isInteger(ms) && ms >= 0 && detail !== '');
    if (ok === false) assert.match(repair ?? '', /^[A-Z].*[^ ]$/);
  }
  return steps;
}
const at = (steps: WalkStep[], name: string) => steps.find(({ step }) => step === name) as WalkStep;
const oks = (steps: WalkStep[]) => Object.fromEntries(steps.map(({ step, ok }) => [step, ok]));

/** This step alone fails; those behind it on the way to the server are unknown. */
function assertFailsAt(steps: WalkStep[], name: string, seen: RegExp, repair: RegExp): void {
  const failed = at(steps, name);
  assert.equal(failed.ok, false, JSON.stringify(steps, null, 1));
  assert.match(failed.detail, seen);
  assert.match(failed.repair ?? '', repair);
  const handover = STEPS.slice(4);
  if (!handover.includes(name)) return;
  for (const later of handover.slice(handover.indexOf(name) + 1))
    assert.equal(at(steps, later).ok, 'unknown', later);
}

describe('the way of a mail', () => {
  it('holds at every step, in order, and tells what was seen', async () => {
    const port = await smtp();
    const steps = await walk({ smtpUrl: `smtp://mailer:${SECRET}@127.0.0.1:${port}` });
    assert.deepEqual(oks(steps), Object.fromEntries(STEPS.map((step) => [step, true])));
    assert.match(at(steps, 'sender_dns').detail, /mx\.club\.example\.com/);
    assert.match(at(steps, 'dkim').detail, /k1\._domainkey\.club\.example\.com/);
    assert.match(at(steps, 'dmarc').detail, /p=reject; DKIM speaks for club\.example\.com/);
    assert.match(at(steps, 'tcp').detail, new RegExp(`port ${port}`));
    assert.match(at(steps, 'auth').detail, /AUTH PLAIN; logged in/);
    assert.match(at(steps, 'accepted').detail, /^250 2\.0\.0 queued/);
  });

  it('ends before the sender when nothing is to be sent', async () => {
    const server = await startSmtpServer();
    servers.push(server);
    const steps = await walk({ smtpUrl: `smtp://mailer:${SECRET}@127.0.0.1:${server.port}`, sends: false });
    assert.equal(at(steps, 'auth').ok, true);
    for (const step of ['sender', 'recipient', 'accepted']) assert.equal(at(steps, step).ok, 'unknown');
    assert.equal(server.mails.length, 0);
  });

  it('asks nobody for an outbox, which takes the mail', async () => {
    const steps = await walk({ config: { mail: 'outbox' } });
    assert.deepEqual(oks(steps), {
      ...Object.fromEntries(STEPS.map((step) => [step, 'unknown'])),
      accepted: true,
    });
    assert.deepEqual(dns.asked, []);
  });
});

describe("the sender's records", () => {
  const zoneWith = (changes: Zone): Zone => ({ ...GOOD, ...changes });
  const named = () => `smtp://smtp.club.example.com:1`;

  it('hold when the server is permitted by its own address', async () => {
    const steps = await walk({ smtpUrl: named() });
    assert.match(at(steps, 'spf').detail, /1 look-up.*permits 127\.0\.0\.1/);
    assert.equal(at(steps, 'spf').ok, true);
  });

  it('fail for a domain that is not there', async () => {
    dns.zone = { com: GOOD.com ?? {} };
    const steps = await walk({ smtpUrl: named() });
    assertFailsAt(steps, 'sender_dns', /neither MX nor A/, /NOREPLY_EMAIL/);
    assert.equal(at(steps, 'dmarc').ok, 'unknown');
  });

  it('fail for a domain that takes no mail', async () => {
    dns.zone = zoneWith({ 'club.example.com': { MX: [[0, '.']] } });
    assertFailsAt(await walk({ smtpUrl: named() }), 'sender_dns', /takes no mail/, /takes mail/);
  });

  const spfFaults: [string, string[], RegExp, RegExp][] = [
    [
      'there is none',
      ['google-site-verification=x'],
      /no SPF record/,
      /v=spf1 a:smtp\.club\.example\.com ~all/,
    ],
    ['there are two', ['v=spf1 -all', 'v=spf1 mx -all'], /several/, /one TXT record/],
    [
      'it needs too many look-ups',
      [`v=spf1 ${Array.from({ length: 11 }, (_, n) => `a:h${n}.example.com`).join(' ')} -all`],
      /more than 10 look-ups/,
      /at most 10/,
    ],
  ];
  for (const [what, TXT, seen, repair] of spfFaults)
    it(`fail at SPF when ${what}`, async () => {
      dns.zone = zoneWith({ 'club.example.com': { MX: [[10, 'mx.club.example.com']], TXT } });
      assertFailsAt(await walk({ smtpUrl: named() }), 'spf', seen, repair);
    });

  it('count the look-ups of includes, and find the server in them', async () => {
    dns.zone = zoneWith({
      'club.example.com': { A: ['192.0.2.9'], TXT: ['v=spf1 include:spf.host.example.com ~all'] },
      'spf.host.example.com': {
        TXT: ['v=spf1 ip4:127.0.0.0/24 mx:club.example.com include:b.example.com -all'],
      },
      'b.example.com': { TXT: ['v=spf1 ip6:2001:db8::/32 -all'] },
    });
    const spf = at(await walk({ smtpUrl: named() }), 'spf');
    assert.deepEqual([spf.ok, /3 look-ups/.test(spf.detail)], [true, true], spf.detail);
  });

  it('fail at SPF when it leaves out the provider that sends', async () => {
    const steps = await walk({ smtpUrl: 'smtp://smtp.gmail.com:1' });
    assertFailsAt(steps, 'spf', /does not name Google/, /Add include:_spf\.google\.com/);
  });

  it('fail at DKIM when no selector has a key, or a revoked one', async () => {
    assertFailsAt(
      await walk({ smtpUrl: named(), selectors: ['k2'] }),
      'dkim',
      /k2\._domainkey\.club\.example\.com/,
      /DKIM_SELECTORS/,
    );
    dns.zone = zoneWith({ 'k1._domainkey.club.example.com': { TXT: ['v=DKIM1; p='] } });
    assertFailsAt(await walk({ smtpUrl: named() }), 'dkim', /revokes/, /Publish/);
  });

  it('do not know the key of a server whose selectors nobody named', async () => {
    const dkim = at(await walk({ smtpUrl: named(), selectors: [] }), 'dkim');
    assert.deepEqual([dkim.ok, dkim.repair?.includes('DKIM_SELECTORS')], ['unknown', true]);
  });

  it('fail at DMARC without a record, and where nothing speaks for the domain', async () => {
    const { '_dmarc.club.example.com': _, ...rest } = GOOD;
    dns.zone = rest;
    assertFailsAt(await walk({ smtpUrl: named() }), 'dmarc', /no DMARC record/, /v=DMARC1; p=none/);
    dns.zone = zoneWith({
      'k1._domainkey.club.example.com': {},
      'club.example.com': { MX: [[10, 'mx.club.example.com']] },
    });
    assertFailsAt(
      await walk({ smtpUrl: named() }),
      'dmarc',
      /neither SPF nor DKIM/,
      /SPF or DKIM right first/,
    );
  });

  it('take the DMARC record of the domain above', async () => {
    const { '_dmarc.club.example.com': _, ...rest } = GOOD;
    dns.zone = { ...rest, '_dmarc.example.com': { TXT: ['v=DMARC1; p=quarantine; sp=none'] } };
    assert.equal(at(await walk({ smtpUrl: named() }), 'dmarc').ok, true);
  });

  it('are unknown, never failed, where nobody answers, only private names are known, or the name is private', async () => {
    const allUnknown = (steps: WalkStep[]) =>
      assert.deepEqual(
        steps.slice(0, 4).map(({ ok }) => ok),
        Array(4).fill('unknown'),
        JSON.stringify(steps),
      );
    dns.mood = 'failing';
    allUnknown(await walk());
    dns.mood = 'fine';
    dns.zone = { 'host.corp': { A: ['10.0.0.1'] } };
    allUnknown(await walk());
    dns.asked.length = 0;
    for (const from of ['noreply@localhost', 'noreply@mail.corp.internal', 'noreply@host.example'])
      allUnknown(await walk({ from }));
    assert.deepEqual(dns.asked, []);
    dns.mood = 'silent';
    const elapsed = startStopwatch();
    allUnknown(await walk());
    assert.ok(elapsed() < 9_000);
  });
});

describe('the way to the server', () => {
  const login = `mailer:${SECRET}@`;

  it('fails at dns for a name nobody knows', async () => {
    const steps = await walk({ smtpUrl: 'smtp://nowhere.example.com:587' });
    assertFailsAt(steps, 'dns', /nowhere\.example\.com/, /SMTP_URL/);
  });

  it('fails at tcp where nothing listens', async () => {
    assertFailsAt(
      await walk({ smtpUrl: 'smtp://127.0.0.1:1' }),
      'tcp',
      /refused/,
      /nothing listens at 127\.0\.0\.1:1/,
    );
  });

  it('fails at tcp where nobody speaks, and names blocked ports', async () => {
    const port = await smtp({ answers: { GREETING: 'hang' } });
    const steps = await walk({ smtpUrl: `smtp://127.0.0.1:${port}` });
    assertFailsAt(steps, 'tcp', /no answer within 5 s/, /ports 25, 465 and 587/);
  });

  it('fails at tcp where the server turns this machine away', async () => {
    const port = await smtp({ answers: { GREETING: '554 5.7.1 you are on a list' } });
    assertFailsAt(await walk({ smtpUrl: `smtp://127.0.0.1:${port}` }), 'tcp', /^554 5\.7\.1/, /block list/);
  });

  it('fails at tls where STARTTLS is not offered and a password would go out', async () => {
    const port = await smtp({ host: ELSEWHERE });
    const steps = await walk({ smtpUrl: `smtp://${login}${ELSEWHERE}:${port}` });
    assertFailsAt(steps, 'tls', /STARTTLS is not offered/, /smtps:\/\/.*password/);
  });

  it('fails at tls where none is spoken at all', async () => {
    const port = await listening(createPlainServer((socket) => socket.end('220 plain\r\n')));
    assertFailsAt(
      await walk({ smtpUrl: `smtps://127.0.0.1:${port}` }),
      'tls',
      /no TLS/,
      /smtp:\/\/ with port 587/,
    );
  });

  describe('with a certificate', () => {
    const trusted = getCACertificates('default');
    const certificates = {
      good: makeCertificate({ name: ELSEWHERE }),
      unknown: makeCertificate({ name: ELSEWHERE }),
      other: makeCertificate({ name: 'mail.example.com' }),
      expired: makeCertificate({ name: ELSEWHERE, until: 2021 }),
    };
    before(() => {
      const { good, other, expired } = certificates;
      setDefaultCACertificates([...trusted, good.cert, other.cert, expired.cert]);
    });
    after(() => setDefaultCACertificates(trusted));

    for (const [kind, seen, repair] of [
      ['unknown', /self.signed/i, /vouches for/],
      ['other', /altnames|other name/i, /name in SMTP_URL/],
      ['expired', /expired/, /Renew/],
    ] as const) {
      it(`fails at tls for one that is ${kind}, by STARTTLS and from the first byte`, async () => {
        const port = await smtp({ host: ELSEWHERE, tls: certificates[kind] });
        assertFailsAt(await walk({ smtpUrl: `smtp://${login}${ELSEWHERE}:${port}` }), 'tls', seen, repair);
        const secure = createTlsServer(certificates[kind], (socket) => socket.end('220 x\r\n'));
        secure.on('tlsClientError', () => {});
        const place = `127.0.0.1:${await listening(secure)}`;
        const fromStart = await walk({ smtpUrl: `smtps://${place}` });
        assert.equal(at(fromStart, 'tls').ok, false);
      });
    }

    it('holds for a good one, whose end is told', async () => {
      const port = await smtp({ host: ELSEWHERE, tls: certificates.good });
      const tls = at(await walk({ smtpUrl: `smtp://${login}${ELSEWHERE}:${port}` }), 'tls');
      assert.deepEqual(
        [tls.ok, /STARTTLS: TLSv1\.\d, certificate until 2099-01-01/.test(tls.detail)],
        [true, true],
      );
    });
  });

  const refusals: [string, SmtpScript['answers'], string, RegExp, RegExp][] = [
    ['the log-in', { AUTH: `535 5.7.8 no, ${SECRET}` }, 'auth', /^535 5\.7\.8 no, …$/, /SMTP_URL/],
    [
      'a log-in by a method it does not offer',
      { EHLO: '250-test\r\n250 AUTH GSSAPI' },
      'auth',
      /AUTH GSSAPI/,
      /AUTH PLAIN or LOGIN/,
    ],
    [
      'every log-in',
      { EHLO: '250-test\r\n250 8BITMIME' },
      'auth',
      /AUTH is not offered/,
      /AUTH PLAIN or LOGIN/,
    ],
    ['the sender', { MAIL: '550 5.7.1 not yours' }, 'sender', /^550 5\.7\.1 not yours/, /NOREPLY_EMAIL/],
    ['the recipient', { RCPT: '550 5.1.1 nobody' }, 'recipient', /^550 5\.1\.1/, /another recipient/],
    ['the data', { DATA: '554 no' }, 'accepted', /^554 no/, /text itself/],
    ['the text', { BODY: '554 spam' }, 'accepted', /^554 spam/, /text itself/],
  ];
  for (const [what, answers, step, seen, repair] of refusals)
    it(`fails at ${step} where the server refuses ${what}`, async () => {
      const port = await smtp({ answers });
      assertFailsAt(await walk({ smtpUrl: `smtp://${login}127.0.0.1:${port}` }), step, seen, repair);
    });

  for (const [command, step] of [
    ['AUTH', 'auth'],
    ['MAIL', 'sender'],
    ['RCPT', 'recipient'],
    ['BODY', 'accepted'],
  ] as const)
    it(`fails at ${step} after 5 s where ${command} is not answered`, async () => {
      const port = await smtp({ answers: { [command]: 'hang' } });
      const elapsed = startStopwatch();
      const steps = await walk({ smtpUrl: `smtp://${login}127.0.0.1:${port}` });
      assertFailsAt(steps, step, /no answer within 5 s/, /later/);
      assert.ok(elapsed() < 7_000);
      assert.ok(at(steps, step).ms >= 4_000);
    });
});
