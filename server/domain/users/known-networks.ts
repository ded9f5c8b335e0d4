import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { Store } from '../../ports/store/store.ts';
import { DAY_MS } from '../../tools/duration.ts';
import { change } from './change.ts';

export type NetworkDeps = Pick<Deps, 'store' | 'clock' | 'origin'>;

const NETWORKS_MAX = 8;
const KEPT_DAYS = 30;
/** Users whose first visit of the day is being written, by store: of a crowd of requests one writes. */
const visiting = new WeakMap<Store, Set<string>>();

/** Whether the user came from this network within the last 30 days, and proved who they are there. */
export function isKnownNetwork(deps: Pick<Deps, 'clock' | 'origin'>, user: User): boolean {
  const network = deps.origin.network();
  const oldest = dayOf(deps) - KEPT_DAYS;
  return user.networks?.some((known) => known.network === network && known.day > oldest) ?? false;
}

/**
 * The record with the network of this request as the latest one; undefined when it says so of today already.
 */
export function withNetwork<T extends Pick<User, 'networks'>>(
  deps: Pick<Deps, 'clock' | 'origin'>,
  user: T,
): T | undefined {
  const network = deps.origin.network();
  const day = dayOf(deps);
  const known = user.networks ?? [];
  if (known.some((entry) => entry.network === network && entry.day >= day)) return undefined;
  const others = known.filter((entry) => entry.network !== network && entry.day > day - KEPT_DAYS);
  if (others.length === NETWORKS_MAX) others.splice(leastKnown(others), 1);
  return { ...user, networks: [{ network, day }, ...others] };
}

/**
 * The one seen longest ago; of those of one day the latest, so that a day on the road does not drive out
 * where somebody lives.
 */
function leastKnown(networks: readonly { day: number }[]): number {
  const oldest = Math.min(...networks.map(({ day }) => day));
  return networks.findIndex(({ day }) => day === oldest);
}

/**
 * What `rememberNetwork` would note of a user who is only being made: stored with the row, it costs no write
 * of its own.
 */
export function firstNetworks(deps: Pick<Deps, 'clock' | 'origin'>): User['networks'] {
  return [{ network: deps.origin.network(), day: dayOf(deps) }];
}

/**
 * Notes where somebody is who proved who they are. Costs a write only for a network that is new, or new
 * today.
 */
export async function rememberNetwork(deps: NetworkDeps, user: User): Promise<void> {
  const noted = withNetwork(deps, user);
  const { users } = deps.store;
  if (!noted || (await users.note(noted))) return;
  await change(
    deps.clock,
    { replace: (changed: User) => users.note(changed) },
    () => users.find(user.appId, user.id),
    (current) => withNetwork(deps, current),
  );
}

/**
 * Notes the network of a user's first authenticated request of a UTC day. Nobody waits for it and nobody
 * misses it when it fails: the next request tries again. On every other request it is one comparison.
 */
export function noticeVisit(deps: NetworkDeps, user: User): void {
  const latest = user.networks?.[0]?.day ?? 0;
  if (latest >= dayOf(deps)) return;
  const running = visiting.get(deps.store) ?? new Set();
  visiting.set(deps.store, running);
  if (running.has(user.id)) return;
  running.add(user.id);
  rememberNetwork(deps, user)
    .catch(() => undefined)
    .finally(() => running.delete(user.id));
}

function dayOf({ clock }: Pick<Deps, 'clock'>): number {
  return Math.floor(clock.now() / DAY_MS);
}
