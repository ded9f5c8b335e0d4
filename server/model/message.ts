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

/** A message waiting in the store's queue. Sealed at rest. */
export interface QueuedMessage {
  id: string;
  appId: string;
  revision: number;
  content: Message;
  tries: number;
  /** When a process may next take it; a taken row is leased by moving this ahead. */
  dueAt: number;
  /** After this it is given up (`message_failed`). */
  giveUpAt: number;
  createdAt: number;
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
