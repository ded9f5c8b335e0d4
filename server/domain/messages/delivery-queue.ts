import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { Message, QueuedMessage } from '../../model/message.ts';
import { DeliveryError } from '../../ports/delivery/delivery-error.ts';
import type { Mailer } from '../../ports/delivery/mailer.ts';
import type { Texter } from '../../ports/delivery/texter.ts';
import type { Deps } from '../../ports/deps.ts';
import { TamperError } from '../../ports/security/sealing.ts';
import { HOUR_MS } from '../../tools/duration.ts';
import { errorText, settled } from './settled-messages.ts';

/** Longer than a try may take (5 s), so that no other process takes a message that is being sent. */
const LEASE_MS = 30_000;
const POLL_MS = 3_000;
/** Sent side by side, and of those whose rows came leased as many again. */
const BATCH = 20;
/** Rows that are leased before their turn comes; one whose turn is late waits for the end of its lease. */
const HANDED_MOST = 200;
const TRY_MS = 6_000;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = HOUR_MS;

type SendDeps = Pick<Deps, 'mailer' | 'texter' | 'events' | 'activity' | 'metrics' | 'figures'>;
type QueueDeps = SendDeps & Pick<Deps, 'store' | 'clock'>;
type RetryDeps = QueueDeps & Pick<Deps, 'codes'>;

/**
 * Puts a message into the queue: durable when this resolves, sent by this process at once where it can, else
 * by any.
 */
export async function queueMessage(
  deps: Pick<Deps, 'store' | 'clock' | 'wakeDelivery' | 'deliveryHasRoom'>,
  input: { id: string; app: App; content: Message; giveUpAt: number },
): Promise<void> {
  const isTaken = deps.deliveryHasRoom();
  const row = newRow(input, deps.clock.now(), isTaken ? LEASE_MS : 0);
  await deps.store.messages.insert(row);
  deps.wakeDelivery(isTaken ? row : undefined);
}

/**
 * Sends a message whose outcome the caller must know, with one try of 5 s at most. The row is there before
 * the try, so that a crash loses nothing. Throws `internal`, the `DeliveryError` as cause,
 * when the provider refuses: nothing will be sent then.
 */
export async function sendAtOnce(
  deps: QueueDeps,
  input: { id: string; app: App; content: Message; giveUpAt: number },
): Promise<void> {
  const row = newRow(input, deps.clock.now(), LEASE_MS);
  await deps.store.messages.insert(row);
  const failure = await trySending(deps, input.content, input.app);
  const tried = { ...row, tries: 1 };
  if (failure) giveUp(deps, tried, input.content, failure);
  try {
    // The caller was told: nobody sends it later.
    await deps.store.messages.replace(
      settled(deps, tried, failure ? { state: 'failed', failure } : { state: 'sent' }),
    );
  } catch (error) {
    // The message is out; a row that could not be changed means a second copy. What was not sent must not be
    // sent later unnoticed.
    if (failure) throw error;
  }
  if (failure) throw new HostError('internal', { cause: failure });
}

function newRow(
  { id, app, content, giveUpAt }: { id: string; app: App; content: Message; giveUpAt: number },
  now: number,
  delayMs: number,
): QueuedMessage {
  const { channel, message: template, locale, to } = content;
  return {
    id,
    appId: app.id,
    revision: 1,
    state: 'waiting',
    channel,
    template,
    locale,
    to,
    content,
    tries: 0,
    dueAt: now + delayMs,
    giveUpAt,
    createdAt: now,
  };
}

function portOf(deps: SendDeps, { channel }: Message): Mailer | Texter {
  return channel === 'email' ? deps.mailer : deps.texter;
}

/** An app whose record does not open may be put back while its messages wait. */
async function findApp({ store }: QueueDeps, appId: string): Promise<App | 'damaged' | undefined> {
  try {
    return await store.apps.find(appId);
  } catch (error) {
    if (error instanceof TamperError) return 'damaged';
    throw error;
  }
}

/** One try; answers what went wrong. */
async function trySending(deps: SendDeps, content: Message, app: App): Promise<DeliveryError | undefined> {
  const port = portOf(deps, content);
  try {
    await port.send(content, app);
    deps.metrics.message(content.channel, 'sent');
    deps.figures.count(app.id, 'message', content.channel, 'sent');
    return undefined;
  } catch (error) {
    if (error instanceof DeliveryError) return error;
    // An unforeseen error may hold anything: only that there was one is kept.
    return new DeliveryError({ step: 'provider', provider: port.provider, retryable: true });
  }
}

function giveUp(
  deps: SendDeps,
  { appId, channel, tries }: QueuedMessage,
  content: Message,
  failure: DeliveryError,
): void {
  deps.metrics.message(channel, 'failed');
  deps.figures.count(appId, 'message', channel, 'failed');
  deps.events.emit('message_failed', {
    appId,
    channel,
    provider: failure.provider,
    reason: failure.step,
    tries,
  });
  logFailure(deps, appId, content, failure);
}

/** A row of the app's log for the portal (contract §2.4). */
function logFailure(deps: SendDeps, appId: string, content: Message, failure: DeliveryError): void {
  const { channel, message, to } = content;
  const sendAction = channel === 'email' ? 'sendEmail' : 'sendSms';
  deps.activity.record({
    appId,
    handle: channel === 'email' ? to : undefined,
    action: message === 'testMail' ? 'testExtensionService' : sendAction,
    value: JSON.stringify({
      template: message,
      status: false,
      reason: failure.step,
      providerStatus: failure.status,
    }),
    logType: 'app',
    status: 'error',
  });
}

