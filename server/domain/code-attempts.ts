import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../model/app.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../model/duration.ts';
import type { StoredCode } from '../model/user.ts';
import type { Deps } from '../ports/deps.ts';
import type { CodePurpose } from '../ports/security.ts';
import { countGuess } from './spray.ts';

export type CodeDeps = Pick<Deps, 'config' | 'store' | 'codes' | 'clock' | 'events' | 'handleRef' | 'origin'>;

/** Digits of a link's code: 128 bits, which nobody guesses. */
const LINK_CODE_DIGITS = 39;
const TAKEN_STEP_MS = 25;
const TAKEN_STEPS = 40;

/**
 * Whether `code` is the stored one. Each wrong try is counted in the store before the comparison, so that of any number of simultaneous
 * guesses at most `CODE_TRIES` are judged (security rule 11); a right one is given back, and using the code up is the caller's conditional
 * write. Expired, voided and absent codes are wrong; with `evenExpired` the caller looks at the time itself.
 */
export async function judgeCode(
  deps: CodeDeps,
  input: {
    app: App;
    purpose: CodePurpose;
    subject: string;
    stored: StoredCode | undefined;
    code: string;
    who: { userId?: string; handle: string };
    evenExpired?: boolean;
  },
): Promise<boolean> {
  const { app, purpose, subject, stored, code, who, evenExpired = false } = input;
  const { counters } = deps.store;
  const now = deps.clock.now();
  const cap = deps.config.codeTries;
  // Each way costs the one write of a live code, so that time does not tell of one (security rule 19).
  if (!stored) {
    const nobody = `no-code/${app.id}/${deps.handleRef(app.id, who.handle)}`;
    await counters.increment(nobody, { now, expiresAt: now + MINUTE_MS });
    return refuse(deps, input, { reason: 'unknown', triesLeft: 0 });
  }
  const key = `code/${stored.id}`;
  if (stored.expiresAt <= now && !evenExpired) {
    // What was refused as late stays refused when the clock is set back (security.md F24).
    await counters.set(key, cap, now + DAY_MS);
    return refuse(deps, input, { reason: 'expired', triesLeft: 0 });
  }
  const count = () =>
    counters.increment(key, { now, cap, expiresAt: Math.max(stored.expiresAt, now + DAY_MS) });
  const matches = () => deps.codes.matches(purpose, app.id, subject, code, stored.digest);
  let tries = await count();
  // Simultaneous clicks on one link hold all tries until they are given back. Only who has the right link waits: time tells nobody else.
  const waits = tries === undefined && code.length === LINK_CODE_DIGITS && matches();
  for (let step = 0; waits && tries === undefined && step < TAKEN_STEPS; step++) {
    await pause(TAKEN_STEP_MS);
    tries = await count();
  }
  if (tries === undefined) return refuse(deps, input, { reason: 'voided', triesLeft: 0 });
  if (matches()) {
    await counters.decrement(key);
    return true;
  }
  return refuse(deps, input, { reason: 'wrong', triesLeft: cap - tries });
}

interface CodeBudget {
  app: App;
  /** A handle, a user's id or a phone number. */
  subject: string;
  purpose: CodePurpose;
}

/**
 * Whether one more code may be sent to this handle, user or number: `CODES_PER_HOUR` and `CODES_PER_DAY` per app, subject and purpose,
 * counted here. On false the caller acts as if it had been sent (design §13).
 */
export async function admitCode(deps: CodeDeps, budget: CodeBudget): Promise<boolean> {
  const now = deps.clock.now();
  const caps = { hour: deps.config.codesPerHour, day: deps.config.codesPerDay };
  for (const { window, ms, key } of windowsOf(deps, budget)) {
    const expiresAt = now + ms;
    if ((await deps.store.counters.increment(key, { now, cap: caps[window], expiresAt })) !== undefined)
      continue;
    const { app, subject, purpose } = budget;
    deps.events.emit('code_limited', { handleRef: deps.handleRef(app.id, subject), purpose, window });
    return false;
  }
  return true;
}

/** Sends what was admitted. When that fails nobody got anything: the budget is given back, so that the same person can try again. */
export async function sendAdmitted(
  deps: CodeDeps,
  budget: CodeBudget,
  send: () => Promise<void>,
): Promise<void> {
  try {
    await send();
  } catch (error) {
    for (const { key } of windowsOf(deps, budget)) await deps.store.counters.decrement(key);
    throw error;
  }
}

function windowsOf(deps: CodeDeps, { app, subject, purpose }: CodeBudget) {
  const keyOf = (window: string) => `codes-${window}/${app.id}/${purpose}/${deps.handleRef(app.id, subject)}`;
  return [
    { window: 'hour', ms: HOUR_MS, key: keyOf('hour') },
    { window: 'day', ms: DAY_MS, key: keyOf('day') },
  ] as const;
}

type Judged = Parameters<typeof judgeCode>[1];

async function refuse(
  deps: CodeDeps,
  input: Judged,
  { reason, triesLeft }: { reason: string; triesLeft: number },
): Promise<false> {
  const { app, purpose } = input;
  // A second factor's failure is `login_failed`, and its end that of the login token: both are counted where all factors are.
  if (purpose === 'sms' || purpose === 'recovery') return false;
  const who = named(deps, input);
  deps.events.emit('code_failed', { ...who, purpose, reason, triesLeft });
  if (reason === 'wrong' && triesLeft === 0) deps.events.emit('code_exhausted', { ...who, purpose });
  // What meets a voided code was not judged.
  if (reason !== 'voided') await countGuess(deps, app, 'code');
  return false;
}

function named(deps: CodeDeps, { app, who }: Judged): { userId: string } | { handleRef: string } {
  return who.userId ? { userId: who.userId } : { handleRef: deps.handleRef(app.id, who.handle) };
}
