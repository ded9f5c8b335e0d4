import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** A mail as it went over the wire. */
export interface ReceivedMail {
  from: string;
  to: string[];
  /** Header and body, dots unstuffed. */
  data: string;
  /** `user:password` when the client logged in. */
  login: string | undefined;
  encrypted: boolean;
}

export interface SmtpScript {
  /**
   * Answers instead of the usual one, by command: `AUTH`, `MAIL`, `RCPT`, `DATA`, `BODY`, `GREETING`; `hang`
   * answers nothing.
   */
  answers?: Partial<Record<'GREETING' | 'EHLO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'BODY', string>>;
  /** Loopback address to listen on. */
  host?: string;
  /** Offers STARTTLS with this certificate. */
  tls?: { key: string; cert: string };
}

export interface SmtpServer {
  readonly port: number;
  /** Those of the script, to be changed at any time. */
  readonly answers: SmtpScript['answers'];
  readonly mails: ReceivedMail[];
  /** What clients said, AUTH included. */
  readonly commands: string[];
  stop(): Promise<void>;
}

/** A small SMTP server (RFC 5321) on a free port of the loopback address. */
export async function startSmtpServer(script: SmtpScript = {}): Promise<SmtpServer> {
  const mails: ReceivedMail[] = [];
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    converse(socket, script, { mails, commands });
  });
  server.listen(0, script.host ?? '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    answers: script.answers,
    mails,
    commands,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function converse(
  plain: Socket,
  script: SmtpScript,
  seen: { mails: ReceivedMail[]; commands: string[] },
): void {
  let socket: Socket = plain;
  let encrypted = false;
  let login: string | undefined;
  let from = '';
  let to: string[] = [];
  let data: string[] | undefined;
  let pending = '';

  function say(text: string): void {
    if (text !== 'hang') socket.write(`${text}\r\n`);
  }
  function answer(step: keyof NonNullable<SmtpScript['answers']>, usual: string): void {
    say(script.answers?.[step] ?? usual);
  }
  function listen(): void {
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      pending += chunk;
      const lines = pending.split('\r\n');
      pending = lines.pop() ?? '';
      for (const line of lines) data ? onData(line) : onCommand(line);
    });
  }
  function onData(line: string): void {
    if (line !== '.') {
      data?.push(line.startsWith('.') ? line.slice(1) : line);
      return;
    }
    if (!script.answers?.BODY)
      seen.mails.push({ from, to, data: (data ?? []).join('\r\n'), login, encrypted });
    data = undefined;
    answer('BODY', '250 2.0.0 queued');
  }
  function onCommand(line: string): void {
    seen.commands.push(line);
    const command = line.slice(0, 4).toUpperCase();
    if (command === 'EHLO') {
      const offers = [
        'test',
        'AUTH PLAIN',
        'SMTPUTF8',
        ...(script.tls && !encrypted ? ['STARTTLS'] : []),
        '8BITMIME',
      ];
      answer(
        'EHLO',
        offers.map((offer, index) => `250${index === offers.length - 1 ? ' ' : '-'}${offer}`).join('\r\n'),
      );
    } else if (command === 'AUTH') {
      login = Buffer.from(line.split(' ')[2] ?? '', 'base64')
        .toString()
        .split('\0')
        .slice(1)
        .join(':');
      answer('AUTH', '235 2.7.0 welcome');
    } else if (command === 'STAR' && script.tls) {
      say('220 go ahead');
      socket.removeAllListeners('data');
      socket = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(script.tls) });
      socket.on('error', () => {});
      encrypted = true;
      listen();
    } else if (command === 'MAIL') {
      from = /<([^>]*)>/.exec(line)?.[1] ?? '';
      to = [];
      answer('MAIL', '250 ok');
    } else if (command === 'RCPT') {
      to.push(/<([^>]*)>/.exec(line)?.[1] ?? '');
      answer('RCPT', '250 ok');
    } else if (command === 'DATA') {
      if (!script.answers?.DATA) data = [];
      answer('DATA', '354 go on');
    } else if (command === 'QUIT') {
      say('221 bye');
      socket.end();
    } else say(command === 'RSET' || command === 'NOOP' ? '250 ok' : '502 not here');
  }
  answer('GREETING', '220 test ESMTP');
  listen();
}
