import type { App } from '../../model/app.ts';
import type { StoredCode } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { CodePurpose } from '../../ports/security/codes.ts';
import { DAY_MS, MINUTE_MS } from '../../tools/duration.ts';
import { countGuess } from './guessing-alarm.ts';
import type { BudgetDeps } from './message-budgets.ts';

export type CodeDeps = BudgetDeps & Pick<Deps, 'codes'>;

/** Digits of a code that a person types, and of a link's: 128 bits, which nobody guesses. */
const TYPED_DIGITS = 6;
const LINK_DIGITS = 39;
/** Tries at a mailed code from all places together, in those of one place. */
const PLACES = 3;

interface Judged {
  app: App;
  purpose: CodePurpose;
  subject: string;
  stored: StoredCode | undefined;
  code: string;
  who: { userId?: string | undefined; handle: string };
  evenExpired?: boolean;
  /**
   * Who tries it comes from where strangers do not, and has tries left when those used theirs up
   * (`isTrusted`).
   */
  trusted?: boolean;
  /** The stored code is one of a link. */
  ofLink?: boolean;
}

/**
 * Whether `code` is the stored one. Each try is counted in the store before the comparison, so that of any
 * number of simultaneous guesses at most so many are judged; a right one is given back, and using the code up
 * is the caller's conditional write. A code by SMS for a log-in or a number has `CODE_TRIES` in all. A mailed
 * one has as many for each place and three times as many in all, of which strangers cannot take those of the
 * place that asked for it, and as many again for all that are `trusted`; invites count by handle and day, so
 * that nobody voids them. What cannot be the code is refused uncounted, and so is a wrong code of a link.
 * Expired, voided and absent codes are wrong; with `evenExpired` the caller looks at the time itself.
 */
export async function judgeCode(deps: CodeDeps, input: Judged): Promise<boolean> {
  return (await judgeOneOf(deps, input, [input])) !== undefined;
}

/** Which invitation of a handle the code opens; one try is counted, whatever their number. */
export function judgeInvites<T extends { id: string; code?: StoredCode }>(
  deps: CodeDeps,
  input: { app: App; handle: string; code: string; invites: readonly T[] },
): Promise<T | undefined> {
  const { app, handle, code, invites } = input;
  const candidates = invites.map((invite) => ({ subject: invite.id, stored: invite.code, invite }));
  const found = judgeOneOf(deps, { app, purpose: 'invite', code, who: { handle } }, candidates);
  return found.then((candidate) => candidate?.invite);
}

async function judgeOneOf<C extends Pick<Judged, 'subject' | 'stored'>>(
  deps: CodeDeps,
  input: Omit<Judged, 'subject' | 'stored'>,
  candidates: readonly C[],
): Promise<C | undefined> {
  const { app, purpose, code, evenExpired = false, ofLink = false } = input;
  const fits = code.length === (ofLink ? LINK_DIGITS : TYPED_DIGITS);
  const possible = candidates.filter(({ stored }) => stored && fits);
  const right = () =>
    possible.find(
      ({ subject, stored }) => stored && deps.codes.matches(purpose, app.id, subject, code, stored.digest),
    );
  if (code.length !== TYPED_DIGITS) {
    const found = right();
    if (found && (evenExpired || (await isInTime(deps, found)))) return found;
    return refuse(deps, input, { reason: found ? 'expired' : 'form', triesLeft: 0 });
  }
  const tries = triesOf(deps, input, possible);
  const { triesLeft, counted } = await countTry(deps, input, tries);
  if (triesLeft === undefined) return refuse(deps, input, { reason: 'voided', triesLeft: 0 });
  const found = right();
  if (!found) {
    if (possible.length > 0) return refuse(deps, input, { reason: 'wrong', triesLeft });
    const isThere = candidates.some(({ stored }) => stored);
    return refuse(deps, input, { reason: isThere ? 'form' : 'unknown', triesLeft: 0 });
  }
  const [inTime] = await Promise.all([
    evenExpired || isInTime(deps, found),
    deps.store.counters.release(counted.map((key) => ({ key, waitedUntil: 0 }))),
  ]);
  return inTime ? found : refuse(deps, input, { reason: 'expired', triesLeft: 0 });
}

/** What was refused as late stays refused when the clock is set back (threats F24). */
async function isInTime(
  deps: Pick<CodeDeps, 'store' | 'clock'>,
  { stored }: Pick<Judged, 'stored'>,
): Promise<boolean> {
  if (!stored) return false;
  const now = deps.clock.now();
  const key = `code-late/${stored.id}`;
  if (stored.expiresAt > now) return (await deps.store.counters.read(key, now)) === 0;
  await deps.store.counters.set(key, 1, now + DAY_MS);
  return false;
}

