import type { App } from '../../model/app.ts';
import { type ErrorName, HostError } from '../../model/errors.ts';
import type { LoginProvider, Metadata, User } from '../../model/user.ts';
import { dayOf } from '../../model/visit.ts';
import type { Deps } from '../../ports/deps.ts';
import { subjectOf } from '../tokens/claims.ts';
import { subjectsAreRecorded } from '../tokens/subjects.ts';
import { countPassword } from '../users/password-kinds.ts';
import { releaseSeat, takeSeat } from '../users/seats.ts';
import { countFirstVisit } from '../users/visits.ts';

export type CreateDeps = Pick<Deps, 'store' | 'passwords' | 'clock' | 'events' | 'figures' | 'handleRef'>;

export interface NewUser {
  app: App;
  ids: { userId: string; uid: string };
  handle: string;
  passwordHash?: string;
  locale: string;
  metaData: Metadata;
  /** See `User`. */
  metadataDue?: boolean;
  loginProvider: LoginProvider;
  socialUserId?: string;
  /**
   * `firstNetworks` of whoever joins and is logged in with it: the new row says so of them already
   * (`MadeUser.isLoggedIn`).
   */
  networks?: User['networks'];
  /** How the account came to be, for the event. */
  via: string;
  /** Stores the new row, with what is settled in the same step; default: the row alone. */
  insert?: (user: User) => Promise<unknown>;
  /** What is thrown when the app has no seat left. */
  full: ErrorName;
}

/** Somebody who was made now, or before by the same ids. */
export interface MadeUser {
  user: User;
  /** The row was inserted now, with the log-in that comes with joining. */
  isLoggedIn: boolean;
}

/** A mapped id stays reserved this long while its user is being inserted. */
const RESERVATION_MS = 30_000;

/**
 * Makes a user; repeating it with the same ids answers the user made before, so that what a crash interrupted
 * can be finished (design §5). Takes a seat first and gives it back when the insert fails; counts the
 * password beside the insert. Throws `handle_taken`, and `full` when the app has no seat left. What the JWT
 * needs must have been checked before (`requireCompleteMetadata`).
 */
export async function createUser(deps: CreateDeps, input: NewUser): Promise<MadeUser> {
  const { app, ids } = input;
  const find = () => deps.store.users.find(app.id, ids.userId);
  const user = newUser(input, deps.clock.now());
  try {
    await insertInSeat(deps, input, user);
  } catch (error) {
    const same = error instanceof HostError && (await find());
    if (same) return { user: unmoved(same, input.handle), isLoggedIn: false };
    throw error;
  }
  deps.events.emit('user_created', { userId: user.id, via: input.via });
  if (user.lastSeenDay !== undefined) countFirstVisit(deps, user);
  return { user, isLoggedIn: user.lastLogin !== undefined };
}

/** Who has another handle by now is not made again by what was sent to the former one. */
function unmoved(user: User, handle: string): User {
  if (user.handle !== handle) throw new HostError('handle_taken');
  return user;
}

async function insertInSeat(deps: CreateDeps, input: NewUser, user: User): Promise<void> {
  const { app, full, insert = deps.store.users.insert } = input;
  // The count of passwords needs no user: it shares a write with the seat, and is taken back with it.
  const [seated, counted] = await Promise.allSettled([
    takeSeat(deps, app, full),
    countPassword(deps, app, { after: user.passwordHash }),
  ]);
  const hasSeat = seated.status === 'fulfilled';
  const isCounted = counted.status === 'fulfilled';
  try {
    if (!hasSeat) throw seated.reason;
    if (!isCounted) throw counted.reason;
    await withSubject(deps, app, user, () => insert(user));
  } catch (error) {
    await Promise.all([
      hasSeat && releaseSeat(deps, app),
      isCounted && countPassword(deps, app, { before: user.passwordHash }),
    ]);
    throw error;
  }
}

function newUser(input: NewUser, now: number): User {
  const { app, ids, handle, passwordHash, locale, metaData } = input;
  const { metadataDue, loginProvider, socialUserId, networks, via } = input;
  return {
    id: ids.userId,
    appId: app.id,
    revision: 1,
    uid: ids.uid,
    subject: subjectOf(app, { uid: ids.uid, handle }),
    handle,
    ...(passwordHash && { passwordHash }),
    status: 'active',
    locale,
    loginProvider,
    ...(socialUserId && { socialUserId }),
    phoneVerified: false,
    twoFactorPhone: false,
    twoFactorTotp: false,
    recoveryCodes: [],
    metaData,
    ...(metadataDue && { metadataDue }),
    ...(networks && { networks }),
    // Not 0: a token of an old installation, which names only the handle and counts as epoch 0, must not open
    // a successor's account.
    epoch: 1,
    revokedTokens: [],
    // Whoever is added by the portal has not been here yet.
    ...(via !== 'portal' && { lastSeenDay: dayOf(now) }),
    ...(networks && { lastLogin: now }),
    createdAt: now,
    updatedAt: now,
  };
}

/**
 * In `userIdFormat` `handle` two handles can map to one `sub` (`a_b@c.io` and `a@b_c.io`): the second is
 * refused, by the unique key over what is recorded. While users of an earlier version are not, their handles
 * are looked up, and the mapped id is reserved meanwhile, so that of two racing inserts one is refused too.
 */
async function withSubject(
  deps: CreateDeps,
  app: App,
  user: User,
  insert: () => Promise<unknown>,
): Promise<void> {
  if (app.userIdFormat !== 'handle' || (await subjectsAreRecorded(deps))) {
    await insert();
    return;
  }
  const subject = subjectOf(app, user);
  const key = `subject/${app.id}/${deps.handleRef(app.id, subject)}`;
  const now = deps.clock.now();
  const { counters, users } = deps.store;
  if (!(await counters.increment(key, { now, cap: 1, expiresAt: now + RESERVATION_MS }))) {
    throw new HostError('handle_taken');
  }
  try {
    for (const handle of handlesOf(subject)) {
      if (await users.findByHandle(app.id, handle)) throw new HostError('handle_taken');
    }
    await insert();
  } finally {
    await counters.remove(key);
  }
}

/** Every handle that maps to a subject: one of its underscores was the `@`. */
function handlesOf(subject: string): string[] {
  return [...subject.matchAll(/_/g)].map(
    ({ index }) => `${subject.slice(0, index)}@${subject.slice(index + 1)}`,
  );
}
