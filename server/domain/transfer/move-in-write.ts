import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { Job } from '../../model/job.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { withPassword } from '../account/password.ts';
import { changeUser } from '../users/change.ts';
import { findHolder, handleSpellings } from '../users/handle.ts';
import { mergeMetadata } from '../users/metadata.ts';
import { countPassword, countPasswords } from '../users/password-kinds.ts';
import { withoutSessions } from '../users/renewed-sessions.ts';
import { freeLostSeats, releaseSeat, takeSeats } from '../users/seats.ts';
import type { RowReason } from './from/moved-user.ts';
import type { Candidate } from './move-in-rows.ts';
import { idsFor, taskOf } from './move-in-task.ts';

export type WriteDeps = Pick<
  Deps,
  'store' | 'passwords' | 'clock' | 'events' | 'figures' | 'handleRef' | 'totp' | 'foreignFiles'
>;

/** What becomes, or would become, of somebody. */
export type Outcome = 'created' | 'updated' | 'skipped' | RowReason;

/** Looks for who is there already; writes nothing. */
export async function outcomeOf(
  deps: Pick<Deps, 'store'>,
  { app, job }: { app: App; job: Job },
  candidate: Candidate,
): Promise<{ outcome: Outcome; existing?: User }> {
  const { users } = deps.store;
  const { line, user } = candidate;
  const origin =
    user.importedFrom === undefined ? undefined : await users.findByOrigin(app.id, user.importedFrom);
  const existing = origin ?? (await findHolder(deps, app, user.handle));
  // Made by this import before it was interrupted.
  if (!existing || existing.id === idsFor(job, line).id)
    return { outcome: 'created', ...(existing && { existing }) };
  const { conflict } = taskOf(job);
  if (conflict === 'fail') return { outcome: 'taken' };
  if (conflict === 'skip') return { outcome: 'skipped', existing };
  return { outcome: updateOf(app, candidate, existing, origin !== undefined), existing };
}

/**
 * Whether a row may replace what somebody has. A handle alone proves nothing unless the other system verified
 * it; a row of the same origin must still be of the same handle; and who comes by Apple or Google gets no
 * password from a file.
 */
function updateOf(app: App, candidate: Candidate, existing: User, isOfOrigin: boolean): Outcome {
  const { user, md5, isVouchedFor } = candidate;
  if (!isOfOrigin && !isVouchedFor) return 'unverified';
  const spellings = new Set(handleSpellings(app, user.handle));
  if (!handleSpellings(app, existing.handle).some((one) => spellings.has(one))) return 'taken';
  const { loginProvider } = existing;
  const isSocial = loginProvider === 'apple' || loginProvider === 'google';
  if (isSocial && (md5 !== undefined || user.passwordHash !== undefined)) return 'taken';
  return 'updated';
}

/** Writes a batch; answers what became of each, in its order. */
export async function writeBatch(
  deps: WriteDeps,
  place: { app: App; job: Job },
  candidates: readonly Candidate[],
): Promise<Outcome[]> {
  const { app } = place;
  const looked = await Promise.all(candidates.map((candidate) => outcomeOf(deps, place, candidate)));
  const outcomes = looked.map(({ outcome }) => outcome);
  const added: { at: number; user: User }[] = [];
  for (const [at, { outcome, existing }] of looked.entries()) {
    const candidate = candidates[at];
    if (!candidate || (outcome !== 'created' && outcome !== 'updated')) continue;
    if (outcome === 'created' && existing) continue;
    const user = await hashed(deps, candidate);
    if (existing) await update(deps, app, existing, user);
    else added.push({ at, user });
  }
  await insert(deps, place, added, (at, reason) => {
    outcomes[at] = reason;
  });
  return outcomes;
}

/** Wraps an unsalted MD5 at once: it is what clients send. */
async function hashed({ passwords }: Pick<Deps, 'passwords'>, { user, md5 }: Candidate): Promise<User> {
  return md5 === undefined ? user : { ...user, passwordHash: await passwords.hash(md5) };
}

async function update(deps: WriteDeps, app: App, existing: User, moved: User): Promise<void> {
  const now = deps.clock.now();
  const { passwordHash, metaData, importedFrom } = moved;
  const changed = await changeUser(deps, existing, (current) => ({
    ...(passwordHash === undefined
      ? withoutSessions(current, now)
      : withPassword(current, passwordHash, now)),
    metaData: mergeMetadata(current.metaData, metaData),
    ...(importedFrom !== undefined && { importedFrom }),
    waitsForPassword: true,
    updatedAt: now,
  }));
  if (!changed || passwordHash === undefined) return;
  await countPassword(deps, app, { before: changed.before.passwordHash, after: passwordHash });
}

async function insert(
  deps: WriteDeps,
  place: { app: App; job: Job },
  added: readonly { at: number; user: User }[],
  refuse: (at: number, reason: RowReason) => void,
): Promise<void> {
  if (added.length === 0) return;
  const { app, job } = place;
  const users = added.map(({ user }) => user);
  const inserted = (await insertAll(deps, app, users)) ? users : [];
  if (inserted.length === 0) {
    // A full app is asked once: it waits for lost seats.
    let isFull = false;
    for (const { at, user } of added) {
      const reason: RowReason | undefined = isFull ? 'no_seats' : await insertOne(deps, app, user);
      isFull = reason === 'no_seats';
      if (reason) refuse(at, reason);
      else inserted.push(user);
    }
  }
  await countPasswords(deps, app, inserted);
  deps.figures.count(app.id, 'user_imported', taskOf(job).format, '', inserted.length);
}

/** False when one of them cannot be inserted: they are to be tried one by one. */
async function insertAll(deps: WriteDeps, app: App, users: readonly User[]): Promise<boolean> {
  if (!(await takeSeats(deps, app, users.length))) return false;
  try {
    await deps.store.users.insertMany(users);
    return true;
  } catch (error) {
    // After an outage some may be there: a seat too many is found again, one too few is not.
    if (!isConflict(error)) throw error;
    const found = await Promise.all(users.map(({ id }) => deps.store.users.find(app.id, id)));
    // Who was inserted before the conflict keeps the seat.
    const missing = found.filter((user) => user === undefined).length;
    if (missing > 0) await releaseSeat(deps, app, missing);
    // A process that did the same step took theirs already.
    if (missing < users.length) await freeLostSeats(deps, app);
    return false;
  }
}

async function insertOne(deps: WriteDeps, app: App, user: User): Promise<RowReason | undefined> {
  const { users } = deps.store;
  // Of a batch that was refused, or by a process that did the same step: with a seat already.
  if (await users.find(app.id, user.id)) return undefined;
  if (!(await takeSeats(deps, app, 1))) return 'no_seats';
  try {
    await users.insert(user);
    return undefined;
  } catch (error) {
    if (!isConflict(error)) throw error;
    await releaseSeat(deps, app);
    return 'taken';
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof HostError && error.error !== 'service_unavailable';
}
