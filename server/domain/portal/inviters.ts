import type { Deps } from '../../ports/deps.ts';
import type { Store } from '../../ports/store/store.ts';
import { BoundedMap } from '../../tools/bounded-map.ts';
import { MINUTE_MS } from '../../tools/duration.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { type ListPage, type ListRequest, readList } from './list.ts';

/** Apps whose inviters are remembered. */
const REMEMBERED = 100;

/** What became of one sender's invites. */
export interface Inviter {
  senderHandle: string;
  sent: number;
  accepted: number;
  /** Epoch milliseconds. */
  lastSentAt: number;
}
interface Ranking {
  readAt: number;
  inviters: Promise<readonly Inviter[]>;
}
/** All invites of an app are read for a ranking: it is kept for a minute. */
const rankings = new WeakMap<Store, BoundedMap<Ranking>>();

/**
 * Who invites to an app, the most successful first, at most a minute old. Throws `app_gone`, and `refused`
 * for a cursor of another list.
 */
export async function listInviters(
  deps: Pick<Deps, 'store' | 'cursors' | 'clock'>,
  { appId, page }: { appId: string; page: ListRequest },
): Promise<ListPage<Inviter>> {
  await getAppForPortal(deps, appId);
  const inviters = await ranked(deps, appId);
  return readList(deps, { list: 'inviters', appId }, page, async ({ after, limit }) => {
    const isBehind = (inviter: Inviter) => after === undefined || compare(placeOf(inviter), after) > 0;
    const behind = inviters.filter(isBehind);
    const rows = behind.slice(0, limit);
    const last = rows.at(-1);
    return { rows, ...(last && behind.length > limit && { next: placeOf(last) }) };
  });
}

type InviterPlace = readonly [accepted: number, sent: number, senderHandle: string];

function placeOf({ accepted, sent, senderHandle }: Inviter): InviterPlace {
  return [accepted, sent, senderHandle];
}

/** Negative when `one` comes first: the more accepted, then the more sent, then by name. */
function compare(one: InviterPlace, other: readonly (string | number)[]): number {
  const [accepted = 0, sent = 0, name = ''] = other;
  const byNumbers = Number(accepted) - one[0] || Number(sent) - one[1];
  return byNumbers || (one[2] === name ? 0 : one[2] < String(name) ? -1 : 1);
}

async function ranked(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  appId: string,
): Promise<readonly Inviter[]> {
  const known = rankings.get(store) ?? new BoundedMap(REMEMBERED);
  rankings.set(store, known);
  const now = clock.now();
  const ranking = known.get(appId);
  if (ranking && Math.abs(now - ranking.readAt) < MINUTE_MS) return ranking.inviters;
  const inviters = rank({ store }, appId);
  known.set(appId, { readAt: now, inviters });
  return inviters.catch((error: unknown) => {
    known.delete(appId);
    throw error;
  });
}

async function rank({ store }: Pick<Deps, 'store'>, appId: string): Promise<readonly Inviter[]> {
  const bySender = new Map<string, Inviter>();
  for await (const { senderHandle, status, createdAt, lastSentAt = createdAt } of store.invites.stream(
    appId,
  )) {
    const inviter = bySender.get(senderHandle) ?? { senderHandle, sent: 0, accepted: 0, lastSentAt: 0 };
    bySender.set(senderHandle, inviter);
    inviter.sent++;
    if (status === 'verified') inviter.accepted++;
    inviter.lastSentAt = Math.max(inviter.lastSentAt, lastSentAt);
  }
  return [...bySender.values()].sort((one, other) => compare(placeOf(one), placeOf(other)));
}
