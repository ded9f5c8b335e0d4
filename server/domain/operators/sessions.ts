import type { Operator, OperatorSession } from '../../model/operator.ts';
import type { Deps } from '../../ports/deps.ts';
import { HOUR_MS, MINUTE_MS } from '../../tools/duration.ts';
import { digestOf } from './account.ts';

export type SessionDeps = Pick<Deps, 'store' | 'clock' | 'codes'>;

const IDLE_MS = 30 * MINUTE_MS;
const LIFE_MS = 12 * HOUR_MS;
/** A visit is written down when the last one is older than this. */
const NOTICE_MS = 10_000;
const STEP_UP_MS = 5 * MINUTE_MS;

/** Somebody who is signed in. */
export interface SignedIn {
  session: OperatorSession;
  operator: Operator;
}

/** A session with the text for its cookie, of which only the digest is kept. */
export interface OpenedSession {
  session: OperatorSession;
  secret: string;
}

/** Begins a session under a secret of its own. */
export async function openSession(
  deps: SessionDeps,
  operator: Operator,
  { address, userAgent, notice }: { address: string; userAgent: string; notice?: string },
): Promise<OpenedSession> {
  const now = deps.clock.now();
  const secret = deps.codes.newSecret();
  const session: OperatorSession = {
    id: deps.codes.newRowId(now),
    revision: 1,
    operatorId: operator.id,
    digest: digestOf(secret),
    epoch: operator.epoch,
    csrf: deps.codes.newSecret(),
    ...(notice !== undefined && { notice }),
    address,
    userAgent: userAgent.slice(0, 200),
    createdAt: now,
    seenAt: now,
    expiresAt: now + LIFE_MS,
  };
  await deps.store.operatorSessions.insert(session);
  return { session, secret };
}

/** Who has this cookie, if the session still counts. `extends`: false for what no person asked for. */
export async function findSession(
  deps: SessionDeps,
  secret: string,
  { extends: extending }: { extends: boolean },
): Promise<SignedIn | undefined> {
  const session = await deps.store.operatorSessions.findByDigest(digestOf(secret));
  if (!session || !isLive(deps, session)) return undefined;
  const operator = await deps.store.operators.find(session.operatorId);
  if (!operator || operator.epoch !== session.epoch) return undefined;
  const now = deps.clock.now();
  if (extending && now - (session.seenAt ?? session.createdAt) >= NOTICE_MS) {
    await deps.store.operatorSessions.touch(session.id, now);
  }
  return { session, operator };
}

function isLive({ clock }: Pick<Deps, 'clock'>, session: OperatorSession): boolean {
  const now = clock.now();
  return now < session.expiresAt && now < (session.seenAt ?? session.createdAt) + IDLE_MS;
}

/** Live sessions of an operator, newest first. */
export async function sessionsOf(
  deps: Pick<Deps, 'store' | 'clock'>,
  operator: Operator,
): Promise<OperatorSession[]> {
  const all = await deps.store.operatorSessions.listOf(operator.id);
  return all.filter((session) => session.epoch === operator.epoch && isLive(deps, session));
}

/** Whether a proof of the last five minutes still holds. */
export function isSteppedUp({ clock }: Pick<Deps, 'clock'>, { steppedUpUntil }: OperatorSession): boolean {
  return steppedUpUntil !== undefined && clock.now() < steppedUpUntil;
}

/** Notes a proof that was right: the session goes on under another secret, its forms stay valid. */
export async function stepUp(
  deps: SessionDeps,
  session: OperatorSession,
): Promise<OpenedSession | undefined> {
  const secret = deps.codes.newSecret();
  const { waiting: _, ...rest } = session;
  const steppedUpUntil = deps.clock.now() + STEP_UP_MS;
  const moved = await deps.store.operatorSessions.replace({
    ...rest,
    digest: digestOf(secret),
    steppedUpUntil,
  });
  return moved && { session: moved, secret };
}

/** Keeps a form until its sender proved who they are; answers its id. One form waits at a time. */
export async function keepForm(
  deps: SessionDeps,
  session: OperatorSession,
  form: { path: string; body: string },
): Promise<string | undefined> {
  const id = deps.codes.newId();
  const waiting = { id, ...form, until: deps.clock.now() + STEP_UP_MS };
  return (await deps.store.operatorSessions.replace({ ...session, waiting })) && id;
}

/** Puts a word on the session's next page, or takes it off. */
export async function setNotice(
  deps: SessionDeps,
  session: OperatorSession,
  notice: string | undefined,
): Promise<void> {
  const { notice: _, ...rest } = session;
  await deps.store.operatorSessions.replace(notice === undefined ? rest : { ...rest, notice });
}
