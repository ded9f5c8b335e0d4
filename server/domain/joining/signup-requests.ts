import type { App } from '../../model/app.ts';
import { HostError, isHostError } from '../../model/errors.ts';
import {
  isContested,
  type Signup,
  type SignupRequest,
  type SignupStep,
  signupStateAt,
} from '../../model/signup.ts';
import type { Metadata } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS, HOUR_MS } from '../../tools/duration.ts';
import { change, wasChanged } from '../users/change.ts';
import { countRequested } from './signup-steps.ts';

export type RequestDeps = Pick<Deps, 'config' | 'store' | 'passwords' | 'codes' | 'clock'>;
type WishDeps = RequestDeps & Pick<Deps, 'figures' | 'origin'>;

/** A late click on a mailed code or link is told so for this long (contract 411). */
export const LATE_SIGNUP_MS = 30 * DAY_MS;
/** What a contested signup keeps. */
const REQUESTS_MAX = 5;

/** Somebody's wish to join with a password of their choice. */
export interface Wish {
  app: App;
  handle: string;
  password: string;
  /** From `hashWish`. */
  passwordHash: string;
  metaData: Metadata;
  locale: string;
}
export interface NewCode {
  code: string;
  kind: 'code' | 'link';
}

/**
 * The hash of a wish: comparable at no cost with those the waiting signup of the handle keeps, as far as they
 * were made here.
 */
export async function hashWish(
  deps: RequestDeps,
  { app, handle, password }: Pick<Wish, 'app' | 'handle' | 'password'>,
): Promise<string> {
  const signup = await deps.store.signups.findByHandle(app.id, handle);
  return deps.passwords.hash(password, hashesOf(liveRequests(deps, signup)));
}

/** A wish as it is stored. */
export interface StoredWish {
  signup: Signup;
  /** Its new code is the first one to be sent since the signup began. */
  isFirstCode: boolean;
}

/**
 * Adds a wish to the signup that waits for its handle, or begins one. The same password makes it the same
 * request again. Another password makes the signup contested for as long as it waits: nothing else tells
 * apart who asks for one handle. A new code voids the old one in the same write; without one, because no more
 * may be sent, the old one stays. Counts a signup that begins. Throws `handle_taken` when somebody joined
 * with it meanwhile.
 */
export async function storeWish(deps: WishDeps, wish: Wish, newCode?: NewCode): Promise<StoredWish> {
  const { app, handle, passwordHash, metaData, locale } = wish;
  const fresh = {
    ...newSignup(deps, wish, { status: 'pending', kind: newCode?.kind ?? 'none', passwordHash }),
    calls: 1,
    expiresAt: deps.clock.now() + deps.config.signupHours * HOUR_MS,
  };
  const withCode = (signup: Signup) => (newCode ? withNewCode(deps, signup, newCode) : signup);
  /** Of the signup that waits already. */
  let taken: readonly SignupStep[] | undefined;
  const signup = await putSignup(deps, withCode(fresh), async (current) => {
    if (await deps.store.users.findByHandle(app.id, handle)) throw new HostError('handle_taken');
    const { id, revision, createdAt, kind, code } = current;
    const calls = current.status === 'pending' ? (current.calls ?? 1) + 1 : 1;
    const renewed = { ...fresh, id, revision, createdAt, calls };
    const live = liveRequests(deps, current);
    taken = live.length === 0 ? undefined : (current.steps ?? []);
    if (live.length === 0) return withCode({ ...renewed, beganAt: fresh.createdAt });
    const hash = await comparableHash(deps, wish, live);
    const others = await withoutPassword(deps, live, { ...wish, passwordHash: hash });
    const request = { passwordHash: hash, metaData, locale, askedAt: fresh.updatedAt };
    const contested = current.requests !== undefined || others.length > 0;
    return withCode({
      ...renewed,
      kind,
      code,
      steps: current.steps,
      beganAt: current.beganAt,
      openedAt: current.openedAt,
      ...(contested
        ? { passwordHash: undefined, metaData: {}, requests: [...others, request].slice(-REQUESTS_MAX) }
        : { passwordHash: hash }),
    });
  });
  if (!taken) countRequested(deps, app, signup);
  return { signup, isFirstCode: newCode !== undefined && !taken?.includes('sent') };
}

/**
 * Gives a signup that waits a new code and the life of one that was asked for now, its requests as well.
 * Undefined when it waits no more.
 */
export async function renewCode(
  deps: RequestDeps,
  { appId, id }: Signup,
  newCode: NewCode,
): Promise<StoredWish | undefined> {
  const { signups } = deps.store;
  const now = deps.clock.now();
  const renewed = await change(
    deps.clock,
    signups,
    () => signups.find(appId, id),
    (current) => {
      if (signupStateAt(current, now) !== 'waiting') return undefined;
      const requests = liveRequests(deps, current).map((request) => ({ ...request, askedAt: now }));
      const expiresAt = now + deps.config.signupHours * HOUR_MS;
      const calls = (current.calls ?? 1) + 1;
      const again = { ...current, calls, updatedAt: now, expiresAt };
      const asked = { ...again, ...(isContested(current) && { requests }) };
      return withNewCode(deps, asked, newCode);
    },
  );
  if (!wasChanged(renewed)) return undefined;
  return { signup: renewed.after, isFirstCode: !renewed.before.steps?.includes('sent') };
}

