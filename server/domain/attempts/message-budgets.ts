import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS, HOUR_MS } from '../../tools/duration.ts';
import { numberBlock } from '../users/phone-number.ts';
import type { HintDeps } from './developer-hint.ts';

export type BudgetDeps = HintDeps &
  Pick<Deps, 'store' | 'clock' | 'events' | 'metrics' | 'figures' | 'handleRef' | 'origin'>;

/** Whose budgets are spent: an app's, or those of the host's own messages. */
export type Sender = Pick<App, 'id' | 'type' | 'mailsPerHour' | 'smsPerHour'>;

/** Somebody who has not shown yet that they read what is sent there, or a log-in that nobody has passed. */
export interface Unproven {
  /** An e-mail address or an E.164 number. */
  to: string;
  /** Nobody is logged in: the client's address answers for whom it writes to. */
  open?: boolean;
  /** Id of the user who invites. */
  inviter?: string;
}

/** So many IPv6 /64 may use up their recipients before the /48 around them writes to nobody else. */
const NETWORKS = 6;

/** A number of messages in a window; of whose end an event tells once. */
interface Budget {
  name: 'app' | 'prefix' | 'inviter';
  key: string;
  cap: number;
  expiresAt: number;
}

/**
 * Whether one more message may go to somebody unproven: for this app, this block of numbers and this inviter,
 * counted here, exact over processes; a setting of 0 counts nothing. On false the caller acts as if it had
 * been sent.
 */
export async function admitUnproven(deps: BudgetDeps, app: Sender, unproven: Unproven): Promise<boolean> {
  const now = deps.clock.now();
  const budgets = budgetsOf(deps, app, unproven);
  const counted = await Promise.all(
    budgets.map(({ key, cap, expiresAt }) => deps.store.counters.admit(key, { now, cap, expiresAt })),
  );
  const over = budgets.filter((_, index) => !counted[index]);
  if (over.length === 0) return true;
  const granted = budgets.filter((_, index) => counted[index]);
  await Promise.all([
    ...granted.map(({ key }) => deps.store.counters.decrement(key)),
    ...over.map((budget) => reportOnce(deps, app, unproven, budget)),
  ]);
  deps.metrics.message(channelOf(unproven), 'limited');
  return false;
}

/** When the last of the budgets ends that are used up; 0 = none is. */
export async function unprovenUntil(deps: BudgetDeps, app: Sender, unproven: Unproven): Promise<number> {
  const now = deps.clock.now();
  const ends = budgetsOf(deps, app, unproven).map(async ({ key, cap, expiresAt }) =>
    (await deps.store.counters.read(key, now)) < cap ? 0 : expiresAt,
  );
  return Math.max(0, ...(await Promise.all(ends)));
}

/** Gives back what `admitUnproven` counted: nothing was sent. */
export async function giveBackUnproven(deps: BudgetDeps, app: Sender, unproven: Unproven): Promise<void> {
  const keys = budgetsOf(deps, app, unproven).map(({ key }) => key);
  await Promise.all(keys.map((key) => deps.store.counters.decrement(key)));
}

/**
 * Whether the client's address may write to this recipient: to `RECIPIENTS_PER_ADDRESS_PER_HOUR` different
 * ones, and to `NETWORKS` times as many from all of an IPv6 /48, which one customer may have as a whole.
 */
export async function admitRecipient(deps: BudgetDeps, to: string): Promise<boolean> {
  const cap = deps.config.recipientsPerAddressPerHour;
  if (cap === 0) return true;
  const { hour, expiresAt } = thisHour(deps.clock.now());
  const sourceOf = (place: string, cap: number) => {
    const key = `recipients/${hour}/${place}`;
    return { key, recipient: `${key}/${deps.handleRef('', to)}`, cap, expiresAt };
  };
  const site = deps.origin.site();
  const own = sourceOf(deps.origin.bucket(), cap);
  const noted = await noteRecipient(deps, own);
  if (site === undefined || noted === 'over') return noted !== 'over';
  if ((await noteRecipient(deps, sourceOf(`site/${site}`, NETWORKS * cap))) !== 'over') return true;
  const { counters } = deps.store;
  if (noted === 'new') await Promise.all([counters.decrement(own.key), counters.remove(own.recipient)]);
  return false;
}

/** A recipient is noted only once it is counted, so that there are never more. */
async function noteRecipient(
  { store: { counters }, clock }: BudgetDeps,
  source: { key: string; recipient: string; cap: number; expiresAt: number },
): Promise<'known' | 'new' | 'over'> {
  const { key, recipient, cap, expiresAt } = source;
  const now = clock.now();
  if ((await counters.read(recipient, now)) > 0) return 'known';
  if (!(await counters.admit(key, { now, cap, expiresAt }))) return 'over';
  if (await counters.admit(recipient, { now, cap: 1, expiresAt })) return 'new';
  await counters.decrement(key);
  return 'known';
}

/** The refusal of an address that wrote to too many; it tells nothing about any account. */
export function tooManyRecipients({ clock }: Pick<Deps, 'clock'>): HostError {
  const leftMs = thisHour(clock.now()).expiresAt - clock.now();
  return new HostError('too_many_requests', { retryAfterSeconds: Math.ceil(leftMs / 1000) });
}

function budgetsOf({ config, clock }: BudgetDeps, app: Sender, unproven: Unproven): Budget[] {
  const { hour, expiresAt } = thisHour(clock.now());
  const channel = channelOf(unproven);
  const perApp =
    channel === 'sms'
      ? lower(config.smsPerAppPerHour, app.smsPerHour)
      : lower(config.mailsPerAppPerHour, app.mailsPerHour);
  const budgets: Budget[] = [
    { name: 'app', key: `flood-app/${app.id}/${channel}/${hour}`, cap: perApp, expiresAt },
  ];
  if (channel === 'sms') {
    const key = `flood-prefix/${numberBlock(unproven.to)}/${hour}`;
    budgets.push({ name: 'prefix', key, cap: config.smsPerPrefixPerHour, expiresAt });
  }
  if (unproven.inviter !== undefined) {
    const day = Math.floor(clock.now() / DAY_MS);
    const key = `flood-inviter/${app.id}/${unproven.inviter}/${day}`;
    const cap = config.invitesPerUserPerDay;
    budgets.push({ name: 'inviter', key, cap, expiresAt: (day + 1) * DAY_MS });
  }
  return budgets.filter(({ cap }) => cap > 0);
}

/** What an app allows itself, and never more than the host allows it; 0 and absent are no limit. */
function lower(host: number, app: number | undefined): number {
  if (!app) return host;
  return host === 0 ? app : Math.min(host, app);
}

async function reportOnce(
  deps: BudgetDeps,
  app: Sender,
  unproven: Unproven,
  { name, key, cap, expiresAt }: Budget,
): Promise<void> {
  const now = deps.clock.now();
  if ((await deps.store.counters.increment(`${key}/told`, { now, cap: 1, expiresAt })) === undefined) return;
  deps.events.emit('message_flood', {
    appId: app.id,
    channel: channelOf(unproven),
    budget: name,
    limit: cap,
    ...(unproven.inviter !== undefined && { userId: unproven.inviter }),
  });
}

function channelOf({ to }: Unproven): 'sms' | 'email' {
  return to.startsWith('+') ? 'sms' : 'email';
}

function thisHour(now: number): { hour: number; expiresAt: number } {
  const hour = Math.floor(now / HOUR_MS);
  return { hour, expiresAt: (hour + 1) * HOUR_MS };
}
