import { type App, DEVELOPMENT_APP_USERS } from '../../model/app.ts';
import { type ErrorName, HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';

type SeatDeps = Pick<Deps, 'store' | 'clock'>;

/**
 * A seat that was taken but holds no user yet belongs to an insert under way, unless it stays so for this
 * long.
 */
const SETTLE_MS = 2000;
const STEP_MS = 100;
const TURN_MS = 10_000;

/** Users an app may have: `maxUsers`, and 50 in a development app (contract S36); undefined = no limit. */
export function seatLimit(app: App): number | undefined {
  if (app.type !== 'development') return app.maxUsers || undefined;
  return Math.min(app.maxUsers || DEVELOPMENT_APP_USERS, DEVELOPMENT_APP_USERS);
}

/**
 * Takes a seat before a user is inserted: one conditional increment, so that racing sign-ups never exceed the
 * limit. Apps without a limit count too, for the day they get one. Before it refuses, seats that a crash left
 * taken are freed. Throws `full`.
 */
export async function takeSeat(deps: SeatDeps, app: App, full: ErrorName): Promise<void> {
  if (await increment(deps, app)) return;
  const seated = (await freeLostSeats(deps, app)) && (await increment(deps, app));
  if (!seated) throw new HostError(full);
}

/** Takes so many seats, or as many of them as are free; answers how many. */
export async function takeSeats(deps: SeatDeps, app: App, most: number): Promise<number> {
  if (await increment(deps, app, most)) return most;
  if ((await freeLostSeats(deps, app)) && (await increment(deps, app, most))) return most;
  let seats = 0;
  for (let part = most; part >= 1; ) {
    if (part <= most - seats && (await increment(deps, app, part))) seats += part;
    else part = Math.floor(part / 2);
  }
  return seats;
}

/** How many more users there may be; undefined = no limit. */
export async function freeSeats(deps: SeatDeps, app: App): Promise<number | undefined> {
  const limit = seatLimit(app);
  return limit === undefined ? undefined : Math.max(0, limit - (await deps.store.users.size(app.id)));
}

/**
 * Throws `full` when no seat is free now; takes none. For a sign-up that will take its seat when it is
 * completed.
 */
export async function requireFreeSeat(deps: SeatDeps, app: App, full: ErrorName): Promise<void> {
  const limit = seatLimit(app);
  if (limit === undefined || (await taken(deps, app)) < limit) return;
  const free = (await freeLostSeats(deps, app)) && (await taken(deps, app)) < limit;
  if (!free) throw new HostError(full);
}

/** After a user was removed, or could not be inserted. */
export async function releaseSeat(deps: Pick<Deps, 'store'>, app: Pick<App, 'id'>, seats = 1): Promise<void> {
  await deps.store.counters.decrement(keyOf(app), seats);
}

/**
 * Sets the counter to the number of users there are. For an app nobody can join meanwhile: after an import or
 * a reset.
 */
export async function recountSeats(deps: Pick<Deps, 'store'>, app: Pick<App, 'id'>): Promise<void> {
  await deps.store.counters.set(keyOf(app), await deps.store.users.size(app.id));
}

/** Removes the counter of an app that is removed itself. */
export async function forgetSeats(deps: Pick<Deps, 'store'>, app: Pick<App, 'id'>): Promise<void> {
  await deps.store.counters.remove(keyOf(app));
}

/**
 * Waits for inserts under way, then frees what is still counted above the users there are: that a crash left
 * behind. One at a time does, or two would free the same seat. False when none was lost.
 */
export async function freeLostSeats(deps: SeatDeps, app: Pick<App, 'id'>): Promise<boolean> {
  let lost = Number.POSITIVE_INFINITY;
  for (let waited = 0; waited <= SETTLE_MS; waited += STEP_MS) {
    if (waited > 0) await deps.clock.pause(STEP_MS);
    // The counter first: who joins between the two reads can only make fewer seats look lost.
    const counted = await taken(deps, app);
    lost = Math.min(lost, counted - (await deps.store.users.size(app.id)));
    if (lost <= 0) return false;
  }
  const now = deps.clock.now();
  const turn = { now, cap: 1, expiresAt: now + TURN_MS };
  if (await deps.store.counters.increment(`seats-freed/${app.id}`, turn)) {
    await deps.store.counters.decrement(keyOf(app), lost);
  }
  return true;
}

function increment(deps: SeatDeps, app: App, by = 1): Promise<boolean> {
  const cap = seatLimit(app);
  return deps.store.counters.admit(keyOf(app), { now: deps.clock.now(), by, ...(cap && { cap }) });
}

function taken(deps: SeatDeps, app: Pick<App, 'id'>): Promise<number> {
  return deps.store.counters.read(keyOf(app), deps.clock.now());
}

function keyOf({ id }: Pick<App, 'id'>): string {
  return `seats/${id}`;
}
