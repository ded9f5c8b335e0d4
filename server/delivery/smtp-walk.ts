import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Message } from '../model/message.ts';
import type { DnsRecords } from '../ports/delivery/dns-records.ts';
import type { StepCause } from '../ports/delivery/walk.ts';
import { within } from '../tools/deadline.ts';
import { SEND_MS } from './deadline.ts';
import { errorCode } from './provider-error.ts';
import { composed, openConversation } from './smtp.ts';
import { type SmtpPlace, smtpPlace } from './smtp-place.ts';
import { connectTo, describeTls, failureOfCode, StepFailure, type Steps, secure } from './steps.ts';

const REPLY_LENGTH = 200;
/** For sender, recipient and text together, each of which has `SEND_MS`. */
const SENDING_MS = 2 * SEND_MS;
/** What a handshake says of a certificate; nodemailer keeps the text alone. */
const CERTIFICATE: readonly [RegExp, StepCause][] = [
  [/altnames|does not match/i, 'certificate_name'],
  [/has expired/i, 'certificate_expired'],
  [/certificate|self-signed/i, 'certificate_chain'],
];

type Conversation = ReturnType<typeof openConversation>;

/**
 * Goes the way of a mail through one SMTP server: `dns tcp tls auth` and, with a message, `sender recipient
 * accepted`. Throws `StepFailure` behind the first step that does not hold.
 */
export async function walkSmtp(
  steps: Steps,
  { url, message, records }: { url: string; message: Message | undefined; records: DnsRecords },
): Promise<void> {
  const place = smtpPlace(url);
  const socket = await connectTo(steps, place, records);
  try {
    const carrier = place.secure ? await secure(steps, socket, place) : socket;
    await new SmtpWalk(steps, place, carrier).go(message);
  } finally {
    socket.destroy();
  }
}

class SmtpWalk {
  readonly #steps: Steps;
  readonly #place: SmtpPlace;
  readonly #conversation: Conversation;
  readonly #broken: Promise<never>;
  #reply = '';
  #offer = '';
  /** When each command was given. */
  readonly #saidAt = new Map<string, number>();

