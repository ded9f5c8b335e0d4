import type { App } from '../../model/app.ts';
import type { Job } from '../../model/job.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { withPassword } from '../account/password.ts';
import { changeUser, wasChanged } from '../users/change.ts';
import { handleSpellings } from '../users/handle.ts';
import { mergeMetadata } from '../users/metadata.ts';
import { countPassword, countPasswords } from '../users/password-kinds.ts';
import { withoutSessions } from '../users/renewed-sessions.ts';
import { releaseSeat, takeSeats } from '../users/seats.ts';
import type { RecordDeps } from './columns.ts';
import type { RowReason } from './from/moved-user.ts';
import type { Candidate } from './move-in-rows.ts';
import { taskOf } from './move-in-task.ts';

export type WriteDeps = RecordDeps &
  Pick<Deps, 'store' | 'events' | 'figures' | 'handleRef' | 'foreignFiles'>;

/** Changes side by side. */
const AT_ONCE = 20;
/** People looked up at once. */
const LOOKED = 200;

interface Looked {
  outcome: Outcome;
  existing?: User;
}

/** Somebody new, with their place in the batch. */
interface Added {
  at: number;
  user: User;
}

/** What becomes, or would become, of somebody. */
export type Outcome = 'created' | 'updated' | 'skipped' | RowReason;

/** Looks for who is there already; writes nothing. Answers in the order of the candidates. */
export async function outcomesOf(
  deps: Pick<Deps, 'store' | 'clock'>,
  place: { app: App; job: Job },
  candidates: readonly Candidate[],
): Promise<Looked[]> {
  const looked: Looked[] = [];
  for (let start = 0; start < candidates.length; start += LOOKED) {
    // Others have their turn between the parts.
    if (start > 0) await deps.clock.pause(0);
    looked.push(...(await lookedUp(deps, place, candidates.slice(start, start + LOOKED))));
  }
  return looked;
}

async function lookedUp(
  deps: Pick<Deps, 'store'>,
  { app, job }: { app: App; job: Job },
  candidates: readonly Candidate[],
): Promise<Looked[]> {
  const spellings = candidates.map(({ user }) => handleSpellings(app, user.handle));
  const origins = candidates.flatMap(({ user }) => user.importedFrom ?? []);
  const { conflict, format } = taskOf(job);
  // Of everybody else they are made, and nobody's yet.
  const uids = format === 'cosync' ? candidates.map(({ user }) => user.uid) : [];
  const known = await deps.store.users.findKnown(app.id, { handles: spellings.flat(), origins, uids });
  const byHandle = new Map(known.map((user) => [user.handle, user]));
  const byOrigin = new Map(known.map((user) => [user.importedFrom, user]));
  const byUid = new Map(known.map((user) => [user.uid, user]));
  return candidates.map((candidate, at) => {
    const { id, importedFrom, uid } = candidate.user;
    const origin = importedFrom === undefined ? undefined : byOrigin.get(importedFrom);
    const spelled = spellings[at]?.find((spelling) => byHandle.has(spelling));
    const named = spelled === undefined ? undefined : byHandle.get(spelled);
    const existing = origin ?? named ?? byUid.get(uid);
    if (!existing) return { outcome: 'created' };
    // Made by this import before it was interrupted.
    if (existing.id === id) return { outcome: 'created', existing };
    if (conflict === 'fail') return { outcome: 'taken' };
    // Ids that count up are those of somebody else in another project of the same system.
    const isOther = origin !== undefined && format !== 'cosync' && !isOfHandle(app, candidate, origin);
    if (conflict === 'skip') return { outcome: isOther ? 'taken' : 'skipped', existing };
    return { outcome: updateOf(app, candidate, existing), existing };
  });
}

/**
 * Whether a row may replace what somebody has. A handle alone proves nothing unless the other system verified
 * it, nor does an id that is a name; a row of the same origin must still be of the same handle; and who comes
 * by Apple or Google gets no password from a file.
 */
function updateOf(app: App, candidate: Candidate, existing: User): Outcome {
  const { user, md5, isVouchedFor, isNamed } = candidate;
  const isOfOrigin = !isNamed && existing.importedFrom === user.importedFrom;
  if (!isOfOrigin && !isVouchedFor) return 'unverified';
  if (!isOfHandle(app, candidate, existing)) return 'taken';
  const { loginProvider } = existing;
  const isSocial = loginProvider === 'apple' || loginProvider === 'google';
  if (isSocial && (md5 !== undefined || user.passwordHash !== undefined)) return 'taken';
  return 'updated';
}

