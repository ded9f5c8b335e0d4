import type { App } from '../../model/app.ts';
import type { Config } from '../../model/config.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';
import { type Attachment, type Message, mailSender } from '../../model/message.ts';
import { type MessageName, TEMPLATE_NAMES, type Template, type TemplateName } from '../../model/template.ts';
import { isAnonymous } from '../../model/user.ts';
import type { Life } from '../../ports/delivery/renderer.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS, MINUTE_MS } from '../../tools/duration.ts';
import { usedLocale } from '../users/locale.ts';
import { queueMessage, sendAtOnce } from './delivery-queue.ts';

const GIVE_UP_MS = DAY_MS;
/** What goes out instead of a mail when the handle is a phone number. */
const SMS_FORMS: Partial<Record<MessageName, MessageName>> = {
  signUp: 'signUpSms',
  signUpLink: 'signUpLinkSms',
  invite: 'inviteSms',
  resetPassword: 'resetPasswordSms',
  setPassword: 'setPasswordSms',
  changeHandle: 'changeHandleSms',
};
/** The name under which a message is published, where its text has a name of its own. */
const PUBLISHED = new Map<MessageName, MessageName>([
  ...Object.entries(SMS_FORMS).map(([mail, sms]) => [sms, mail as MessageName] as const),
  ['passwordSetNotice', 'passwordSetByPortal'],
]);
/** A welcome is not worth the price of an SMS, and a QR code does not fit into one. */
const MAIL_ONLY: ReadonlySet<MessageName> = new Set<MessageName>(['signUpSuccess', 'qrCode']);

export type MessageDeps = Pick<
  Deps,
  | 'config'
  | 'store'
  | 'renderer'
  | 'mailer'
  | 'texter'
  | 'codes'
  | 'clock'
  | 'events'
  | 'activity'
  | 'metrics'
  | 'figures'
  | 'handleRef'
  | 'wakeDelivery'
  | 'deliveryHasRoom'
>;

export interface MessageInput {
  app: App;
  name: MessageName;
  locale: string;
  /** An e-mail address or an E.164 number; nothing is sent to anything else. */
  to: string;
  /** By placeholder name; `APP_NAME`, `HANDLE` (default: `to`), `CODE` and `LINK` are added. */
  values: Record<string, string>;
  code?: string;
  link?: string;
  attachments?: Attachment[];
  userId?: string;
  /** A mail ends with a paragraph that says so. */
  contested?: boolean;
  /** For the event; default: the message's name. */
  purpose?: string;
  /** `wait`: one try now, and the caller learns the outcome. `queue`: sent after the answer, with retries. */
  outcome: 'wait' | 'queue';
}

/**
 * Sends a mail or SMS in the reader's language. With `queue` it is durable when this resolves; with `wait` it
 * has been handed over, or `internal` is thrown (the `DeliveryError` as cause) and nothing will be sent.
 * Emits `code_sent` when a code or link went with it.
 */
export async function sendMessage(deps: MessageDeps, input: MessageInput): Promise<void> {
  const { app, to, code, link, userId, outcome } = input;
  const content = await composeMessage(deps, input);
  if (!content) return;
  const now = deps.clock.now();
  const giveUpAt = now + Math.min(GIVE_UP_MS, usefulMs(deps.config, content.message));
  const row = { id: deps.codes.newRowId(now), app, content, giveUpAt };
  await (outcome === 'queue' ? queueMessage(deps, row) : sendAtOnce(deps, row));
  if (code !== undefined || link !== undefined) {
    deps.events.emit('code_sent', {
      appId: app.id,
      ...(userId ? { userId } : { handleRef: deps.handleRef(app.id, input.values.HANDLE ?? to) }),
      purpose: input.purpose ?? input.name,
      channel: content.channel,
    });
  }
  if (input.name === 'testMail') {
    const row = { appId: app.id, handle: to, logType: 'app', status: 'success' } as const;
    deps.activity.record({ ...row, action: 'testExtensionService', value: JSON.stringify({ status: true }) });
  }
}

