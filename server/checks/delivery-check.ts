import { createDnsRecords } from '../delivery/dns.ts';
import { createMailer } from '../delivery/mailer.ts';
import { openOutbox } from '../delivery/outbox.ts';
import { createTexter } from '../delivery/texter.ts';
import { type WalkDeps, walkMail, walkSms } from '../domain/portal/mail-walk.ts';
import type { WalkStep } from '../domain/portal/walk-step.ts';
import type { Config } from '../model/config.ts';
import type { Message } from '../model/message.ts';
import { systemClock } from '../security/clock.ts';
import { type CheckResult, failed, passed } from './finding.ts';

/** How many of the first steps of a mail's way look at the sender's records. */
const RECORDS = 4;

function walkDeps(config: Config): WalkDeps {
  const { dataDir } = config;
  const outbox = openOutbox({ dataDir, clock: systemClock, log: { info: () => undefined } });
  const dnsRecords = createDnsRecords();
  const given = { config, outbox, records: dnsRecords };
  return { config, dnsRecords, mailer: createMailer(given), texter: createTexter(given) };
}

/** Logs in to the mail provider without sending anything. */
export async function checkMail(config: Config): Promise<CheckResult> {
  const [mail] = await checkMailWay(config);
  return mail;
}

/** The same, and what receivers find of the sender's domain, where anybody can say: SPF, DKIM, DMARC. */
export async function checkMailWay(
  config: Config,
  deps = walkDeps(config),
): Promise<[mail: CheckResult, sender?: CheckResult]> {
  const steps = await walkMail(deps, undefined);
  const { kind, server } = deps.mailer.way(undefined);
  const handover = steps.slice(RECORDS);
  const mail =
    kind === 'outbox'
      ? passed('mail', `outbox file ${config.dataDir}/outbox.jsonl (development)`)
      : (brokenAt('mail', handover) ??
        passed(
          'mail',
          `${kind === 'smtp' ? 'SMTP' : 'SendGrid'}, server ${server?.host}:${server?.port}; ${seenAt(handover, 'auth')}`,
        ));
  const sender = summed('sender', steps.slice(0, RECORDS));
  return sender ? [mail, sender] : [mail];
}

/** Asks Twilio for the account; sends nothing. */
export async function checkSms(config: Config, deps = walkDeps(config)): Promise<CheckResult> {
  if (config.sms === 'outbox')
    return passed('sms', `outbox file ${config.dataDir}/outbox.jsonl (development)`);
  if (config.sms === 'none' || !config.twilio)
    return passed('sms', 'none; apps may bring their own Twilio account');
  const steps = await walkSms(deps, undefined);
  return brokenAt('sms', steps) ?? passed('sms', seenAt(steps, 'auth'));
}

/** Sends a test mail with the host's own mailer and says which step failed. */
export async function sendTestMail(config: Config, to: string): Promise<CheckResult> {
  const message = testMessage('email', to, config.noreplyEmail);
  const steps = await walkMail(walkDeps(config), undefined, message);
  const broken = brokenAt('test mail', steps.slice(RECORDS));
  if (broken) return broken;
  const doubt = brokenAt('', steps);
  const warning = doubt ? `; receivers may still refuse it: ${doubt.detail}` : '';
  return passed('test mail', `test mail handed over for ${to}${warning}`);
}

/** Sends a test SMS with the host's own texter and says which step failed. */
export async function sendTestSms(config: Config, to: string): Promise<CheckResult> {
  const message = testMessage('sms', to, config.twilio?.phoneNumber ?? '');
  const steps = await walkSms(walkDeps(config), undefined, message);
  return brokenAt('test SMS', steps) ?? passed('test SMS', `test SMS handed over for ${to}`);
}

function testMessage(channel: 'email' | 'sms', to: string, from: string): Message {
  const text = 'This is the test message of your CoSync Auth host. It works.';
  return {
    channel,
    message: 'testMail',
    locale: 'EN',
    to,
    from,
    subject: 'Test of your CoSync Auth host',
    text,
    html: `<p>${text}</p>`,
  };
}

/** The first step that does not hold, with its repair. */
function brokenAt(name: string, steps: readonly WalkStep[]): CheckResult | undefined {
  const broken = steps.find(({ ok }) => ok === false);
  return broken && failed(name, told(broken));
}

function seenAt(steps: readonly WalkStep[], name: string): string {
  return steps.find(({ step }) => step === name)?.detail ?? '';
}

function told({ step, detail, repair }: WalkStep): string {
  return `${step}: ${detail}${repair ? ` → ${repair}` : ''}`;
}

/** Several steps as one line: all that failed, else all that is open. Undefined where nothing is known. */
function summed(name: string, steps: readonly WalkStep[]): CheckResult | undefined {
  const broken = steps.filter(({ ok }) => ok === false);
  if (broken.length > 0) return failed(name, broken.map(told).join('; '));
  const open = steps.filter(({ ok }) => ok === 'unknown');
  if (open.length === steps.length) return undefined;
  if (open.length === 0) return passed(name, steps.map(told).join('; '));
  return { name, ok: 'unknown', detail: open.map(told).join('; ') };
}
