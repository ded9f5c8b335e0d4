import type { App } from '../../model/app.ts';
import type { Message } from '../../model/message.ts';
import type { TakenStep } from './walk.ts';

/**
 * Sends one mail, 5 s at most. Which account: the app's own where it has one (`emailExtension`), else the
 * host's. Throws `DeliveryError`.
 */
export interface Mailer {
  send(message: Message, app: App | undefined): Promise<void>;
  /**
   * Goes the way of a mail step by step up to the first that does not hold; without a message nothing is
   * sent. A step takes 5 s at most. Never rejects.
   */
  verify(message: Message | undefined, app: App | undefined): Promise<TakenStep[]>;
  /** What mail of this app goes through. */
  way(app: App | undefined): MailWay;
  /** Name of the host-wide provider: outbox, sendgrid, smtp. */
  readonly provider: string;
}

/** Through whom, from whom, and by which server. */
export interface MailWay {
  kind: 'outbox' | 'smtp' | 'sendgrid';
  from: string;
  /** Name and port; none for an outbox. */
  server: { host: string; port: number } | undefined;
}
