import { openOutbox } from '../../server/delivery/outbox.ts';
import type { Config } from '../../server/model/config.ts';
import type { Message } from '../../server/model/message.ts';
import type { DeliveryError } from '../../server/ports/delivery/delivery-error.ts';
import { systemClock } from '../../server/security/clock.ts';
import { type CheckResult, failed, passed } from './finding.ts';

const TIMEOUT_MS = 5_000;

/** What to do about a provider that refuses, by the step that failed. */
const REPAIRS: Record<string, string> = {
  dns: 'the host name was not found; check its spelling',
  connect: 'no answer; check address and port, and whether a firewall is in between',
  tls: 'no trusted TLS connection; check port (465: smtps://, 587: smtp://) and certificate',
  auth: 'user name, password or key was refused',
  sender: 'the sender address was refused; it must be one you have verified with the provider',
  recipient: 'the recipient was refused',
  quota: 'the account has no messages left, or sends too fast',
  timeout: 'no answer within 5 s',
  provider: 'the provider refused',
};

function describe(error: unknown): string {
  const { step = 'provider', status } = error as Partial<DeliveryError>;
  return `${step}: ${REPAIRS[step] ?? REPAIRS.provider}${status === undefined ? '' : ` (status ${status})`}`;
}

/** Logs in to the mail provider without sending anything. */
export async function checkMail(config: Config): Promise<CheckResult> {
  if (config.mail === 'outbox')
    return passed('mail', `outbox file ${config.dataDir}/outbox.jsonl (development)`);
  const server = (config.mail === 'smtp' ? config.smtpUrl : config.sendGridUrl) ?? '';
  try {
    if (config.mail === 'smtp') {
      const { createSmtp } = await import('../../server/delivery/smtp.ts');
      await createSmtp({ url: server }).verify();
      return passed('mail', `SMTP, server ${new URL(server).host}`);
    }
    const response = await fetch(`${server}/v3/scopes`, {
      headers: { authorization: `Bearer ${config.sendGridApiKey}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'manual',
    });
    if (response.ok && !(await maySend(response)))
      return failed('mail', 'auth: SendGrid accepts the key, but it lacks the right "Mail Send" (mail.send)');
    if (response.ok) return passed('mail', 'SendGrid accepts the key');
    return failed(
      'mail',
      describe({
        step: response.status === 401 || response.status === 403 ? 'auth' : 'provider',
        status: response.status,
      }),
    );
  } catch (error) {
    return failed('mail', `${describe(asDeliveryError(error))} (server ${new URL(server).host})`);
  }
}

/** A key may be restricted; an answer that lists no rights says nothing against it. */
async function maySend(response: Response): Promise<boolean> {
  const { scopes } = (await response.json().catch(() => ({}))) as { scopes?: unknown };
  return !Array.isArray(scopes) || scopes.includes('mail.send');
}

/** Asks Twilio for the account; sends nothing. */
export async function checkSms(config: Config): Promise<CheckResult> {
  if (config.sms === 'outbox')
    return passed('sms', `outbox file ${config.dataDir}/outbox.jsonl (development)`);
  const account = config.twilio;
  if (config.sms === 'none' || !account)
    return passed('sms', 'none; apps may bring their own Twilio account');
  const credential = Buffer.from(`${account.accountSid}:${account.token}`).toString('base64');
  try {
    const response = await fetch(
      `${config.twilioUrl}/2010-04-01/Accounts/${encodeURIComponent(account.accountSid)}.json`,
      {
        headers: { authorization: `Basic ${credential}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'manual',
      },
    );
    if (response.ok) return passed('sms', `Twilio accepts account and token; number ${account.phoneNumber}`);
    const step =
      response.status === 401 || response.status === 403 || response.status === 404 ? 'auth' : 'provider';
    return failed('sms', describe({ step, status: response.status }));
  } catch (error) {
    return failed('sms', describe(asDeliveryError(error)));
  }
}

/** Sends a test mail with the host's own mailer and says which step failed. */
export async function sendTestMail(config: Config, to: string): Promise<CheckResult> {
  const { createMailer } = await import('../../server/delivery/mailer.ts');
  const mailer = createMailer({ config, outbox: openTestOutbox(config) });
  return sendTest('test mail', to, () =>
    mailer.send(testMessage('email', to, config.noreplyEmail), undefined),
  );
}

/** Sends a test SMS with the host's own texter and says which step failed. */
export async function sendTestSms(config: Config, to: string): Promise<CheckResult> {
  const { createTexter } = await import('../../server/delivery/texter.ts');
  const texter = createTexter({ config, outbox: openTestOutbox(config) });
  return sendTest('test SMS', to, () =>
    texter.send(testMessage('sms', to, config.twilio?.phoneNumber ?? ''), undefined),
  );
}

function openTestOutbox({ dataDir }: Config) {
  return openOutbox({ dataDir, clock: systemClock, log: { info: () => undefined } });
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

async function sendTest(name: string, to: string, send: () => Promise<void>): Promise<CheckResult> {
  try {
    await send();
    return passed(name, `${name} handed over for ${to}`);
  } catch (error) {
    return failed(name, describe(asDeliveryError(error)));
  }
}

/** `fetch` hides the reason in `cause`. */
function asDeliveryError(error: unknown): unknown {
  if (typeof error === 'object' && error !== null && 'step' in error) return error;
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  if (name === 'TimeoutError') return { step: 'timeout' };
  const code = cause?.code ?? '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return { step: 'dns' };
  if (/CERT|TLS|SSL/.test(code)) return { step: 'tls' };
  return { step: 'connect' };
}
