import type { App } from '../../model/app.ts';
import type { FactorMethod } from '../../model/factor.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { AttemptLimit, Reservation } from '../../ports/store/counters.ts';
import { DAY_MS } from '../../tools/duration.ts';
import { Turns } from '../../tools/turns.ts';
import { changeUser, wasChanged } from '../users/change.ts';
import { decoyFor } from '../users/password-kinds.ts';
import { type HintDeps, hintAt } from './developer-hint.ts';
import { countGuess } from './guessing-alarm.ts';
import { standIn } from './stand-in.ts';
import { isJudgeable, matchingSpelling, renewHash, type TypedPassword } from './stored-password.ts';
import { type Account, accountName, factorLimit, loginLimits, sessionLimit } from './wait-limits.ts';

export type AttemptDeps = HintDeps &
  Pick<Deps, 'store' | 'passwords' | 'clock' | 'events' | 'metrics' | 'figures' | 'handleRef' | 'origin'>;
/** Who is named in events: the user, or a handle nobody has. */
type Who = { userId: string } | { handleRef: string };

const BUSY_STEP_MS = 25;
const BUSY_STEPS = 80;
const turns = new Turns();
/** Failures in a row are forgotten this long after the first of them. */
const ROW_MS = 30 * DAY_MS;

/** What came of a typed password. `forgiven`: what was counted before a right one is taken back. */
interface Verdict {
  right: boolean;
  forgiven: Promise<unknown>;
}
type Judged = Account & TypedPassword & { loggedIn?: boolean };
const WRONG: Verdict = { right: false, forgiven: Promise.resolve() };

/**
 * Whether this is the user's password; false also while its guesser or the account waits, without judging. An
 * attempt is counted before it is judged, for unknown handles as for known ones, and costs one hash either
 * way. A wrong one may start a wait or, by the app's `maxLoginAttempts`, lock the account; a right one
 * forgives what came from the same place and renews an outdated hash. `loggedIn`: the caller's token names
 * the user, so that nobody else is counted with them and nothing locks.
 */
export async function judgePassword(deps: AttemptDeps, input: Judged): Promise<boolean> {
  const { right, forgiven } = await passwordVerdict(deps, input);
  await forgiven;
  return right;
}

/** As `judgePassword`, and does not wait until what was counted is forgiven: the caller has to. */
export async function passwordVerdict(deps: AttemptDeps, input: Judged): Promise<Verdict> {
  const limits = input.loggedIn ? [sessionLimit(deps, input)] : await loginLimits(deps, input);
  return new Promise((resolve, reject) => {
    const judging = inTurn(deps, limits, async () => {
      const verdict = await judgeInTurn(deps, input, limits);
      resolve(verdict);
      // The turn ends only then; of a failure the caller hears.
      await verdict.forgiven.catch(() => undefined);
    });
    judging.catch(reject);
  });
}

async function judgeInTurn(
  deps: AttemptDeps,
  input: Judged,
  limits: readonly AttemptLimit[],
): Promise<Verdict> {
  const { app, user, loggedIn = false } = input;
  const method = 'password';
  const who = user ? { userId: user.id } : { handleRef: deps.handleRef(app.id, input.handle) };
  const reserved = await admitted(deps, limits, { app, who, method });
  const logsIn = loggedIn ? undefined : app;
  if (!reserved) {
    refused(deps, logsIn, 'waiting');
    return WRONG;
  }
  // Looked up for known handles too, so that both answers cost the same.
  const decoy = await decoyFor(deps, { app, handle: input.handle });
  const stored = user?.passwordHash;
  const judgeable = stored !== undefined && isJudgeable(deps, input, stored) ? stored : decoy;
  const right = await judged(deps, reserved, () => matchingSpelling(deps, input, judgeable));
  if (user?.passwordHash && right !== undefined) {
    const forgiven = forgive(deps, input, reserved);
    forgiven.catch(() => undefined);
    await renewHash(deps, user, user.passwordHash, right);
    return { right: true, forgiven };
  }
  const [failures, inARow] = await Promise.all([
    failed(deps, limits),
    loggedIn ? 0 : countInARow(deps, input),
    countGuess(deps, app, 'password'),
  ]);
  loginFailed(deps, { who, method, reason: 'password', failures });
  refused(deps, logsIn, 'password');
  if (inARow > 0 && inARow >= app.maxLoginAttempts) {
    if (user) await lock(deps, user, inARow);
    else if (inARow === app.maxLoginAttempts) {
      await standIn(deps, { app, handle: input.handle, what: 'lock' }, { writes: 1, lastsMs: ROW_MS });
    }
  }
  return WRONG;
}

/** After a right password: its own place begins anew; of the others only this attempt is taken back. */
async function forgive(
  deps: AttemptDeps,
  account: Account & { loggedIn?: boolean },
  [own, ...others]: readonly Reservation[],
): Promise<void> {
  const counted = account.app.maxLoginAttempts > 0 && !account.loggedIn;
  const begun = [own?.key, counted && inARowKey(deps, account)];
  await deps.store.counters.forgive(
    begun.filter((key) => typeof key === 'string'),
    others,
  );
}

/** Failures of the account in a row, over all places, while the app wants them counted. */
async function countInARow(deps: AttemptDeps, account: Account): Promise<number> {
  if (account.app.maxLoginAttempts === 0) return 0;
  const now = deps.clock.now();
  const key = inARowKey(deps, account);
  return (await deps.store.counters.increment(key, { now, expiresAt: now + ROW_MS })) ?? 0;
}

