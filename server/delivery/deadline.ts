import { DeliveryError } from '../ports/delivery/delivery-error.ts';
import { within } from '../tools/deadline.ts';

/** Longest a provider may take for one message (threats F8). */
export const SEND_MS = 5_000;

/**
 * Waits for `work`, but never longer than `SEND_MS`: time-outs inside SDKs begin anew with every step or
 * byte. Rejects with a retryable `DeliveryError` of step `timeout`; what `work` does afterwards is ignored.
 */
export function withinDeadline<T>(provider: string, work: Promise<T>): Promise<T> {
  return within(SEND_MS, work, () => new DeliveryError({ step: 'timeout', provider, retryable: true }));
}
