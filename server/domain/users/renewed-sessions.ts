import type { Session } from '../../model/caller.ts';
import type { RenewedSession, User } from '../../model/user.ts';
import { CLOCK_JUMP_MS } from '../../ports/clock.ts';
import { MINUTE_MS } from '../../tools/duration.ts';

/** So long a renewed token counts, for those whose answer was lost. */
const GRACE_MS = MINUTE_MS;
/** How often one token can be renewed in that time. */
const SUCCESSORS_MAX = 5;
/** Renewed sessions of a user; the one renewed longest ago ends for another. */
const SESSIONS_MAX = 50;
/** Tokens of a session that count at the same time; the first end for others. */
const TOKENS_MAX = 32;
/** Ended sessions that are remembered one by one; half of them may have ended for others. */
const ENDS_MAX = 200;

type Token = Pick<Session, 'sid' | 'jti' | 'number' | 'authTime'>;
/** One that can be renewed, and ended by itself: those of an old installation have no name or no end. */
export type NamedToken = Token & { sid: string; expiresAt: number };

/** Narrows to a token that has a name and an end. */
export function isNamed<T extends Token & Pick<Session, 'expiresAt'>>(token: T): token is T & NamedToken {
  return token.sid !== undefined && token.expiresAt !== undefined;
}

/**
 * Whether a token was ended before its time: `renewed` when others took its place, `ended` with its session,
 * `forgotten` when nothing is known of the session any more, as is so once all its tokens have expired.
 */
export function earlyEndOf(
  user: User,
  token: Token,
  now: number,
): 'renewed' | 'ended' | 'forgotten' | undefined {
  const { sid, jti, number, authTime } = token;
  if (sid === undefined) return undefined;
  // An earlier host on the same database ends the token itself, whichever it is.
  if (user.revokedTokens.some((ended) => ended.jti === sid || ended.jti === jti)) return 'ended';
  const session = user.sessions?.find((renewed) => renewed.sid === sid);
  if (!session) return number > 0 || authTime < (user.sessionsSince ?? 0) ? 'forgotten' : undefined;
  const known = session.tokens.find((each) => each.number === number);
  return known && isCounting(known, now) ? undefined : 'renewed';
}

/**
 * The record once a token was renewed that counts, and the number of its successor, which ends at
 * `expiresAt`; undefined when it was renewed as often as it can be.
 */
export function withRenewal(
  user: User,
  token: NamedToken,
  { now, expiresAt }: { now: number; expiresAt: number },
): { user: User; number: number } | undefined {
  const session = user.sessions?.find(({ sid }) => sid === token.sid) ?? firstOf(token, now);
  const renewed = session.tokens.find(({ number }) => number === token.number);
  const successors = renewed?.successors ?? 0;
  if (!renewed || successors >= SUCCESSORS_MAX) return undefined;
  const number = session.last + 1;
  const tokens = session.tokens
    .filter((each) => isCounting(each, now))
    .map((each) =>
      each === renewed ? { ...each, renewedAt: each.renewedAt ?? now, successors: successors + 1 } : each,
    );
  const after = {
    ...session,
    last: number,
    renewedAt: now,
    tokens: [...tokens, { number, expiresAt }].slice(-TOKENS_MAX),
  };
  return { user: withSession(user, after, now), number };
}

/**
 * The record once the session of a token ended, whichever of its tokens it is; undefined when as many ends
 * are remembered as can be.
 */
export function withoutSession(user: User, token: NamedToken, now: number): User | undefined {
  const session = user.sessions?.find(({ sid }) => sid === token.sid);
  const ends = rememberedEnds(user, now);
  if (ends.length >= ENDS_MAX) return undefined;
  return {
    ...user,
    sessions: user.sessions?.filter((each) => each !== session),
    revokedTokens: [...ends, { jti: token.sid, expiresAt: session?.firstEndsAt ?? token.expiresAt }],
  };
}

/** The record once every session ended, renewed or not, with the authenticator that one was setting up. */
export function withoutSessions(user: User, now: number): User {
  const { sessions, sessionsSince, pendingTotp, ...rest } = user;
  return { ...rest, epoch: user.epoch + 1, revokedTokens: [], sessionsEndedAt: now };
}

function firstOf({ sid, number, authTime, expiresAt }: NamedToken, now: number): RenewedSession {
  const tokens = [{ number, expiresAt }];
  return { sid, last: number, authTime, firstEndsAt: expiresAt, renewedAt: now, tokens };
}

/** Of a clock that was set back nobody has any good. */
function isCounting({ renewedAt }: RenewedSession['tokens'][number], now: number): boolean {
  return renewedAt === undefined || Math.abs(now - renewedAt) < GRACE_MS;
}

function withSession(user: User, session: RenewedSession, now: number): User {
  const others = (user.sessions ?? []).filter(
    (each) => each.sid !== session.sid && lastEndOf(each) > now - CLOCK_JUMP_MS,
  );
  others.sort((one, other) => one.renewedAt - other.renewedAt);
  const ended = others.splice(0, others.length + 1 - SESSIONS_MAX);
  const renewed: User = { ...user, sessions: [...others, session] };
  return ended.reduce((rest, each) => withEnd(rest, each, now), renewed);
}

/**
 * Remembers the end of a session, or its log-in's own token would count again: by name, or when there is no
 * room left, by when it began.
 */
function withEnd(user: User, { sid, firstEndsAt, authTime }: RenewedSession, now: number): User {
  if (firstEndsAt <= now - CLOCK_JUMP_MS) return user;
  const ends = rememberedEnds(user, now);
  if (ends.length < ENDS_MAX / 2) {
    return { ...user, revokedTokens: [...ends, { jti: sid, expiresAt: firstEndsAt }] };
  }
  return { ...user, sessionsSince: Math.max(user.sessionsSince ?? 0, authTime + 1) };
}

function rememberedEnds({ revokedTokens }: User, now: number): User['revokedTokens'] {
  return revokedTokens.filter(({ expiresAt }) => expiresAt > now - CLOCK_JUMP_MS);
}

function lastEndOf({ firstEndsAt, tokens }: RenewedSession): number {
  return Math.max(firstEndsAt, ...tokens.map(({ expiresAt }) => expiresAt));
}