/**
 * The request that was made with this password, if it still lives. Costs one hash, and one more for each
 * request with an imported hash.
 */
export async function findRequest(
  deps: RequestDeps,
  signup: Signup,
  password: string,
): Promise<SignupRequest | undefined> {
  const live = liveRequests(deps, signup);
  const passwordHash = await deps.passwords.hash(password, hashesOf(live));
  const others = await withoutPassword(deps, live, { password, passwordHash });
  return live.find((request) => !others.includes(request));
}

/** A row for somebody who joins now. */
export function newSignup(
  deps: Pick<Deps, 'codes' | 'clock'>,
  { app, handle, metaData, locale }: Pick<Wish, 'app' | 'handle' | 'metaData' | 'locale'>,
  fields: Pick<Signup, 'status' | 'kind'> & Partial<Pick<Signup, 'passwordHash' | 'signupProvider'>>,
): Signup {
  const now = deps.clock.now();
  return {
    id: deps.codes.newRowId(now),
    appId: app.id,
    revision: 1,
    handle,
    userId: deps.codes.newRowId(now),
    uid: deps.codes.newId(),
    metaData,
    locale,
    signupProvider: '',
    createdAt: now,
    updatedAt: now,
    ...fields,
  };
}

/** Stores a new row, or what becomes of the one the handle has. */
export async function putSignup(
  deps: Pick<Deps, 'store' | 'clock'>,
  fresh: Signup,
  changed: (current: Signup) => Signup | Promise<Signup>,
): Promise<Signup> {
  const { signups } = deps.store;
  try {
    await signups.insert(fresh);
    return fresh;
  } catch (error) {
    if (!isHostError(error, 'handle_taken')) throw error;
  }
  const stored = await change(
    deps.clock,
    signups,
    () => signups.findByHandle(fresh.appId, fresh.handle),
    changed,
  );
  // Removed between the two: there is room for a new row.
  return stored?.after ?? putSignup(deps, fresh, changed);
}

/** The requests of a signup that waits, the oldest first; each lives `SIGNUP_HOURS`. */
function liveRequests(
  { config, clock }: Pick<Deps, 'config' | 'clock'>,
  signup: Signup | undefined,
): readonly SignupRequest[] {
  if (signup?.status !== 'pending') return [];
  const { passwordHash, metaData, locale, updatedAt } = signup;
  const requests = signup.requests ?? [{ passwordHash, metaData, locale, askedAt: updatedAt }];
  const oldest = clock.now() - config.signupHours * HOUR_MS;
  return requests.filter(({ askedAt }) => askedAt > oldest);
}

function hashesOf(requests: readonly SignupRequest[]): string[] {
  return requests.flatMap(({ passwordHash }) => passwordHash ?? []);
}

/** The wish's own hash, or another one when the first request came after it was made. */
async function comparableHash(
  deps: RequestDeps,
  { password, passwordHash }: Wish,
  live: readonly SignupRequest[],
): Promise<string> {
  const { areComparable } = deps.passwords;
  const hashes = hashesOf(live);
  // Imported ones of another kind have nothing to be compared by.
  const apart = hashes.some((hash) => areComparable(hash, hash));
  return apart && !hashes.some((hash) => areComparable(hash, passwordHash))
    ? deps.passwords.hash(password, hashes)
    : passwordHash;
}

/** Those that were made with another password, or with none. */
async function withoutPassword(
  deps: RequestDeps,
  requests: readonly SignupRequest[],
  { password, passwordHash }: Pick<Wish, 'password' | 'passwordHash'>,
): Promise<SignupRequest[]> {
  const others: SignupRequest[] = [];
  for (const request of requests) {
    const stored = request.passwordHash;
    const same =
      stored !== undefined &&
      (deps.passwords.areComparable(stored, passwordHash)
        ? stored === passwordHash
        : await deps.passwords.matches(password, stored));
    if (!same) others.push(request);
  }
  return others;
}

function withNewCode(deps: RequestDeps, signup: Signup, { code, kind }: NewCode): Signup {
  const steps = [...new Set([...(signup.steps ?? []), 'sent' as const])];
  return { ...signup, kind, code: storedCode(deps, signup, code), steps };
}

function storedCode(deps: RequestDeps, { appId, id, updatedAt }: Signup, code: string) {
  const expiresAt = updatedAt + deps.config.signupHours * HOUR_MS;
  return deps.codes.stored({ purpose: 'signup', appId, subject: id, code, expiresAt });
}