function isOfHandle(app: App, { user }: Candidate, existing: User): boolean {
  const spellings = new Set(handleSpellings(app, user.handle));
  return handleSpellings(app, existing.handle).some((one) => spellings.has(one));
}

/** Writes a batch; answers what became of each, in its order. `again`: some were there by this import. */
export async function writeBatch(
  deps: WriteDeps,
  place: { app: App; job: Job },
  candidates: readonly Candidate[],
): Promise<{ outcomes: Outcome[]; again: boolean }> {
  const { app } = place;
  const looked = await outcomesOf(deps, place, candidates);
  const outcomes = looked.map(({ outcome }) => outcome);
  const added: Added[] = [];
  const replaced: { at: number; existing: User; candidate: Candidate; user: User }[] = [];
  let again = false;
  for (const [at, { outcome, existing }] of looked.entries()) {
    const candidate = candidates[at];
    if (!candidate || (outcome !== 'created' && outcome !== 'updated')) continue;
    if (outcome === 'created' && existing) {
      again = true;
      continue;
    }
    const user = await hashed(deps, candidate);
    if (existing) replaced.push({ at, existing, candidate, user });
    else added.push({ at, user });
  }
  for (let start = 0; start < replaced.length; start += AT_ONCE) {
    const part = replaced.slice(start, start + AT_ONCE);
    const updated = await Promise.all(
      part.map(({ existing, candidate, user }) => update(deps, app, existing, candidate, user)),
    );
    for (const [n, { at }] of part.entries()) outcomes[at] = updated[n] ?? 'taken';
  }
  for (const { at, reason } of await insert(deps, place, added)) outcomes[at] = reason;
  return { outcomes, again };
}

/** Wraps an unsalted MD5 at once: it is what clients send. */
async function hashed({ passwords }: Pick<Deps, 'passwords'>, { user, md5 }: Candidate): Promise<User> {
  return md5 === undefined ? user : { ...user, passwordHash: await passwords.hash(md5) };
}

/** Judged once more by what is stored: others write while passwords are hashed. */
async function update(
  deps: WriteDeps,
  app: App,
  existing: User,
  candidate: Candidate,
  moved: User,
): Promise<Outcome> {
  const now = deps.clock.now();
  const { passwordHash, metaData, importedFrom } = moved;
  let outcome: Outcome = 'taken';
  const changed = await changeUser(deps, existing, (current) => {
    outcome = updateOf(app, candidate, current);
    if (outcome !== 'updated') return undefined;
    return {
      ...(passwordHash === undefined
        ? withoutSessions(current, now)
        : withPassword(current, passwordHash, now)),
      metaData: mergeMetadata(current.metaData, metaData),
      ...(importedFrom !== undefined && { importedFrom }),
      waitsForPassword: true,
      updatedAt: now,
    };
  });
  if (!wasChanged(changed)) return outcome;
  if (passwordHash !== undefined)
    await countPassword(deps, app, { before: changed.before.passwordHash, after: passwordHash });
  return outcome;
}

/** Inserts and counts them; answers those who could not be. */
async function insert(
  deps: WriteDeps,
  { app, job }: { app: App; job: Job },
  added: readonly Added[],
): Promise<{ at: number; reason: RowReason }[]> {
  if (added.length === 0) return [];
  const seats = await takeSeats(deps, app, added.length);
  const seated = added.slice(0, seats);
  const users = seated.map(({ user }) => user);
  // Counted beforehand, as seats are: a crash leaves too many rather than too few.
  const [inserted] = await Promise.all([deps.store.users.insertNew(users), countPasswords(deps, app, users)]);
  const left = seated.filter((_, n) => !inserted[n]);
  deps.figures.count(app.id, 'user_imported', taskOf(job).format, '', seats - left.length);
  const refused = added.slice(seats).map(({ at }) => ({ at, reason: 'no_seats' as const }));
  if (left.length === 0) return refused;
  await Promise.all([
    releaseSeat(deps, app, left.length),
    countPasswords(
      deps,
      app,
      left.map(({ user }) => user),
      { isLeft: true },
    ),
  ]);
  const there = await Promise.all(left.map(({ user }) => deps.store.users.find(app.id, user.id)));
  // Whom a process that did the same step inserted, it has counted.
  const taken = left.filter((_, n) => !there[n]).map(({ at }) => ({ at, reason: 'taken' as const }));
  return [...refused, ...taken];
}
