import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../model/app.ts';
import { DAY_MS } from '../model/duration.ts';
import type { User } from '../model/user.ts';
import type { Deps } from '../ports/deps.ts';
import type { Attempt, WaitPolicy } from '../ports/store/counters.ts';
import { changeUser } from './change.ts';
import { lowered } from './password-rules.ts';
import { countGuess } from './spray.ts';

export type AttemptDeps = Pick<
  Deps,
  'config' | 'store' | 'passwords' | 'clock' | 'events' | 'metrics' | 'handleRef'
>;
/** Who is named in events: the user, or a handle nobody has. */
type Who = { userId: string } | { handleRef: string };
type SecondFactor = 'totp' | 'sms' | 'recovery';

const BUSY_STEP_MS = 25;
const BUSY_STEPS = 80;

/**
 * Whether this is the user's password; false also while the account waits, without judging. An attempt is counted before it is judged, for
 * unknown handles as for known ones, and costs one hash either way (security rules 11, 16, 19). A wrong one may start the account's wait
 * or, by the app's `maxLoginAttempts`, lock it; a right one forgives the wrong passwords and renews an outdated hash.
 */
export async function judgePassword(
  deps: AttemptDeps,
  input: { app: App; user: User | undefined; handle: string; password: string },
): Promise<boolean> {
  const { app, user, password } = input;
  const method = 'password';
  const key = passwordKey(deps, app, user?.handle ?? input.handle);
  const who = user ? { userId: user.id } : { handleRef: deps.handleRef(app.id, input.handle) };
  if (!(await admitted(deps, key, { who, method }))) return false;
  const stored = user?.passwordHash ?? deps.passwords.decoyHash;
  const right = await judged(deps, key, () => matchingSpelling(deps, password, stored));
  if (user?.passwordHash && right !== undefined) {
    await deps.store.counters.remove(key);
    await renewHash(deps, user, user.passwordHash, right);
    return true;
  }
  const failures = await deps.store.counters.fail(key, waitPolicy(deps));
  loginFailed(deps, { who, method, reason: 'password', failures });
  await countGuess(deps, app, 'password');
  if (user && app.maxLoginAttempts > 0 && failures >= app.maxLoginAttempts) {
    await lock(deps, user, failures);
  }
  return false;
}

/**
 * Judges a second factor under the account's own wait and the day's budget, both counted before the check. A right password does not
 * clear them, else fresh login tokens would give fresh tries for ever (security rule 15); a right factor does.
 */
export async function judgeSecondFactor(
  deps: AttemptDeps,
  input: {
    app: App;
    user: User;
    check: () => Promise<'right' | 'wrong' | 'replayed'>;
    method: SecondFactor;
  },
): Promise<boolean> {
  const { app, user, check, method } = input;
  const who = { userId: user.id };
  const key = factorKey(app, user);
  if (!(await admitted(deps, key, { who, method }))) return false;
  const now = deps.clock.now();
  const budget = `factor-day/${app.id}/${user.id}`;
  const cap = deps.config.secondFactorTriesPerDay;
  const inBudget = await deps.store.counters.increment(budget, { now, cap, expiresAt: now + DAY_MS });
  const verdict = inBudget === undefined ? 'over budget' : await judged(deps, key, check);
  if (verdict === 'right') {
    await deps.store.counters.decrement(budget);
    await deps.store.counters.remove(key);
    return true;
  }
  const failures = await deps.store.counters.fail(key, waitPolicy(deps));
  if (verdict === 'replayed') deps.events.emit('totp_replayed', { userId: user.id });
  else loginFailed(deps, { who, method, reason: verdict === 'wrong' ? 'code' : 'budget', failures });
  await countGuess(deps, app, 'code');
  return false;
}

