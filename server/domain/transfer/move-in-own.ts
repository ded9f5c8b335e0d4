import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { Invite } from '../../model/invite.ts';
import type { Job } from '../../model/job.ts';
import { isAnonymous, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { ForeignIndex, ForeignRow } from '../../ports/foreign-files.ts';
import { isCompleteMetadata, subjectOf } from '../tokens/claims.ts';
import { parseHandle } from '../users/handle.ts';
import { CellError, Cells } from './cells.ts';
import type { RecordDeps } from './columns.ts';
import { RowError } from './from/moved-user.ts';
import { importedInvite, importedUser } from './import-records.ts';
import { idsFor, taskOf } from './move-in-task.ts';
import { INVITE_TABLE } from './tables.ts';

type Place = { app: App; job: Job };

/** Invitations looked at side by side. */
const AT_ONCE = 20;

/** An invitation that can be moved in. */
export interface InviteCandidate {
  line: number;
  invite: Invite;
}

/** Whether a row of an export of this host is an invitation. */
export function isInviteRow({ table }: Pick<ForeignRow, 'table'>): boolean {
  return table === INVITE_TABLE.file;
}

/** Somebody of an export as they join this app. Throws `RowError`. */
export function ownUser(deps: RecordDeps, { app, job }: Place, row: ForeignRow, origin: string): User {
  const ids = idsFor(job, row.line);
  const cells = cellsOf(row);
  const handle = ownHandle(app, cells);
  const record = read(() => importedUser(deps, cells, app, ids.id));
  const uid = cells.text('uid') === undefined ? ids.uid : record.uid;
  const { updatedAt: _, metadataDue: __, ...kept } = record;
  const now = deps.clock.now();
  // An address that nobody verified may be another's: no provider's account opens it.
  const unverified = record.loginProvider === '' ? taskOf(job).unverified : 'pending';
  return {
    ...kept,
    uid,
    handle,
    subject: subjectOf(app, { uid, handle }),
    status: record.status === 'pending' ? unverified : record.status,
    ...(!isCompleteMetadata(app, handle, record.metaData) && { metadataDue: true }),
    epoch: 1,
    importedFrom: origin,
    waitsForPassword: true,
    createdAt: Math.min(record.createdAt, now),
    updatedAt: now,
  };
}

/** Throws `RowError`. */
export function ownInvite(deps: RecordDeps, { app, job }: Place, row: ForeignRow): InviteCandidate {
  const ids = idsFor(job, row.line);
  const cells = cellsOf(row);
  const handle = ownHandle(app, cells);
  const invite = read(() => importedInvite(deps, cells, app, ids.id));
  // Who accepts it is the same person whenever the row is read.
  const userId = ids.id.slice(0, 8) + ids.uid.slice(0, 16);
  return { line: row.line, invite: { ...invite, handle, userId, uid: ids.uid } };
}

/** Notes in a dry run who would have joined by the time that invitations are looked at. */
export function noteJoined(index: ForeignIndex, handle: string): void {
  index.first(joinedKey(handle), 0);
}

function joinedKey(handle: string): string {
  return `joins ${handle}`;
}

/** What a dry run has written nowhere: the handle would have joined, or an earlier line invites the same. */
function isKnownToFile(index: ForeignIndex, { line, invite }: InviteCandidate): boolean {
  const { handle, senderHandle } = invite;
  return (
    index.first(joinedKey(handle), line) === 0 ||
    index.first(`invite ${handle} ${senderHandle}`, line) !== line
  );
}

/**
 * Writes invitations, or with `isDry` only looks; answers how many are new. Those whose handle has joined, or
 * that are there already, are left.
 */
export async function moveInvites(
  { store }: Pick<Deps, 'store'>,
  { app, index }: { app: App; index: ForeignIndex },
  candidates: readonly InviteCandidate[],
  { isDry }: { isDry: boolean },
): Promise<{ added: number; left: number }> {
  const handles = candidates.map(({ invite }) => invite.handle);
  const known = await store.users.findKnown(app.id, { handles, origins: [], uids: [] });
  const joined = new Set(known.map(({ handle }) => handle));
  let added = 0;
  for (let start = 0; start < candidates.length; start += AT_ONCE) {
    const part = candidates.slice(start, start + AT_ONCE);
    const outcomes = await Promise.all(
      part.map(async (candidate) => {
        const { invite } = candidate;
        if (joined.has(invite.handle) || (isDry && isKnownToFile(index, candidate))) return false;
        const there = await store.invites.findBySender(app.id, invite.handle, invite.senderHandle);
        // Made by this import before it was interrupted.
        if (there) return there.id === invite.id;
        return isDry || inserted(store, invite);
      }),
    );
    added += outcomes.filter(Boolean).length;
  }
  return { added, left: candidates.length - added };
}

async function inserted({ invites }: Deps['store'], invite: Invite): Promise<boolean> {
  try {
    await invites.insert(invite);
    return true;
  } catch (error) {
    if (error instanceof HostError && error.error === 'handle_taken') return false;
    throw error;
  }
}

function cellsOf({ fields = {}, isForSpreadsheet = false }: ForeignRow): Cells {
  return new Cells(Object.keys(fields), Object.values(fields).map(String), isForSpreadsheet);
}

function ownHandle(app: App, cells: Cells): string {
  const text = read(() => cells.text('handle', 320));
  if (text === undefined || isAnonymous(text)) throw new RowError('no_handle');
  try {
    return parseHandle(app, text);
  } catch (error) {
    if (error instanceof HostError) throw new RowError('invalid_handle');
    throw error;
  }
}

/** What a cell is refused for, in the words of the report. */
function read<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    if (error.message.startsWith('password ')) throw new RowError('unknown_hash');
    throw new RowError(error.message.startsWith('metaData ') ? 'metadata' : 'broken_row');
  }
}
