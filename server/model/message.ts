import type { App } from './app.ts';
import type { MessageName } from './template.ts';

export interface Attachment {
  filename: string;
  contentType: string;
  /** Base64. */
  content: string;
}

/** A finished mail or text message, ready for a mailer or texter. */
export interface Message {
  channel: 'email' | 'sms';
  appId?: string;
  message: MessageName;
  locale: string;
  to: string;
  from: string;
  /** Display name beside `from`. */
  fromName?: string;
  replyTo?: string;
  subject?: string;
  text: string;
  html?: string;
  /** For the developer's outbox only. */
  code?: string;
  link?: string;
  attachments?: Attachment[];
}

/** What became of a queued message; `withdrawn`: the reason for it is gone. */
export const MESSAGE_STATES = ['waiting', 'sent', 'failed', 'withdrawn'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/**
 * A message in the store's queue, and for 30 days afterwards what became of it. Recipient and content are
 * sealed at rest.
 */
export interface QueuedMessage {
  id: string;
  appId: string;
  revision: number;
  state: MessageState;
  channel: Message['channel'];
  /** The published name of its text. */
  template: MessageName;
  locale: string;
  to: string;
  /** Gone as soon as nobody may send it any more: sent, withdrawn, or of no more use. */
  content?: Message;
  tries: number;
  /**
   * When a process may next take it: waiting, to send it (a taken row is leased by moving this ahead); later,
   * to erase its content and then the row.
   */
  dueAt: number;
  /** After this it is of no more use: given up (`message_failed`), its content erased. */
  giveUpAt: number;
  createdAt: number;
  sentAt?: number;
  /** Provider, step and status of the last try that failed. */
  lastError?: string;
}

/** The app's own mail account, where it has one (contract §6 "sender"). */
export function ownMailAccount(
  app: App | undefined,
): { apiKey: string; sender: string | undefined } | undefined {
  if (!app?.emailExtension || !app.emailExtensionApiKey) return undefined;
  return { apiKey: app.emailExtensionApiKey, sender: app.emailExtensionSenderEmail };
}

/** Address in `From`: that of the app's own account, else the host's. */
export function mailSender(app: App | undefined, hostSender: string): string {
  return ownMailAccount(app)?.sender || hostSender;
}
