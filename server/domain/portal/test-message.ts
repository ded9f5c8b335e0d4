import type { App } from '../../model/app.ts';
import { refused } from '../../model/errors.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';
import { mappedAddress } from '../../model/mail-address.ts';
import type { Message } from '../../model/message.ts';
import type { TemplateName } from '../../model/template.ts';
import type { Deps } from '../../ports/deps.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { admitCode, giveBackCode } from '../attempts/code-budget.ts';
import { type BudgetDeps, tooManyRecipients } from '../attempts/message-budgets.ts';
import { composeMessage } from '../messages/message.ts';
import { parsePhone } from '../users/phone-number.ts';
import { type WalkDeps, walkMail, walkSms } from './mail-walk.ts';
import { requireAppLocale, SAMPLE_VALUES } from './templates.ts';
import { isGood, type WalkStep } from './walk-step.ts';

/** How a test message fared, step by step. */
export interface TestOutcome {
  ok: boolean | 'unknown';
  steps: WalkStep[];
}
type TestDeps = WalkDeps & BudgetDeps & Pick<Deps, 'codes' | 'renderer'>;

/** Stands for the host where an app would stand: in budgets. */
const HOST = { id: 'host', type: 'commercial' } as const;
const HOST_NAME = 'CoSync Auth host';

/**
 * Sends a test mail through the host's account; with `appId` through the app's own, switched on or not, where
 * it has one. Throws `app_gone`, `refused` for no address, and `too_many_requests`.
 */
export async function testMail(
  deps: TestDeps,
  { to, appId }: { to: string; appId?: string | undefined },
): Promise<TestOutcome> {
  const found = appId ? await getAppForPortal(deps, appId) : undefined;
  const hasAccount = found?.emailExtensionApiKey && found.emailExtensionSenderEmail;
  const app = found && hasAccount ? { ...found, emailExtension: true } : found;
  return sendTest(deps, app, await hostMessage(deps, { app, name: 'testMail', to: parseAddress(to) }));
}

/** The same for an SMS: the text `sms` with a code that opens nothing. */
export async function testSms(
  deps: TestDeps,
  { to, appId }: { to: string; appId?: string | undefined },
): Promise<TestOutcome> {
  const app = appId ? await getAppForPortal(deps, appId) : undefined;
  return sendTest(deps, app, await hostMessage(deps, { app, name: 'sms', to: parsePhone(to, 'to') }));
}

/**
 * Sends a text of an app as it would be sent now, filled with sample values, in a language the app has; a
 * phone number gets what is sent there instead of a mail. Throws `app_gone`, `refused` and
 * `too_many_requests`.
 */
export async function sendTestMessage(
  deps: TestDeps,
  input: { appId: string; name: TemplateName; locale: string; to: string },
): Promise<TestOutcome> {
  const { name, locale } = input;
  const app = await getAppForPortal(deps, input.appId);
  requireAppLocale(app, locale);
  const isPage = name === 'clickThrough';
  if (isPage) throw refused('that text is a page', { reason: 'unknown_value', field: 'templateName' });
  const isNumber = name === 'sms' || !input.to.includes('@');
  const to = isNumber ? parsePhone(input.to, 'to') : parseAddress(input.to);
  const { CODE: code, ...values } = { ...SAMPLE_VALUES, HANDLE: to };
  const link = `${deps.config.apiUrl}/`;
  const message = await composeMessage(deps, { app, name, locale, to, values, code, link });
  if (!message) throw refused('that text is not sent as an SMS', { reason: 'unknown_value', field: 'to' });
  return sendTest(deps, app, message);
}

function parseAddress(text: string): string {
  const address = mappedAddress(text.trim());
  if (!address) throw refused('that is no e-mail address', { reason: 'invalid_handle', field: 'to' });
  return address;
}

/** A built-in text, of the host where no app is named. */
async function hostMessage(
  { renderer, config, codes }: TestDeps,
  { app, name, to }: { app: App | undefined; name: 'testMail' | 'sms'; to: string },
): Promise<Message> {
  const code = codes.newCode();
  const values = { HANDLE: to, APP_NAME: app?.name ?? HOST_NAME, CODE: code };
  const locale = DEFAULT_LOCALE;
  const { subject, text, html } = renderer.message({ name, locale, template: undefined, values, app });
  const message = { ...(app && { appId: app.id }), message: name, locale, to, text };
  if (name === 'sms')
    return { ...message, channel: 'sms', from: config.twilio?.phoneNumber ?? HOST_NAME, code };
  return {
    ...message,
    channel: 'email',
    from: config.noreplyEmail,
    fromName: values.APP_NAME,
    subject,
    html,
  };
}

/** Counts the message like others to somebody unproven, and gives back what was not sent. */
async function sendTest(deps: TestDeps, app: App | undefined, message: Message): Promise<TestOutcome> {
  const { to, channel } = message;
  const budget = { app: app ?? HOST, subject: to, purpose: 'test', unproven: { to } } as const;
  if (!(await admitCode(deps, budget))) throw tooManyRecipients(deps);
  const steps = await (channel === 'email' ? walkMail : walkSms)(deps, app, message);
  const isSent = steps.some(({ step, ok }) => step === 'accepted' && ok === true);
  if (!isSent) await giveBackCode(deps, budget);
  deps.metrics.message(channel, isSent ? 'sent' : 'failed');
  return { ok: isGood(steps), steps };
}
