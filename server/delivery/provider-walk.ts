import type { TwilioAccount } from '../model/app.ts';
import type { Message } from '../model/message.ts';
import { DeliveryError } from '../ports/delivery/delivery-error.ts';
import type { DnsRecords } from '../ports/delivery/dns-records.ts';
import type { DeliveryStep } from '../ports/delivery/walk.ts';
import type { SendGrid } from './sendgrid.ts';
import { connectTo, type Place, StepFailure, type Steps, secure } from './steps.ts';
import type { TwilioSender } from './twilio.ts';

const MAIL_SEND = 'mail.send';

/** Host and port of a provider's address. */
export function providerPlace(baseUrl: string): Place {
  const { protocol, hostname, port } = new URL(baseUrl);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

/**
 * Goes the way of a mail through SendGrid: `dns tcp tls`, `auth` (the key, its right to send), `sender`
 * (verified) and, with a message, `accepted`. Throws behind the first step that does not hold.
 */
export async function walkSendGrid(
  steps: Steps,
  input: {
    sendGrid: SendGrid;
    baseUrl: string;
    apiKey: string;
    from: string;
    message: Message | undefined;
    records: DnsRecords;
  },
): Promise<void> {
  const { sendGrid, baseUrl, apiKey, from, message, records } = input;
  await reach(steps, baseUrl, records);
  await steps.take(
    'auth',
    async () => {
      const rights = await sendGrid.rights(apiKey).catch(throwStepFailure);
      if (rights && !rights.includes(MAIL_SEND))
        throw new StepFailure(
          'no_right',
          'SendGrid accepts the key, which lacks the right "Mail Send" (mail.send)',
        );
    },
    () => 'SendGrid accepts the key',
  );
  await seeSender(steps, () => sendGrid.isVerified(apiKey, from), from);
  if (message) await send(steps, () => sendGrid.send(apiKey, message), message, 'SendGrid');
}

/** The same through Twilio: `dns tcp tls auth` and, with a message, `accepted`. */
export async function walkTwilio(
  steps: Steps,
  input: {
    twilio: TwilioSender;
    baseUrl: string;
    account: TwilioAccount;
    message: Message | undefined;
    records: DnsRecords;
  },
): Promise<void> {
  const { twilio, baseUrl, account, message, records } = input;
  await reach(steps, baseUrl, records);
  await steps.take(
    'auth',
    async () => {
      const status = await twilio.verify(account).catch(throwStepFailure);
      if (status === 'suspended' || status === 'closed')
        throw new StepFailure('no_right', `Twilio accepts account and token, but the account is ${status}`);
    },
    () => `Twilio accepts account and token; number ${account.phoneNumber}`,
  );
  if (message) await send(steps, () => twilio.send(account, message), message, 'Twilio');
}

async function reach(steps: Steps, baseUrl: string, records: DnsRecords): Promise<void> {
  const place = providerPlace(baseUrl);
  const socket = await connectTo(steps, place, records);
  try {
    if (baseUrl.startsWith('https:')) await secure(steps, socket, { ...place, rejectUnauthorized: true });
    else steps.note('tls', performance.now(), { ok: 'unknown', seen: 'the address is plain http' });
  } finally {
    socket.destroy();
  }
}

async function seeSender(steps: Steps, ask: () => Promise<boolean | undefined>, from: string): Promise<void> {
  const startedAt = performance.now();
  const verified = await ask().catch(() => undefined);
  if (verified === false) {
    const seen = `SendGrid does not know ${from} as a sender of this account`;
    steps.note('sender', startedAt, { ok: false, seen, cause: 'refused' });
    throw new StepFailure('refused', seen);
  }
  steps.note('sender', startedAt, {
    ok: verified ?? 'unknown',
    seen: verified ? `${from} is verified` : 'the key may not ask which senders are verified',
  });
}

/** What a provider's answer to a message means for the steps `sender`, `recipient` and `accepted`. */
async function send(
  steps: Steps,
  work: () => Promise<void>,
  { to, from }: Message,
  provider: string,
): Promise<void> {
  const startedAt = performance.now();
  try {
    await work();
  } catch (error) {
    const failure = failureOf(error);
    const step = sendingStep(error);
    steps.takeBack(step);
    steps.note(step, startedAt, { ok: false, seen: failure.seen, cause: failure.cause });
    throw failure;
  }
  if (!steps.taken.some(({ step, ok }) => step === 'sender' && ok === true)) {
    steps.takeBack('sender');
    steps.note('sender', startedAt, { ok: true, seen: `${from} may send` });
  }
  steps.note('recipient', startedAt, { ok: true, seen: `${to} is taken` });
  steps.note('accepted', startedAt, { ok: true, seen: `${provider} took the message` });
}

function sendingStep(error: unknown): DeliveryStep {
  const { step } = error as Partial<DeliveryError>;
  // Key and account were accepted a moment ago: what is not allowed is this sender.
  if (step === 'auth' || step === 'sender') return 'sender';
  return step === 'recipient' ? 'recipient' : 'accepted';
}

function failureOf(error: unknown): StepFailure {
  if (!(error instanceof DeliveryError)) return new StepFailure('broken', 'the provider did not take it');
  const { step, status, provider } = error;
  const answer = status === undefined ? '' : `${provider} answers ${status}`;
  if (step === 'timeout') return new StepFailure('silent', 'no answer within 5 s');
  if (step === 'quota') return new StepFailure('quota', answer || `${provider} answers that it is too much`);
  if (step === 'auth' || step === 'sender' || step === 'recipient')
    return new StepFailure('refused', answer || `${provider} refuses it`);
  return new StepFailure('broken', answer || 'the connection broke');
}

function throwStepFailure(error: unknown): never {
  // Twilio's answer for an account that is not there.
  if (error instanceof DeliveryError && error.status === 404)
    throw new StepFailure('refused', `${error.provider} answers 404`);
  throw failureOf(error);
}
