import type { App } from '../../model/app.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { META } from '../../ports/store/meta.ts';
import type { Store } from '../../ports/store/store.ts';
import { BoundedMap } from '../../tools/bounded-map.ts';
import { MINUTE_MS } from '../../tools/duration.ts';

type KindDeps = Pick<Deps, 'store' | 'passwords' | 'clock'>;
type AppId = Pick<App, 'id'>;

/** Kinds that are counted apart, on the whole host. */
const KINDS_MAX = 64;
const APPS_REMEMBERED = 1_000;
const MIX_AGE_MS = MINUTE_MS;
const LEARN_TRIES = 20;
/** Longer than it takes to insert a user and count them. */
const SETTLE_MS = 2_000;
/** `handleRef` is so many hex digits. */
const REF_SPACE = 16 ** 12;

interface Mix {
  readAt: number;
  kinds: readonly { kind: string; count: number }[];
  total: number;
}
/** What this process has seen of a store. */
interface Seen {
  kinds: ReadonlySet<string>;
  /** When `kinds` is to be read anew: what nobody has any more is forgotten. */
  readAgainAt: number;
  readonly mixes: BoundedMap<Mix>;
}
const seenOf = new WeakMap<Store, Seen>();

/**
 * The hash to judge a password by where there is none: one no password has, of a kind that users of the app
 * have, each kind for as large a share of all handles as it has of the app's users. By its handle, so that
 * the same stranger always meets the same kind. To be asked for known handles too: what it costs must not
 * tell one.
 */
export async function decoyFor(
  deps: KindDeps & Pick<Deps, 'handleRef'>,
  { app, handle }: { app: AppId; handle: string },
): Promise<string> {
  const { kinds, total } = await mixOf(deps, app);
  let place = (Number.parseInt(deps.handleRef(app.id, handle), 16) / REF_SPACE) * total;
  for (const { kind, count } of kinds) {
    place -= count;
    if (place < 0) return deps.passwords.decoyOf(kind);
  }
  return deps.passwords.decoyHash;
}

/** Counts a user who joined with a password, left, or got a hash of another kind: `undefined` for none. */
export async function countPassword(
  deps: KindDeps,
  app: AppId,
  { before, after }: { before?: string | undefined; after?: string | undefined },
): Promise<void> {
  const [from, to] = [before, after].map((hash) => hash && deps.passwords.kindOf(hash));
  if (from === to) return;
  const known = await learn(deps, to ? [to] : []);
  const now = deps.clock.now();
  await Promise.all([
    from && deps.store.counters.decrement(keyOf(app, from)),
    to && known.has(to) && deps.store.counters.admit(keyOf(app, to), { now }),
  ]);
}

