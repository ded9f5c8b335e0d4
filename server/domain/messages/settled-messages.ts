import { refused } from '../../model/errors.ts';
import type { QueuedMessage } from '../../model/message.ts';
import type { MessageName } from '../../model/template.ts';
import type { DeliveryError } from '../../ports/delivery/delivery-error.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS } from '../../tools/duration.ts';

/** What became of a message is told so long. */
const KEPT_MS = 30 * DAY_MS;

/** A row whose content nobody will need: it tells what became of the message until its time is up. */
export function settled(
  { clock }: Pick<Deps, 'clock'>,
  { content: _, ...row }: QueuedMessage,
  outcome: { state: 'sent' | 'withdrawn' } | { state: 'failed'; failure?: DeliveryError },
): QueuedMessage {
  const now = clock.now();
  const { state } = outcome;
  return {
    ...row,
    state,
    dueAt: now + KEPT_MS,
    ...(state === 'sent' && { sentAt: now }),
    ...('failure' in outcome && outcome.failure && { lastError: errorText(outcome.failure) }),
  };
}

/** Without a secret, for nothing but provider, step and status is left of an error. */
export function errorText({ provider, step, status }: DeliveryError): string {
  return `${provider}: ${step}${status === undefined ? '' : ` (${status})`}`;
}

/**
 * Withdraws what waits for somebody, of these texts or of all: the reason for it is gone. What is being sent
 * at this moment may still arrive.
 */
export async function withdrawMessages(
  deps: Pick<Deps, 'store' | 'clock'>,
  { appId, to, templates }: { appId: string; to: string; templates?: readonly MessageName[] },
): Promise<void> {
  const waiting = await deps.store.messages.listWaiting(appId, to);
  const meant = waiting.filter(({ template }) => !templates || templates.includes(template));
  await Promise.all(
    meant.map((row) => deps.store.messages.replace(settled(deps, row, { state: 'withdrawn' }))),
  );
}

/**
 * Sends a message again that a provider refused. Throws `refused` unless it failed and is still of use.
 */
export async function retryMessage(
  deps: Pick<Deps, 'store' | 'clock' | 'wakeDelivery'>,
  { id }: { id: string },
): Promise<true> {
  const row = await deps.store.messages.find(id);
  const now = deps.clock.now();
  const retried = row?.state === 'failed' && row.content && now < row.giveUpAt;
  if (!retried || !(await deps.store.messages.replace({ ...row, state: 'waiting', dueAt: now })))
    throw refused('there is no message of that id that can be sent again', {
      reason: 'unknown_value',
      field: 'id',
    });
  deps.wakeDelivery();
  return true;
}