/**
 * Grows threefold from 5 s to an hour, less or more by up to a half, so that messages of one outage do not
 * come back together.
 */
function retryDelay({ codes }: Pick<Deps, 'codes'>, { tries }: QueuedMessage): number {
  const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 3 ** (tries - 1));
  const spread = Number.parseInt(codes.newId().slice(0, 4), 16) / 0xffff;
  return Math.round(delay * (0.5 + spread));
}

/**
 * Sends one taken message and settles it, postpones it or gives it up; what is settled loses its content and,
 * when its time is up, its row. A crash in between sends it once more after the lease.
 */
async function settle(deps: RetryDeps, row: QueuedMessage): Promise<void> {
  const { store, clock } = deps;
  const app = await findApp(deps, row.appId);
  const { content } = row;
  // With its app the reason for the message is gone.
  if (!app || !content) return store.messages.remove(row.id);
  if (row.state !== 'waiting') return keep(deps, settled(deps, row, { state: 'failed' }));
  const late = clock.now() >= row.giveUpAt;
  const { provider } = portOf(deps, content);
  const failure = late
    ? new DeliveryError({ step: 'timeout', provider, retryable: false })
    : app === 'damaged'
      ? new DeliveryError({ step: 'app', provider, retryable: true })
      : await trySending(deps, content, app);
  const tried = { ...row, tries: late ? row.tries : row.tries + 1 };
  if (!failure) return void (await store.messages.noteSent(settled(deps, tried, { state: 'sent' })));
  const dueAt = clock.now() + retryDelay(deps, tried);
  const lastError = errorText(failure);
  if (failure.retryable && dueAt < row.giveUpAt) {
    if (tried.tries === 1) logFailure(deps, row.appId, content, failure);
    return keep(deps, { ...tried, dueAt, lastError });
  }
  giveUp(deps, tried, content, failure);
  if (late) return keep(deps, settled(deps, tried, { state: 'failed', failure }));
  // While it is of use somebody may send it again.
  await keep(deps, { ...tried, state: 'failed', dueAt: row.giveUpAt, lastError });
}

/** Somebody who withdrew or removed the row meanwhile goes before. */
async function keep({ store }: Pick<Deps, 'store'>, row: QueuedMessage): Promise<void> {
  await store.messages.replace(row);
}

/** See `startDelivery`. */
export interface Delivery {
  wake(taken?: QueuedMessage): void;
  hasRoom(): boolean;
  stop(): Promise<void>;
}

/**
 * Sends what is queued: at once when woken, and every few seconds what other processes left behind or
 * postponed. What comes leased needs not be taken first. `stop` lets running tries end (5 s at most); the
 * rest waits in the store for the next start.
 */
export function startDelivery(deps: RetryDeps): Delivery {
  const handed: QueuedMessage[] = [];
  const sending = new Set<Promise<void>>();
  let stopped = false;
  let woken = false;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function sendDue(): Promise<void> {
    let taken: QueuedMessage[];
    do {
      woken = false;
      const now = deps.clock.now();
      taken = await deps.store.messages.takeDue({ now, leaseUntil: now + LEASE_MS, limit: BATCH });
      // A store that fails now leaves the lease to run out: the message is sent again.
      await Promise.allSettled(taken.map((row) => settle(deps, row)));
    } while (!stopped && (woken || taken.length === BATCH));
  }

  function run(): void {
    clearTimeout(timer);
    running = sendDue()
      // The database is away: the next poll tries again, and the host reports the outage itself.
      .catch(() => undefined)
      .finally(() => {
        running = undefined;
        if (!stopped) timer = setTimeout(run, POLL_MS).unref();
      });
  }

  function send(trying: Promise<void>): void {
    const sent: Promise<void> = trying
      .catch(() => undefined)
      .finally(() => {
        sending.delete(sent);
        sendHanded();
      });
    sending.add(sent);
  }
  function sendHanded(): void {
    while (sending.size < BATCH) {
      const row = handed.shift();
      if (!row) return;
      if (deps.clock.now() <= row.dueAt - TRY_MS) send(settleAnew(row));
    }
  }
  /** Somebody may have withdrawn or removed it while it was in line. */
  async function settleAnew({ id }: QueuedMessage): Promise<void> {
    const row = await deps.store.messages.find(id);
    if (row?.state === 'waiting') await settle(deps, row);
  }

  /** Another process, or the next start, need not wait for the end of the lease. */
  function putBack(row: QueuedMessage): Promise<unknown> {
    return deps.store.messages.replace({ ...row, dueAt: deps.clock.now() }).catch(() => undefined);
  }

  run();
  return {
    wake(taken) {
      if (taken) {
        if (stopped) void putBack(taken);
        else if (sending.size < BATCH) send(settle(deps, taken));
        else handed.push(taken);
        return;
      }
      woken = true;
      if (!stopped && !running) run();
    },
    hasRoom: () => !stopped && handed.length < HANDED_MOST,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await Promise.all([running, ...handed.splice(0).map(putBack), ...sending]);
    },
  };
}
