import { createTransport } from 'nodemailer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Message } from '../model/message.ts';
import { DeliveryError } from '../ports/delivery/delivery-error.ts';
import { SEND_MS, withinDeadline } from './deadline.ts';
import { errorCode, networkStep } from './provider-error.ts';
import { smtpPlace } from './smtp-place.ts';

const PROVIDER = 'smtp';

/**
 * Sends through one SMTP server. Throws `DeliveryError` whose step is `dns`, `connect`, `tls`, `auth`,
 * `sender`, `recipient`, `timeout` or `provider`.
 */
export interface Smtp {
  send(message: Message): Promise<void>;
}

/**
 * `url`: `smtp://user:password@host:587` or `smtps://…:465`; user and password percent-encoded. A password
 * never travels in the clear to another machine. Certificates are checked, but for STARTTLS on this very
 * machine: nobody stands in between, and mail servers offer it with a certificate that a distribution signed
 * for itself.
 */
export function createSmtp({ url }: { url: string }): Smtp {
  const { user, password, ...place } = smtpPlace(url);
  const transport = createTransport({
    ...place,
    tls: { rejectUnauthorized: place.rejectUnauthorized },
    auth: user ? { user, pass: password } : undefined,
    ...LIMITS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(message) {
      await withinDeadline(PROVIDER, transport.sendMail(mailOf(message)).catch(throwDeliveryError));
    },
  };
}

const LIMITS = {
  dnsTimeout: SEND_MS,
  connectionTimeout: SEND_MS,
  greetingTimeout: SEND_MS,
  socketTimeout: SEND_MS,
};

/**
 * A conversation over `options.connection`, step by step; `told` gets what client and server say, credentials
 * masked.
 */
export function openConversation(
  options: Pick<SMTPConnection.Options, 'host' | 'port' | 'secure' | 'secured' | 'requireTLS' | 'tls'> & {
    connection: NonNullable<SMTPConnection.Options['connection']>;
  },
  told: (by: 'client' | 'server', text: string) => void,
): SMTPConnection {
  const debug = (entry: { tnx?: string }, text: unknown) => {
    if (entry.tnx === 'client' || entry.tnx === 'server') told(entry.tnx, String(text));
  };
  const silent = () => {};
  const logger = {
    level: silent,
    trace: silent,
    debug,
    info: silent,
    warn: silent,
    error: silent,
    fatal: silent,
  };
  return new SMTPConnection({ ...options, ...LIMITS, transactionLog: true, logger });
}

/** A mail as it goes over the wire. */
export async function composed(message: Message): Promise<Buffer> {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message: bytes } = await composer.sendMail(mailOf(message));
  return bytes as Buffer;
}
function mailOf({ to, from, fromName, replyTo, subject, text, html, attachments }: Message) {
  return {
    // Objects: the texts are taken as they are and not parsed as address lists.
    to: { address: to, name: '' },
    from: { address: from, name: fromName ?? '' },
    replyTo: replyTo ? { address: replyTo, name: '' } : undefined,
    subject,
    text,
    html,
    attachments: attachments?.map(({ filename, contentType, content }) => ({
      filename,
      contentType,
      content,
      encoding: 'base64',
    })),
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/**
 * Nodemailer's errors quote server answers, addresses and the AUTH conversation: only step and reply code are
 * kept.
 */
function throwDeliveryError(thrown: unknown): never {
  const { command, responseCode, originalCode } = thrown as {
    command?: unknown;
    responseCode?: unknown;
    originalCode?: unknown;
  };
  const status = typeof responseCode === 'number' ? responseCode : undefined;
  // Node's own code tells more than nodemailer's, where there is one.
  const code = typeof originalCode === 'string' ? originalCode : errorCode(thrown);
  const step = stepOf(errorCode(thrown), code, command);
  const final = (step === 'sender' || step === 'recipient' || step === 'provider') && (status ?? 0) >= 500;
  throw new DeliveryError({ step, provider: PROVIDER, status, retryable: !final });
}

function stepOf(code: string, originalCode: string, command: unknown): string {
  if (code === 'EAUTH' || code === 'ENOAUTH') return 'auth';
  if (code === 'ETLS' || command === 'STARTTLS') return 'tls';
  if (command === 'MAIL FROM') return 'sender';
  if (command === 'RCPT TO') return 'recipient';
  if (command === 'DATA') return 'provider';
  return networkStep(originalCode);
}
