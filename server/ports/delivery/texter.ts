import type { App } from '../../model/app.ts';
import type { Message } from '../../model/message.ts';
import type { TakenStep } from './walk.ts';

/**
 * Sends one SMS, 5 s at most. Which account: the app's own where it has one (`twilio`), else the host's.
 * Throws `DeliveryError`.
 */
export interface Texter {
  send(message: Message, app: App | undefined): Promise<void>;
  /**
   * Goes the way of an SMS step by step up to the first that does not hold; without a message nothing is
   * sent. A step takes 5 s at most. Never rejects.
   */
  verify(message: Message | undefined, app: App | undefined): Promise<TakenStep[]>;
  /** What SMS of this app go through. */
  way(app: App | undefined): SmsWay;
  /** Whether an SMS of this app can be sent at all. */
  available(app: App | undefined): boolean;
  readonly provider: string;
}

/** Through whom, and by which server. */
export interface SmsWay {
  kind: 'outbox' | 'twilio' | 'none';
  server: { host: string; port: number } | undefined;
}