/** Does the work of a message and drops it, where time must not tell whether one was sent. */
export async function writeToNobody(deps: MessageDeps, input: MessageInput): Promise<void> {
  await composeMessage(deps, input);
}

/** The finished message; undefined when there is no way to reach `to`. */
export async function composeMessage(
  deps: Pick<MessageDeps, 'config' | 'store' | 'renderer'>,
  input: Omit<MessageInput, 'outcome'>,
): Promise<Message | undefined> {
  const { app, to, code, link, attachments } = input;
  const channel = channelOf(to);
  if (!channel || (channel === 'sms' && MAIL_ONLY.has(input.name))) return undefined;
  const name = channel === 'sms' ? (SMS_FORMS[input.name] ?? input.name) : input.name;
  const locale = usedLocale(app, input.locale);
  const published = PUBLISHED.get(name) ?? name;
  const template = await findTemplate(deps, app, published, locale);
  const values = { HANDLE: to, ...input.values, APP_NAME: app.name };
  if (code !== undefined) Object.assign(values, { CODE: code });
  if (link !== undefined) Object.assign(values, { LINK: link });
  const contested = channel === 'email' && input.contested === true;
  const { subject, text, html, replyTo } = deps.renderer.message({
    name,
    locale,
    template,
    values,
    contested,
    validFor: lifeOf(deps.config, published),
    app,
  });
  const message = { channel, appId: app.id, message: published, locale, to, text, code, link };
  if (channel === 'sms') return { ...message, from: smsSender(deps.config, app) };
  const from = mailSender(app, deps.config.noreplyEmail);
  return { ...message, from, fromName: app.name, replyTo, subject, html, attachments };
}

function channelOf(to: string): Message['channel'] | undefined {
  if (isAnonymous(to)) return undefined;
  if (to.includes('@')) return 'email';
  return to.startsWith('+') ? 'sms' : undefined;
}

/** The texter puts the number of the account it uses here; an outbox has none. */
function smsSender(config: Config, app: App): string {
  return app.twilio?.phoneNumber ?? config.twilio?.phoneNumber ?? app.name;
}

/** How long the code or link of a message holds. */
export function lifeOf(config: Config, name: MessageName): Life | undefined {
  switch (name) {
    case 'signUp':
    case 'signUpLink':
      return { count: config.signupHours, unit: 'hour' };
    case 'resetPassword':
    case 'setPassword':
    case 'changeHandle':
      return { count: config.resetCodeMinutes, unit: 'minute' };
    case 'invite':
      return { count: config.inviteDays, unit: 'day' };
    case 'sms': {
      const minutes = config.smsCodeSeconds / 60;
      return Number.isInteger(minutes)
        ? { count: minutes, unit: 'minute' }
        : { count: config.smsCodeSeconds, unit: 'second' };
    }
    default:
      return undefined;
  }
}

/** A code that has expired need not be sent any more. */
function usefulMs(config: Config, name: MessageName): number {
  if (name === 'resetPassword' || name === 'setPassword' || name === 'changeHandle') {
    return config.resetCodeMinutes * MINUTE_MS;
  }
  return name === 'sms' ? config.smsCodeSeconds * 1_000 : GIVE_UP_MS;
}

/**
 * The app's edited text for a message: in that locale, else in English where the locale has no built-in text.
 * Undefined: the built-in text is sent. What the portal is shown is what is sent (design §9).
 */
export async function findTemplate(
  deps: Pick<Deps, 'store' | 'renderer'>,
  app: App,
  name: MessageName,
  locale: string,
): Promise<Template | undefined> {
  if (!isEditable(name)) return undefined;
  const own = await deps.store.templates.find(app.id, name, locale);
  if (own || locale === DEFAULT_LOCALE || deps.renderer.hasBuiltIn(name, locale)) return own;
  return deps.store.templates.find(app.id, name, DEFAULT_LOCALE);
}

function isEditable(name: MessageName): name is TemplateName {
  return (TEMPLATE_NAMES as readonly MessageName[]).includes(name);
}
