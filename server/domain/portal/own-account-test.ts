import { HostError, refused } from '../../model/errors.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';
import { DeliveryError } from '../../ports/delivery/delivery-error.ts';
import { getAppForPortal } from '../apps/apps.ts';
import type { CodeDeps } from '../attempts/code-attempts.ts';
import { admitCode } from '../attempts/code-budget.ts';
import { type MessageDeps, type MessageInput, sendMessage } from '../messages/message.ts';
import { chosenLocale } from '../users/locale.ts';
import { parsePhone } from '../users/phone-number.ts';

/**
 * Sends a test mail from and to the app's own sender through the app's own mail account, switched on or not.
 * Throws `app_gone`, `refused` when there is no such account, and `message_refused` with the step that failed
 * in its detail.
 */
export async function testMailAccount(deps: MessageDeps, { appId }: { appId: string }): Promise<true> {
  const app = await getAppForPortal(deps, appId);
  const { emailExtensionApiKey, emailExtensionSenderEmail: to } = app;
  if (!emailExtensionApiKey || !to) {
    throw refused('the app has no mail account of its own');
  }
  return sendTest(deps, {
    app: { ...app, emailExtension: true },
    name: 'testMail',
    locale: DEFAULT_LOCALE,
    to,
    values: {},
    outcome: 'wait',
  });
}

/**
 * Sends the text `sms` with a code that opens nothing. Throws `app_gone`, `invalid_data` (number), `refused`
 * when nothing can send an SMS, and `message_refused` with the step that failed in its detail.
 */
export async function testSmsAccount(
  deps: MessageDeps & CodeDeps,
  input: { appId: string; phone: string; handle?: string | undefined; locale?: string | undefined },
): Promise<true> {
  const app = await getAppForPortal(deps, input.appId);
  const to = parsePhone(input.phone, 'phone');
  if (!deps.texter.available(app)) throw refused('there is no SMS account');
  const budget = { app, subject: to, purpose: 'phone' } as const;
  if (!(await admitCode(deps, budget)))
    throw refused('as many messages went to this number as the hour or the day allows: try again later');
  return sendTest(deps, {
    app,
    name: 'sms',
    locale: chosenLocale(app, input.locale),
    to,
    values: input.handle ? { HANDLE: input.handle } : {},
    code: deps.codes.newCode(),
    purpose: 'test',
    outcome: 'wait',
  });
}

async function sendTest(deps: MessageDeps, message: MessageInput): Promise<true> {
  try {
    await sendMessage(deps, message);
    return true;
  } catch (error) {
    const failure = error instanceof HostError ? error.cause : undefined;
    if (!(failure instanceof DeliveryError)) throw error;
    throw new HostError('message_refused', { detail: describe(failure), cause: failure });
  }
}

function describe({ provider, step, status }: DeliveryError): string {
  return `${provider} refused the message at the step ${step}${status ? ` (status ${status})` : ''}`;
}
