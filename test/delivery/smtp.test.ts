import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';
import { createSmtp } from '../../server/delivery/smtp.ts';
import { listenOnLoopback } from '../support/listen.ts';
import { type SmtpScript, type SmtpServer, startSmtpServer } from '../support/smtp-server.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { aMail, CANARY, failureOf } from './message.ts';

const PASSWORD = 'p@ss/canaryword';
let server: SmtpServer | undefined;
async function open(script: SmtpScript = {}, login = ''): Promise<ReturnType<typeof createSmtp>> {
  server = await startSmtpServer(script);
  return createSmtp({ url: `smtp://${login}127.0.0.1:${server.port}` });
}
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** Decodes the parts of a mail: quoted-printable and base64 bodies, encoded words of a header. */
function decoded(data: string): string {
  return data
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/(?:=[0-9A-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString());
}
function header(data: string, name: string): string {
  const unfolded = data.split('\r\n\r\n')[0]?.replaceAll(/\r\n\s+/g, ' ') ?? '';
  const line = unfolded.split('\r\n').find((candidate) => candidate.toLowerCase().startsWith(`${name}:`));
  const words = (line ?? '').slice(name.length + 1).replaceAll(/\?=\s+=\?/g, '?==?');
  return words
    .replaceAll(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi, (_, kind, text) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64').toString()
        : decoded(text.replaceAll('_', ' ')),
    )
    .trim();
}

describe('a mail over SMTP', () => {
  it('has both parts, sender, display name, answer address and a UTF-8 subject', async () => {
    const smtp = await open();
    await smtp.send(aMail({ replyTo: 'help@example.com' }));
    const [mail] = server?.mails ?? [];
    assert(mail);
    assert.equal(mail.from, 'noreply@host.example');
    assert.deepEqual(mail.to, ['ada@example.com']);
    assert.equal(header(mail.data, 'from'), 'Schach – Verein <noreply@host.example>');
    assert.equal(header(mail.data, 'reply-to'), 'help@example.com');
    assert.equal(header(mail.data, 'to'), 'ada@example.com');
    assert.equal(header(mail.data, 'subject'), 'Dein Code für Schach ♞');
    assert.match(mail.data, /multipart\/alternative/);
    assert.match(decoded(mail.data), new RegExp(`Code: ${CANARY}\r\n.\r\nBis bald`));
    assert.match(decoded(mail.data), new RegExp(`<b>${CANARY}</b>`));
  });

  it('carries its attachment byte by byte', async () => {
    const smtp = await open();
    const content = Buffer.from([0, 1, 2, 250, 251]).toString('base64');
    await smtp.send(aMail({ attachments: [{ filename: 'QRCode.png', contentType: 'image/png', content }] }));
    const data = server?.mails[0]?.data ?? '';
    assert.match(data, /Content-Type: image\/png; name=QRCode\.png/);
    assert(data.includes(content));
  });

  it('logs in with the decoded user and password of the address', async () => {
    const smtp = await open({}, `mailer%40host:${encodeURIComponent(PASSWORD)}@`);
    await smtp.send(aMail());
    assert.equal(server?.mails[0]?.login, `mailer@host:${PASSWORD}`);
  });

  it('never takes a display name or a subject for headers', async () => {
    const smtp = await open();
    await smtp.send(
      aMail({
        fromName: 'x" <eve@example.com>,\r\nBcc: eve@example.com',
        subject: 'a\r\nBcc: eve@example.com',
      }),
    );
    const [mail] = server?.mails ?? [];
    assert.deepEqual(mail?.to, ['ada@example.com']);
    assert.equal(header(mail?.data ?? '', 'bcc'), '');
  });
});

describe('a server that refuses', () => {
  const refusals: [string, SmtpScript['answers'], { step: string; status?: number; retryable: boolean }][] = [
    ['the log-in', { AUTH: `535 wrong ${PASSWORD}` }, { step: 'auth', status: 535, retryable: true }],
    ['the sender', { MAIL: '550 not yours' }, { step: 'sender', status: 550, retryable: false }],
    ['the recipient', { RCPT: '550 nobody here' }, { step: 'recipient', status: 550, retryable: false }],
    ['the recipient for now', { RCPT: '450 busy' }, { step: 'recipient', status: 450, retryable: true }],
    ['the data', { DATA: '554 no' }, { step: 'provider', status: 554, retryable: false }],
    ['the text', { BODY: `554 spam ${CANARY}` }, { step: 'provider', status: 554, retryable: false }],
    ['the text for now', { BODY: '451 later' }, { step: 'provider', status: 451, retryable: true }],
  ];
  for (const [what, answers, expected] of refusals) {
    it(`${what} is reported by step and status, without secrets`, async () => {
      const smtp = await open({ answers }, `mailer:${encodeURIComponent(PASSWORD)}@`);
      const failure = await failureOf(smtp.send(aMail()));
      assert(failure);
      const { step, status, retryable } = failure;
      assert.deepEqual({ step, status, retryable }, expected);
      assert.doesNotMatch(inspect(failure, { showHidden: true, depth: 9 }), /canary|ada@/);
    });
  }

  it('the connection is told apart from an unknown host', async () => {
    const smtp = await open();
    await server?.stop();
    assert.equal((await failureOf(smtp.send(aMail())))?.step, 'connect');
    server = undefined;
    const nowhere = createSmtp({ url: 'smtp://mail.invalid:25' });
    assert.equal((await failureOf(nowhere.send(aMail())))?.step, 'dns');
  });

  it('silence ends after five seconds, wherever it begins', async () => {
    const smtp = await open({ answers: { GREETING: 'hang' } });
    const elapsed = startStopwatch();
    const failure = await failureOf(smtp.send(aMail()));
    assert.equal(failure?.step, 'timeout');
    assert(elapsed() < 6_500);
  });
});

describe('encryption', () => {
  let folder: string;
  let tls: { key: string; cert: string };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'smtp-tls-'));
    const options = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'];
    const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'cert')];
    execFileSync('openssl', ['req', '-x509', ...options, ...files], { stdio: 'ignore' });
    tls = {
      key: readFileSync(join(folder, 'key'), 'utf8'),
      cert: readFileSync(join(folder, 'cert'), 'utf8'),
    };
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Another name of this machine that does not count as local. */
  const ELSEWHERE = '127.0.0.2';

  it('is refused with a certificate nobody vouches for', async () => {
    server = await startSmtpServer({ tls, host: ELSEWHERE });
    const smtp = createSmtp({ url: `smtp://mailer:secret@${ELSEWHERE}:${server.port}` });
    const failure = await failureOf(smtp.send(aMail()));
    assert.equal(failure?.step, 'tls');
    assert.equal(
      server.commands.some((command) => command.startsWith('AUTH')),
      false,
    );
  });

  it('is taken with any certificate from a mail server on this machine, where it only may be used', async () => {
    for (const login of ['mailer:secret@', '']) {
      const smtp = await open({ tls }, login);
      await smtp.send(aMail());
      const [mail] = server?.mails ?? [];
      assert.equal(mail?.encrypted, true);
      assert.equal(mail.login, login === '' ? undefined : 'mailer:secret');
      await server?.stop();
    }
    server = undefined;
  });

  it('is checked on this machine too where the address asks for it from the first byte', async () => {
    const secure = createTlsServer(tls, (socket) => socket.end('220 test\r\n'));
    secure.on('tlsClientError', () => {});
    const { port } = await listenOnLoopback(secure);
    const failure = await failureOf(createSmtp({ url: `smtps://127.0.0.1:${port}` }).send(aMail()));
    assert.equal(failure?.step, 'tls');
    secure.close();
  });

  it('is demanded before a password leaves for another machine', async () => {
    server = await startSmtpServer({ host: ELSEWHERE });
    const smtp = createSmtp({ url: `smtp://mailer:secret@${ELSEWHERE}:${server.port}` });
    const failure = await failureOf(smtp.send(aMail()));
    assert.equal(failure?.step, 'tls');
    assert.equal(
      server.commands.some((command) => command.startsWith('AUTH')),
      false,
    );
  });
});