/** Counts many who join at once; with `isLeft` takes back the count of those who did not. */
export async function countPasswords(
  deps: KindDeps,
  app: AppId,
  users: readonly Pick<User, 'passwordHash'>[],
  { isLeft = false } = {},
): Promise<void> {
  const counts = new Map<string, number>();
  for (const { passwordHash } of users) {
    const kind = passwordHash && deps.passwords.kindOf(passwordHash);
    if (kind) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const known = await learn(deps, [...counts.keys()]);
  const now = deps.clock.now();
  const { counters } = deps.store;
  const counted = [...counts].filter(([kind]) => known.has(kind));
  await Promise.all(
    counted.map(([kind, by]) => {
      const key = keyOf(app, kind);
      return isLeft ? counters.decrement(key, by) : counters.increment(key, { now, by });
    }),
  );
}

/** Users by the kind of their hash, counted while they pass by. */
export class PasswordTally {
  readonly #counts = new Map<string, number>();
  readonly #passwords: KindDeps['passwords'];
  constructor({ passwords }: Pick<Deps, 'passwords'>) {
    this.#passwords = passwords;
  }

  add({ passwordHash }: Pick<User, 'passwordHash'>): void {
    const kind = passwordHash && this.#passwords.kindOf(passwordHash);
    if (kind) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  /** Sets the counters of an app to what was counted. */
  async save(deps: KindDeps, app: AppId): Promise<void> {
    await learn(deps, [...this.#counts.keys()]);
    for (const kind of await knownKinds(deps)) {
      const count = this.#counts.get(kind) ?? 0;
      await (count === 0
        ? deps.store.counters.remove(keyOf(app, kind))
        : deps.store.counters.set(keyOf(app, kind), count));
    }
    seen(deps).mixes.delete(app.id);
  }

  /** By kind, how many more users passed by than are counted; without those that are right. */
  async missing(deps: KindDeps, app: AppId): Promise<Map<string, number>> {
    await learn(deps, [...this.#counts.keys()]);
    const missing = new Map<string, number>();
    for (const kind of await knownKinds(deps)) {
      const counted = await deps.store.counters.read(keyOf(app, kind), deps.clock.now());
      const more = (this.#counts.get(kind) ?? 0) - counted;
      if (more !== 0) missing.set(kind, more);
    }
    return missing;
  }
}

/**
 * Counts the users of an app anew and adds what the counters lack. Who joins or leaves meanwhile counts
 * themselves, so only what is still missing a while later was really missed. `isStopped` ends it early, and
 * nothing is changed then.
 */
export async function recountPasswords(
  deps: KindDeps,
  app: AppId,
  isStopped: () => boolean = () => false,
): Promise<void> {
  const first = await missingNow(deps, app, isStopped);
  if (first.size === 0) return;
  await deps.clock.pause(SETTLE_MS);
  const second = await missingNow(deps, app, isStopped);
  const now = deps.clock.now();
  for (const [kind, more] of second) {
    if (first.get(kind) !== more) continue;
    const key = keyOf(app, kind);
    await (more > 0
      ? deps.store.counters.increment(key, { now, by: more })
      : deps.store.counters.decrement(key, -more));
  }
  seen(deps).mixes.delete(app.id);
}

/** Nothing when it was stopped. */
async function missingNow(
  deps: KindDeps,
  app: AppId,
  isStopped: () => boolean,
): Promise<Map<string, number>> {
  const tally = new PasswordTally(deps);
  for await (const user of deps.store.users.stream(app.id)) {
    if (isStopped()) return new Map();
    tally.add(user);
  }
  return tally.missing(deps, app);
}

/** Removes the counters of an app that is removed itself, or emptied. */
export async function forgetPasswords(deps: Pick<Deps, 'store'>, app: AppId): Promise<void> {
  for (const kind of await knownKinds(deps)) await deps.store.counters.remove(keyOf(app, kind));
  seen(deps).mixes.delete(app.id);
}

async function mixOf(deps: KindDeps, app: AppId): Promise<Mix> {
  const { mixes } = seen(deps);
  const now = deps.clock.now();
  const known = mixes.get(app.id);
  if (known && Math.abs(now - known.readAt) < MIX_AGE_MS) return known;
  const kinds = await Promise.all(
    (await knownKinds(deps)).map(async (kind) => ({
      kind,
      count: await deps.store.counters.read(keyOf(app, kind), now),
    })),
  );
  const mix = { readAt: now, kinds, total: kinds.reduce((sum, { count }) => sum + count, 0) };
  mixes.set(app.id, mix);
  return mix;
}

/** Answers which kinds are counted: a file may name any number of them, and must drive none out. */
async function learn(
  deps: Pick<Deps, 'store' | 'clock'>,
  kinds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { meta } = deps.store;
  const familiar = seen(deps);
  const now = deps.clock.now();
  if (now < familiar.readAgainAt && kinds.every((kind) => familiar.kinds.has(kind))) return familiar.kinds;
  for (let attempt = 0; attempt < LEARN_TRIES; attempt++) {
    const text = await meta.get(META.passwordKinds);
    const all = [...new Set([...parsed(text), ...kinds])].slice(0, KINDS_MAX);
    const value = JSON.stringify(all);
    if (value === text || (await meta.compareAndSet(META.passwordKinds, text, value))) {
      familiar.kinds = new Set(all);
      familiar.readAgainAt = now + MIX_AGE_MS;
      break;
    }
  }
  return familiar.kinds;
}

/** Makes room where no kind more is counted: those that nobody of any app has are forgotten. */
export async function forgetUnusedKinds(
  deps: Pick<Deps, 'store' | 'clock'>,
  isStopped: () => boolean,
): Promise<void> {
  const { meta, apps, counters } = deps.store;
  const text = await meta.get(META.passwordKinds);
  const kinds = parsed(text);
  if (kinds.length < KINDS_MAX) return;
  const unused = new Set(kinds);
  for await (const app of apps.stream()) {
    for (const kind of unused) {
      if (isStopped()) return;
      if ((await counters.read(keyOf(app, kind), deps.clock.now())) > 0) unused.delete(kind);
    }
  }
  const used = kinds.filter((kind) => !unused.has(kind));
  await meta.compareAndSet(META.passwordKinds, text, JSON.stringify(used));
}

async function knownKinds(deps: Pick<Deps, 'store'>): Promise<readonly string[]> {
  return parsed(await deps.store.meta.get(META.passwordKinds));
}

function parsed(text: string | undefined): string[] {
  return text === undefined ? [] : JSON.parse(text);
}

function seen({ store }: Pick<Deps, 'store'>): Seen {
  let known = seenOf.get(store);
  if (!known) {
    known = { kinds: new Set(), readAgainAt: 0, mixes: new BoundedMap(APPS_REMEMBERED) };
    seenOf.set(store, known);
  }
  return known;
}

function keyOf({ id }: AppId, kind: string): string {
  return `password-kind/${id}/${kind}`;
}