function inARowKey(deps: AttemptDeps, account: Account): string {
  return `password-row/${accountName(deps, account)}`;
}

/**
 * Judges a second factor under the account's own wait and the day's budget, both counted before the check. A
 * right password does not clear them, else fresh login tokens would give fresh tries for ever; a right factor
 * does.
 */
export async function judgeSecondFactor(
  deps: AttemptDeps,
  input: {
    app: App;
    user: User;
    check: () => Promise<'right' | 'wrong' | 'replayed'>;
    method: FactorMethod;
    /** No log-in to an app fails with it: for the figures alone. */
    loggedIn?: boolean;
  },
): Promise<boolean> {
  const limit = factorLimit(deps, input.app, input.user);
  return inTurn(deps, [limit], () => judgeFactorInTurn(deps, input, limit));
}

async function judgeFactorInTurn(
  deps: AttemptDeps,
  { app, user, check, method, loggedIn = false }: Parameters<typeof judgeSecondFactor>[1],
  limit: AttemptLimit,
): Promise<boolean> {
  const who = { userId: user.id };
  const reserved = await admitted(deps, [limit], { app, who, method });
  const logsIn = loggedIn ? undefined : app;
  if (!reserved) return refused(deps, logsIn, 'waiting');
  const now = deps.clock.now();
  const budget = `factor-day/${app.id}/${user.id}`;
  const cap = deps.config.secondFactorTriesPerDay;
  const inBudget = await deps.store.counters.increment(budget, { now, cap, expiresAt: now + DAY_MS });
  const verdict = inBudget === undefined ? 'over budget' : await judged(deps, reserved, check);
  if (verdict === 'right') {
    await Promise.all([deps.store.counters.decrement(budget), deps.store.counters.remove(limit.key)]);
    return true;
  }
  const [failures] = await Promise.all([failed(deps, [limit]), countGuess(deps, app, 'code')]);
  if (verdict === 'replayed') deps.events.emit('totp_replayed', { userId: user.id });
  else loginFailed(deps, { who, method, reason: verdict === 'wrong' ? 'code' : 'budget', failures });
  return refused(deps, logsIn, 'code');
}

/** No more than may be judged at once from one place ask the database at all. */
function inTurn<T>(deps: AttemptDeps, [own]: readonly AttemptLimit[], work: () => Promise<T>): Promise<T> {
  const { passwordWaitAfter: atOnce } = deps.config;
  return own ? turns.run(own.key, atOnce, work, () => deps.passwords.giveWay()) : work();
}

/** Reserves an attempt; asks again for a moment while as many as may be judged are being judged. */
async function admitted(
  deps: AttemptDeps,
  limits: readonly AttemptLimit[],
  { app, who, method }: { app: App; who: Who; method: string },
): Promise<readonly Reservation[] | undefined> {
  const { counters } = deps.store;
  const atNow = () => {
    const now = deps.clock.now();
    return limits.map(({ key, policy }) => ({ key, policy: { ...policy, now } }));
  };
  let attempt = await counters.attempt(atNow());
  for (let step = 0; attempt.state === 'busy' && step < BUSY_STEPS; step++) {
    deps.passwords.giveWay();
    await deps.clock.pause(BUSY_STEP_MS);
    // In turn: a crowd from one place must not keep the account busy for others.
    attempt = await counters.attempt(atNow(), { inTurn: true });
  }
  if (attempt.state === 'admitted') return attempt.reserved;
  if (attempt.state === 'waiting') hintAt(deps, app, 'account_waits', attempt.waitMs);
  const waitSeconds = attempt.state === 'waiting' ? Math.ceil(attempt.waitMs / 1000) : 0;
  deps.events.emit('login_delayed', { ...who, method, waitSeconds, failures: attempt.failures });
  deps.metrics.login('delayed');
  return undefined;
}

/** Runs a check; when it cannot be made (overload, database away) the attempt is given back. */
async function judged<T>(
  deps: AttemptDeps,
  reserved: readonly Reservation[],
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await check();
  } catch (error) {
    await deps.store.counters.release(reserved);
    throw error;
  }
}

/**
 * The admitted attempt was wrong: waits begin where they are due. Answers the failures counted under the
 * first limit.
 */
async function failed(deps: AttemptDeps, limits: readonly AttemptLimit[]): Promise<number> {
  const now = deps.clock.now();
  const counted = limits.map(({ key, policy }) => deps.store.counters.fail(key, { ...policy, now }));
  const [failures = 0] = await Promise.all(counted);
  return failures;
}

function loginFailed(
  deps: Pick<Deps, 'events' | 'metrics'>,
  { who, ...fields }: { who: Who; method: string; reason: string; failures: number },
): void {
  deps.events.emit('login_failed', { ...who, ...fields });
  deps.metrics.login('failed');
}

/** Counts a log-in to an app that is refused; answers false. */
function refused(deps: Pick<Deps, 'figures'>, app: App | undefined, reason: string): false {
  if (app) deps.figures.count(app.id, 'login_failed', reason);
  return false;
}

/** Blocks log-in until a reset or the portal lifts it; tokens stay. */
async function lock(deps: AttemptDeps, user: User, failures: number): Promise<void> {
  const change = await changeUser(deps, user, (current) =>
    current.lockedAt === undefined ? { ...current, lockedAt: deps.clock.now() } : undefined,
  );
  if (wasChanged(change)) deps.events.emit('account_locked', { userId: user.id, failures, by: 'attempts' });
}
