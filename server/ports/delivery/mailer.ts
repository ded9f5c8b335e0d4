import type { App } from '../../model/app.ts';
import type { Message } from '../../model/message.ts';

/**
 * Sends one mail, 5 s at most. Which account: the app's own where it has one (`emailExtension`), else the
 * host's. Throws `DeliveryError`.
 */
export interface Mailer {
  send(message: Message, app: App | undefined): Promise<void>;
  /** Name of the host-wide provider: outbox, sendgrid, smtp. */
  readonly provider: string;
}