  constructor(steps: Steps, place: SmtpPlace, connection: Socket) {
    this.#steps = steps;
    this.#place = place;
    const { host, port, requireTLS, rejectUnauthorized } = place;
    const secured = connection instanceof TLSSocket;
    this.#conversation = openConversation(
      { host, port, connection, secure: secured, secured, requireTLS, tls: { rejectUnauthorized } },
      (by, text) => this.#hear(by, text),
    );
    this.#broken = new Promise((_, reject) => {
      this.#conversation.on('error', reject);
      this.#conversation.on('end', () => reject(new StepFailure('broken', 'the server hung up')));
    });
    this.#broken.catch(() => {});
  }

  #hear(by: 'client' | 'server', text: string): void {
    if (by === 'client') this.#saidAt.set(text.slice(0, 4).toUpperCase(), performance.now());
    else {
      this.#reply = text;
      if (/^250[ -]/.test(text) && /[ -](?:AUTH|STARTTLS|SIZE|8BITMIME|PIPELINING)\b/i.test(text))
        this.#offer = text;
    }
  }

  async go(message: Message | undefined): Promise<void> {
    try {
      await this.#greet();
      await this.#logIn();
      if (message) await this.#send(message);
    } finally {
      this.#conversation.close();
    }
  }

  /** Greeting and, by STARTTLS, the step `tls`. */
  async #greet(): Promise<void> {
    const startedAt = performance.now();
    const greeting = new Promise<void>((resolve, reject) => {
      this.#conversation.connect((error) => (error ? reject(error) : resolve()));
    });
    try {
      await within(SEND_MS, Promise.race([greeting, this.#broken]), silence);
    } catch (error) {
      const { step, failure } = this.#greetingFailure(error);
      if (step === 'tcp') this.#steps.takeBack('tcp');
      this.#steps.note(step, startedAt, { ok: false, seen: failure.seen, cause: failure.cause });
      throw failure;
    }
    if (this.#place.secure) return;
    const { _socket: socket } = this.#conversation as unknown as { _socket: unknown };
    const seen =
      socket instanceof TLSSocket
        ? `STARTTLS: ${describeTls(socket)}`
        : 'STARTTLS is not offered; mail is readable on its way to the server';
    this.#steps.note('tls', this.#saidAt.get('STAR') ?? startedAt, { ok: true, seen });
  }

  #greetingFailure(error: unknown): { step: 'tcp' | 'tls' | 'auth'; failure: StepFailure } {
    const failure = this.#failureOf(error);
    if (this.#saidAt.has('STAR')) {
      const isOffered = /[ -]STARTTLS\b/i.test(this.#offer);
      return {
        step: 'tls',
        failure: isOffered ? failure : new StepFailure('no_tls', 'STARTTLS is not offered'),
      };
    }
    const turnedAway =
      failure.cause === 'refused' && /^\d/.test(failure.seen)
        ? new StepFailure('turned_away', failure.seen)
        : failure;
    // A port that answers without a word of SMTP is no mail server's.
    return { step: this.#place.secure ? 'auth' : 'tcp', failure: turnedAway };
  }

  async #logIn(): Promise<void> {
    const { user, password } = this.#place;
    const methods = /[ -]AUTH[ =]([^\r\n]*)/i.exec(this.#offer)?.[1]?.trim().toUpperCase() ?? '';
    const offered = methods === '' ? 'AUTH is not offered' : `AUTH ${methods}`;
    if (user === '') {
      const seen = `${offered}; SMTP_URL names no user`;
      return this.#steps.note('auth', performance.now(), { ok: true, seen });
    }
    await this.#steps.take(
      'auth',
      async () => {
        if (!/\b(?:PLAIN|LOGIN|CRAM-MD5)\b/.test(methods)) throw new StepFailure('no_method', offered);
        await this.#during((done) => this.#conversation.login({ user, pass: password } as never, done));
      },
      () => `${offered}; logged in`,
    );
  }

  async #send(message: Message): Promise<void> {
    const bytes = await composed(message);
    const startedAt = performance.now();
    const at = (command: string) => this.#saidAt.get(command);
    let failure: StepFailure | undefined;
    let command = '';
    try {
      const envelope = { from: message.from, to: [message.to] };
      await within(
        SENDING_MS,
        this.#during((done) => this.#conversation.send(envelope, bytes, done)),
        silence,
      );
    } catch (error) {
      failure = this.#failureOf(error);
      command = String((error as { command?: unknown }).command ?? '');
    }
    const failedAt = stepOf(command, at('RCPT') !== undefined, at('DATA') !== undefined);
    for (const [step, said, until] of [
      ['sender', at('MAIL') ?? startedAt, at('RCPT')],
      ['recipient', at('RCPT') ?? startedAt, at('DATA')],
      ['accepted', at('DATA') ?? startedAt, undefined],
    ] as const) {
      if (failure && step === failedAt) {
        this.#steps.note(step, said, { ok: false, seen: failure.seen, cause: failure.cause });
        throw failure;
      }
      const seen = step === 'accepted' ? this.#quoted(this.#reply) : SEEN[step](message);
      this.#steps.note(step, said, { ok: true, seen }, until);
    }
  }

  /** What `work` calls back with, or what broke the conversation. */
  #during(work: (done: (error?: Error | null) => void) => void): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      work((error) => (error ? reject(error) : resolve()));
    });
    return Promise.race([done, this.#broken]).catch((error) => {
      throw error instanceof StepFailure
        ? error
        : Object.assign(this.#failureOf(error), { command: error.command });
    });
  }

  #failureOf(thrown: unknown): StepFailure {
    if (thrown instanceof StepFailure) return thrown;
    const { response, originalCode, message } = thrown as Record<string, unknown>;
    if (typeof response === 'string' && /^[45]\d\d/.test(response))
      return new StepFailure('refused', this.#quoted(response));
    const code = typeof originalCode === 'string' ? originalCode : errorCode(thrown);
    if (code === 'ETLS') return tlsFailure(String(message));
    if (/TIMEOUT|ETIMEDOUT/.test(code)) return silence();
    return failureOfCode(code);
  }

  /** One line of a reply; a server may repeat what it was told, so nothing of the credentials stays. */
  #quoted(reply: string): string {
    const { user, password } = this.#place;
    const plain = Buffer.from(`\0${user}\0${password}`).toString('base64');
    const secrets = [password, Buffer.from(password).toString('base64'), plain, encodeURIComponent(password)];
    let line = reply.replaceAll(/\p{Cc}+/gu, ' ').trim();
    for (const secret of secrets) if (secret !== '') line = line.replaceAll(secret, '…');
    return line.slice(0, REPLY_LENGTH);
  }
}

const SEEN = {
  sender: ({ from }: Message) => `${from} may send`,
  recipient: ({ to }: Message) => `${to} is taken`,
};

function stepOf(command: string, saidRcpt: boolean, saidData: boolean): 'sender' | 'recipient' | 'accepted' {
  if (command === 'MAIL FROM') return 'sender';
  if (command === 'RCPT TO') return 'recipient';
  if (command === 'DATA') return 'accepted';
  return saidData ? 'accepted' : saidRcpt ? 'recipient' : 'sender';
}

function tlsFailure(message: string): StepFailure {
  const [, cause = 'no_tls' as const] = CERTIFICATE.find(([pattern]) => pattern.test(message)) ?? [];
  const seen = message.replace(/^Error initiating TLS - /, '').replaceAll(/\p{Cc}+/gu, ' ');
  return new StepFailure(cause, seen.slice(0, REPLY_LENGTH));
}

function silence(): StepFailure {
  return new StepFailure('silent', `no answer within ${SEND_MS / 1000} s`);
}
