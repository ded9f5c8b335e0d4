import type { App } from '../../model/app.ts';
import { isHostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { TamperError } from '../../ports/security/sealing.ts';
import { META } from '../../ports/store/meta.ts';
import { startCatchingUp } from '../users/catch-up.ts';
import { changeUser } from '../users/change.ts';
import { subjectOf } from './claims.ts';

type SubjectDeps = Pick<Deps, 'store' | 'events' | 'clock'>;

/** Users written at a time: they share a commit. */
const AT_ONCE = 20;

/** Two users whose JWTs carry the same `sub`: `user` has it unrecorded because `holder` has it. */
export interface DoubledSubject {
  app: App;
  user: User;
  holder: User | undefined;
}

/** Whether every user's `subject` is recorded, so that the unique key alone keeps two from sharing one. */
export async function subjectsAreRecorded(deps: Pick<Deps, 'store'>): Promise<boolean> {
  return (await deps.store.meta.get(META.subjectsRecorded)) === 'yes';
}

/**
 * Records the `subject` of users of an earlier version, beside requests, and again daily for what an older
 * host on the same database wrote. Any number of processes may be at it, and one that ends leaves the rest to
 * the next start. What two users share is recorded for the first and told of (`subject_doubled`); `isStopped`
 * ends it early.
 */
export async function recordSubjects(
  deps: SubjectDeps,
  isStopped: () => boolean = () => false,
): Promise<void> {
  let doubled = 0;
  for await (const app of deps.store.apps.stream()) {
    for await (const double of recordOf(deps, app, isStopped)) {
      doubled++;
      deps.events.emit('subject_doubled', {
        appId: app.id,
        userId: double.user.id,
        holder: double.holder?.id,
      });
    }
    if (isStopped()) return;
  }
  await setRecorded(deps, doubled === 0);
}

/** Begins `recordSubjects` beside requests, unless it was done before. `stop` lets the users at hand end. */
export function startRecordingSubjects(deps: SubjectDeps): { stop(): Promise<void> } {
  return startCatchingUp(deps, 'subjects', async (isStopped) => {
    if (!(await subjectsAreRecorded(deps))) await recordSubjects(deps, isStopped);
  });
}

/** Users whose `sub` another user of their app has, once all others are recorded; nothing is written. */
export async function* doubledSubjects(deps: Pick<Deps, 'store'>): AsyncIterable<DoubledSubject> {
  for await (const app of deps.store.apps.stream()) {
    for await (const user of deps.store.users.streamWithoutSubject(app.id)) {
      yield { app, user, holder: await holderOf(deps, app, user) };
    }
  }
}

async function* recordOf(
  deps: SubjectDeps,
  app: App,
  isStopped: () => boolean,
): AsyncIterable<DoubledSubject> {
  // By subject: of two that share one the earlier is written first.
  const batch = new Map<string, User>();
  const write = async () => {
    const outcomes = await Promise.all([...batch.values()].map((user) => recordOne(deps, app, user)));
    batch.clear();
    return outcomes.filter((double) => double !== undefined);
  };
  for await (const user of deps.store.users.streamWithoutSubject(app.id)) {
    const subject = subjectOf(app, user);
    if (batch.size === AT_ONCE || batch.has(subject)) yield* await write();
    batch.set(subject, user);
    if (isStopped()) return;
  }
  yield* await write();
}

/** Answers the double that stands in the way. */
async function recordOne(
  deps: Pick<Deps, 'store' | 'clock'>,
  app: App,
  listed: User,
): Promise<DoubledSubject | undefined> {
  try {
    await changeUser(deps, listed, (current) => {
      const subject = subjectOf(app, current);
      // Another process recorded it meanwhile; with the revision listed the key may be missing all the same.
      if (current.revision !== listed.revision && current.subject === subject) return undefined;
      return { ...current, subject };
    });
    return undefined;
  } catch (error) {
    if (!isHostError(error, 'handle_taken')) throw error;
    return { app, user: listed, holder: await holderOf(deps, app, listed) };
  }
}

/** Undefined also for one whose record does not open: the others are to be recorded all the same. */
async function holderOf(deps: Pick<Deps, 'store'>, app: App, user: User): Promise<User | undefined> {
  try {
    return await deps.store.users.findBySubject(app.id, subjectOf(app, user));
  } catch (error) {
    if (error instanceof TamperError) return undefined;
    throw error;
  }
}

async function setRecorded({ store }: Pick<Deps, 'store'>, all: boolean): Promise<void> {
  const stored = await store.meta.get(META.subjectsRecorded);
  const value = all ? 'yes' : 'no';
  if (stored !== value) await store.meta.compareAndSet(META.subjectsRecorded, stored, value);
}