/**
 * What a try is counted under; without `cap` only counted. `beyond`: what is counted in its place once the
 * cap is reached.
 */
interface TryLimit {
  key: string;
  cap?: number;
  expiresAt: number;
  beyond?: { key: string; cap: number };
}

/**
 * Each purpose has its number of writes, whether there is a code or not, so that time does not tell of one.
 */
function triesOf(
  deps: CodeDeps,
  { app, purpose, who, trusted = false }: Omit<Judged, 'subject' | 'stored'>,
  possible: readonly Pick<Judged, 'stored'>[],
): TryLimit[] {
  const { codeTries } = deps.config;
  const bucket = deps.origin.bucket();
  const now = deps.clock.now();
  const subject = `${app.id}/${deps.handleRef(app.id, who.handle)}`;
  if (purpose === 'invite') {
    const today = { expiresAt: now + DAY_MS };
    const key = `invite-tries/${subject}`;
    return [
      { key: `${key}/${bucket}`, cap: codeTries, ...today },
      { key, cap: PLACES * codeTries, ...today },
    ];
  }
  const stored = possible[0]?.stored;
  const places = purpose === 'signup' || purpose === 'reset';
  if (!stored) {
    const nobody = { key: `no-code/${subject}`, expiresAt: now + MINUTE_MS };
    return places ? [nobody, nobody] : [nobody];
  }
  const all = { key: `code/${stored.id}`, expiresAt: Math.max(stored.expiresAt, now + DAY_MS) };
  if (!places) return [{ ...all, cap: codeTries }];
  // Others cannot use up what is counted only after a cap of one's own.
  const ownPlace = stored.asker === bucket;
  return [
    { ...all, key: `${all.key}/${bucket}`, cap: codeTries },
    {
      ...all,
      ...(!ownPlace && { cap: PLACES * codeTries }),
      ...(trusted && { beyond: { key: `${all.key}/trusted`, cap: codeTries } }),
    },
  ];
}

/**
 * Counts one after the other, for what the first refuses must not count in all. No `triesLeft`: there was
 * none.
 */
async function countTry(
  deps: CodeDeps,
  { app, who }: Omit<Judged, 'subject' | 'stored'>,
  tries: readonly TryLimit[],
): Promise<{ triesLeft: number | undefined; counted: readonly string[] }> {
  const now = deps.clock.now();
  const nobody = {
    key: `no-code/${app.id}/${deps.handleRef(app.id, who.handle)}`,
    expiresAt: now + MINUTE_MS,
  };
  const counted: string[] = [];
  let left: number | undefined = Number.POSITIVE_INFINITY;
  for (const limit of tries) {
    if (left === undefined) {
      await count(deps, nobody);
      continue;
    }
    const own = await count(deps, limit);
    const used = own === undefined && limit.beyond ? { ...limit, ...limit.beyond } : limit;
    const tried = used === limit ? own : await count(deps, used);
    if (tried !== undefined) counted.push(used.key);
    left = tried === undefined ? undefined : Math.min(left, (used.cap ?? Number.POSITIVE_INFINITY) - tried);
  }
  return { triesLeft: left, counted };
}

function count({ store, clock }: CodeDeps, { key, cap, expiresAt }: TryLimit): Promise<number | undefined> {
  const limit = { now: clock.now(), expiresAt, ...(cap !== undefined && { cap }) };
  return store.counters.increment(key, limit);
}

async function refuse(
  deps: CodeDeps,
  input: Omit<Judged, 'subject' | 'stored'>,
  { reason, triesLeft }: { reason: string; triesLeft: number },
): Promise<undefined> {
  const { app, purpose } = input;
  // A second factor's failure is `login_failed`, and its end that of the login token: both are counted where
  // all factors are.
  if (purpose === 'sms' || purpose === 'recovery') return undefined;
  const who = named(deps, input);
  deps.events.emit('code_failed', { ...who, purpose, reason, triesLeft });
  if (reason === 'wrong' && triesLeft === 0) deps.events.emit('code_exhausted', { ...who, purpose });
  // What meets a voided code was not judged, and what cannot be a code is no guess.
  if (reason !== 'voided' && reason !== 'form') await countGuess(deps, app, 'code');
  return undefined;
}

function named(
  deps: CodeDeps,
  { app, who }: Pick<Judged, 'app' | 'who'>,
): { userId: string } | { handleRef: string } {
  return who.userId ? { userId: who.userId } : { handleRef: deps.handleRef(app.id, who.handle) };
}
