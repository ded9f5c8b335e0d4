import type { App } from '../../model/app.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { Origin } from '../../ports/origin.ts';
import type { AttemptLimit, WaitPolicy } from '../../ports/store/counters.ts';
import { DAY_MS } from '../../tools/duration.ts';
import { isKnownNetwork } from '../users/known-networks.ts';
import { earlyEndOf } from '../users/renewed-sessions.ts';

export type LimitDeps = Pick<Deps, 'config' | 'clock' | 'origin' | 'handleRef'>;

/** So many sources may use up their free guesses before the account as a whole waits. */
const SOURCES = 6;
/** How much longer an account may wait than one source. */
const ACCOUNT_WAIT = 2;

/** Whose password is guessed: a user, or a handle nobody has. */
export interface Account {
  app: App;
  user: User | undefined;
  handle: string;
}

/**
 * What a log-in's password is counted under, the guesser's own place first: so many strangers may guess and
 * wait without making the owner wait. The account as a whole waits only after `SOURCES` times as many in a
 * day; who comes from a network of the user's or with a token of theirs does not wait for those, but has a
 * budget of the same size, which all of them share.
 */
export async function loginLimits(deps: LimitDeps, account: Account): Promise<AttemptLimit[]> {
  const { origin } = deps;
  const name = accountName(deps, account);
  const bySource = (place: string) => ({ key: `password/${name}/${place}`, policy: sourcePolicy(deps) });
  const own = bySource(origin.bucket());
  const trusted = await isTrusted(deps, account);
  if (trusted) return [own, { key: `password-trusted/${name}`, policy: accountPolicy(deps) }];
  const all = { key: `password-all/${name}`, policy: accountPolicy(deps) };
  const site = origin.site();
  return site === undefined ? [own, all] : [own, all, bySource(site)];
}

/** What the password of somebody who is logged in already is counted under: strangers have no part in it. */
export function sessionLimit(deps: LimitDeps, account: Account): AttemptLimit {
  return { key: `password-session/${accountName(deps, account)}`, policy: sourcePolicy(deps) };
}

/** What second factors are counted under: whoever tries one has the password or a token. */
export function factorLimit(deps: LimitDeps, app: App, user: User): AttemptLimit {
  return {
    key: `factor/${accountName(deps, { app, user, handle: user.handle })}`,
    policy: sourcePolicy(deps),
  };
}

/** When the account as a whole may be tried again, wherever from; undefined when it does not wait. */
export async function accountWaitsUntil(
  deps: LimitDeps & Pick<Deps, 'store'>,
  app: App,
  user: User,
): Promise<number | undefined> {
  const name = accountName(deps, { app, user, handle: user.handle });
  const keys = [`password-all/${name}`, factorLimit(deps, app, user).key];
  const now = deps.clock.now();
  const ends = await Promise.all(keys.map((key) => deps.store.counters.waitsUntil(key, now)));
  const last = Math.max(...ends.map((end = 0) => end));
  return last > 0 ? last : undefined;
}

/** Changes with `waitsEnded`, so that what was counted before means nothing any more. */
export function accountName(deps: LimitDeps, { app, user, handle }: Account): string {
  return user
    ? `${app.id}/${user.id}/${user.waitsEnded ?? 0}`
    : `${app.id}/${deps.handleRef(app.id, handle)}/-`;
}

/**
 * Whether the request comes from a network of the user's or with a token of theirs: strangers cannot use up
 * what such requests have apart. Known and unknown handles cost the same: a token that came along is verified
 * for either.
 */
export async function isTrusted(deps: LimitDeps, { app, user }: Omit<Account, 'handle'>): Promise<boolean> {
  const token = await deps.origin.session();
  if (!user) return false;
  if (isKnownNetwork(deps, user)) return true;
  if (token?.appId !== app.id || (token.epoch ?? 0) !== user.epoch) return false;
  const isTheirs = token.userId ? token.userId === user.id : token.handle === user.handle;
  return isTheirs && !wasEnded(deps, user, token);
}

/** A token that was ended proves nothing: it may have been stolen. */
function wasEnded(
  { clock }: LimitDeps,
  user: User,
  token: NonNullable<Awaited<ReturnType<Origin['session']>>>,
): boolean {
  const { authTime = token.issuedAt } = token;
  const end = earlyEndOf(user, { ...token, authTime }, clock.now());
  return end !== undefined && !(token.expired && end === 'forgotten');
}

function sourcePolicy({ config, clock }: LimitDeps): WaitPolicy {
  return {
    now: clock.now(),
    free: config.passwordWaitAfter,
    maxWaitMs: config.passwordWaitMaxSeconds * 1000,
    forgetAfterMs: DAY_MS,
  };
}

function accountPolicy({ config, clock }: LimitDeps): WaitPolicy {
  return {
    now: clock.now(),
    free: SOURCES * config.passwordWaitAfter,
    maxWaitMs: ACCOUNT_WAIT * config.passwordWaitMaxSeconds * 1000,
    forgetAfterMs: DAY_MS,
    fixedWindow: true,
  };
}