/** A finished reset ends the waits and the lock of an account (design §13); the day's budget of second factors stays. */
export async function forgiveAccount(
  deps: Pick<Deps, 'store' | 'events' | 'handleRef'>,
  { app, user }: { app: App; user: User },
): Promise<void> {
  await deps.store.counters.remove(passwordKey(deps, app, user.handle));
  await deps.store.counters.remove(factorKey(app, user));
  let wasLocked = false;
  await changeUser(deps, user, (current) => {
    wasLocked = current.lockedAt !== undefined;
    return wasLocked ? { ...current, lockedAt: undefined } : undefined;
  });
  if (wasLocked) deps.events.emit('account_unlocked', { userId: user.id, by: 'reset' });
}

/** Reserves an attempt; asks again for a moment while as many as may be judged are being judged. */
async function admitted(
  deps: AttemptDeps,
  key: string,
  { who, method }: { who: Who; method: string },
): Promise<boolean> {
  let attempt: Attempt = await deps.store.counters.attempt(key, waitPolicy(deps));
  for (let step = 0; attempt.state === 'busy' && step < BUSY_STEPS; step++) {
    await pause(BUSY_STEP_MS);
    attempt = await deps.store.counters.attempt(key, waitPolicy(deps));
  }
  if (attempt.state === 'admitted') return true;
  const waitSeconds = attempt.state === 'waiting' ? Math.ceil(attempt.waitMs / 1000) : 0;
  deps.events.emit('login_delayed', { ...who, method, waitSeconds, failures: attempt.failures });
  deps.metrics.login('delayed');
  return false;
}

/** Runs a check; when it cannot be made (overload, database away) the attempt is given back. */
async function judged<T>(deps: AttemptDeps, key: string, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    await deps.store.counters.decrement(key);
    throw error;
  }
}

function waitPolicy(deps: Pick<Deps, 'config' | 'clock'>): WaitPolicy {
  return {
    now: deps.clock.now(),
    free: deps.config.passwordWaitAfter,
    maxWaitMs: deps.config.passwordWaitMaxSeconds * 1000,
    forgetAfterMs: DAY_MS,
  };
}

function passwordKey(deps: Pick<Deps, 'handleRef'>, app: App, handle: string): string {
  return `password/${app.id}/${deps.handleRef(app.id, handle)}`;
}

function factorKey(app: App, user: User): string {
  return `factor/${app.id}/${user.id}`;
}

function loginFailed(
  deps: Pick<Deps, 'events' | 'metrics'>,
  { who, ...fields }: { who: Who; method: string; reason: string; failures: number },
): void {
  deps.events.emit('login_failed', { ...who, ...fields });
  deps.metrics.login('failed');
}

/** Blocks log-in until a reset or the portal lifts it; tokens stay (design §13). */
async function lock(deps: AttemptDeps, user: User, failures: number): Promise<void> {
  let locks = false;
  await changeUser(deps, user, (current) => {
    locks = current.lockedAt === undefined;
    return locks ? { ...current, lockedAt: deps.clock.now() } : undefined;
  });
  if (locks) deps.events.emit('account_locked', { userId: user.id, failures, by: 'attempts' });
}

/** Accounts of before may have been made with the MD5 in upper case, as it came; today it is lowered. Undefined when neither matches. */
async function matchingSpelling(
  deps: Pick<Deps, 'passwords'>,
  password: string,
  stored: string,
): Promise<string | undefined> {
  for (const spelling of new Set([lowered(password), password])) {
    if (await deps.passwords.matches(spelling, stored)) return spelling;
  }
  return undefined;
}

/** Replaces an imported or weaker hash, or one of another spelling than today's, unless the password changed meanwhile. The log-in does not fail because there is no time for it. */
async function renewHash(deps: AttemptDeps, user: User, outdated: string, spelling: string): Promise<void> {
  const password = lowered(spelling);
  if (!deps.passwords.needsRehash(outdated) && spelling === password) return;
  const passwordHash = await deps.passwords.hash(password).catch(() => undefined);
  if (!passwordHash) return;
  let renewed = false;
  await changeUser(deps, user, (current) => {
    renewed = current.passwordHash === outdated;
    return renewed ? { ...current, passwordHash } : undefined;
  });
  const from = outdated.startsWith('$2') ? 'bcrypt' : 'argon2id';
  if (renewed) deps.events.emit('password_rehashed', { userId: user.id, from });
}
