import type { App } from '../../model/app.ts';
import type { Message } from '../../model/message.ts';

/**
 * Sends one SMS, 5 s at most. Which account: the app's own where it has one (`twilio`), else the host's.
 * Throws `DeliveryError`.
 */
export interface Texter {
  send(message: Message, app: App | undefined): Promise<void>;
  /** Whether an SMS of this app can be sent at all. */
  available(app: App | undefined): boolean;
  readonly provider: string;
}
