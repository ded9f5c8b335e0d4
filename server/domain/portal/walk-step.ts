import type { StepCause, TakenStep } from '../../ports/delivery/walk.ts';

/** What a step came to: what was seen and, where something is wrong, one sentence that says the repair. */
export interface Outcome {
  ok: boolean | 'unknown';
  detail: string;
  repair?: string;
}
/** A step of a way, as the operator is told of it. */
export interface WalkStep extends Outcome {
  step: string;
  ms: number;
}

/** A step that was not done, or that nobody could answer. */
export function unknown(detail: string): Outcome {
  return { ok: 'unknown', detail };
}

/** Does a step and takes its time. */
export async function timed(step: string, work: () => Promise<Outcome>): Promise<WalkStep> {
  const startedAt = performance.now();
  const outcome = await work();
  return { step, ms: Math.round(performance.now() - startedAt), ...outcome };
}

/** Whether a way is good: nothing on it failed, and the message was handed over. */
export function isGood(steps: readonly WalkStep[]): boolean | 'unknown' {
  if (steps.some(({ ok }) => ok === false)) return false;
  return steps.some(({ step, ok }) => step === 'accepted' && ok === true) || 'unknown';
}

/** Which account and settings a way goes by. */
export interface WayNames {
  kind: 'outbox' | 'smtp' | 'sendgrid' | 'twilio' | 'none';
  isOwn: boolean;
  server: { host: string; port: number } | undefined;
}

/**
 * Puts taken steps into the order of `names`; those that were not taken are unknown, for the reason that
 * `why` gives.
 */
export function inOrder(
  names: readonly string[],
  taken: readonly TakenStep[],
  way: WayNames,
  why: string,
): WalkStep[] {
  const failed = taken.find(({ ok }) => ok === false);
  return names.map((name) => {
    const step = taken.findLast((each) => each.step === name);
    if (!step) return { step: name, ms: 0, ...unknown(failed ? `not reached (${failed.step})` : why) };
    const { ok, ms, seen: detail, cause } = step;
    return {
      step: name,
      ok,
      ms,
      detail,
      ...(ok === false && { repair: repairOf(step.step, cause ?? 'broken', way) }),
    };
  });
}

/** One sentence on what to do. */
function repairOf(step: string, cause: StepCause, way: WayNames): string {
  const { kind, isOwn, server } = way;
  const port = server?.port;
  const place = `${server?.host}:${port}`;
  const account = isOwn ? "the app's own account" : SETTINGS[kind];
  const key = isOwn ? "the app's own account" : CREDENTIALS[kind];
  switch (`${step}/${cause}`) {
    case 'dns/absent':
      return `Correct the host name in ${account}: nobody knows ${server?.host}.`;
    case 'dns/silent':
      return 'Check the name servers of this machine (/etc/resolv.conf): none answers.';
    case 'tcp/refused':
      return `Check host and port in ${account}: nothing listens at ${place}.`;
    case 'tcp/silent':
      return `Check the port in ${account} and firewalls; providers of machines often block ports 25, 465 and 587 until asked, and a port that wants TLS from the first byte (465) needs smtps://.`;
    case 'tcp/unreachable':
      return 'Check the network of this machine: there is no way to the server.';
    case 'tcp/turned_away':
      return 'Ask who runs the mail server why it turns this machine away, and whether its address is on a block list.';
    case 'tls/no_tls':
      return kind === 'smtp'
        ? 'Use smtps:// with port 465 or smtp:// with port 587: a password goes out over TLS alone, and the server does not offer it here.'
        : `Check the address in ${account}: no TLS is spoken there.`;
    case 'tls/certificate_name':
      return `Use the name in ${account} that the certificate is made out to, or get one for ${server?.host}.`;
    case 'tls/certificate_chain':
      return 'Give the server a certificate that an authority known to this machine vouches for, with its chain, or name that authority in NODE_EXTRA_CA_CERTS.';
    case 'tls/certificate_expired':
      return 'Renew the certificate of the server.';
    case 'auth/no_method':
      return 'Switch on AUTH PLAIN or LOGIN at the server for this port, or take user and password out of SMTP_URL.';
    case 'auth/no_right':
      return kind === 'twilio'
        ? 'Put the Twilio account in order in its console.'
        : 'Give the key the right "Mail Send" (mail.send) in SendGrid, or make another key.';
    case 'auth/refused':
      return kind === 'sendgrid'
        ? `Correct ${key}; the key of an EU account needs SEND_GRID_URL=https://api.eu.sendgrid.com.`
        : `Correct ${key}: user name, password or key was refused.`;
    case 'sender/refused':
      return kind === 'twilio'
        ? `Use a number in ${key} that belongs to the account and can send SMS.`
        : `Verify the sender with the mail provider, or correct ${isOwn ? "the app's sender address" : 'NOREPLY_EMAIL'}.`;
    case 'recipient/refused':
      return 'Try another recipient; if all are refused, the account may be one that sends to verified recipients alone.';
  }
  if (cause === 'quota')
    return 'Wait, or raise the limit of the account: it has no messages left, or sends too fast.';
  if (cause === 'silent') return 'Try again later; the server took the connection and then fell silent.';
  if (step === 'accepted' && cause === 'refused')
    return 'Read the answer of the server: it refused the text itself, as spam filters, size limits and policies do.';
  return 'Try again later, and ask the provider if it stays.';
}

const SETTINGS: Readonly<Record<WayNames['kind'], string>> = {
  smtp: 'SMTP_URL',
  sendgrid: 'SEND_GRID_URL',
  twilio: 'TWILIO_URL',
  outbox: 'DATA_DIR',
  none: 'SMS',
};
const CREDENTIALS: Readonly<Record<WayNames['kind'], string>> = {
  smtp: 'SMTP_URL',
  sendgrid: 'SEND_GRID_API_KEY',
  twilio: 'TWILIO_ACCOUNT_SID, TWILIO_TOKEN and TWILIO_PHONE_NUMBER',
  outbox: 'DATA_DIR',
  none: 'SMS',
};
