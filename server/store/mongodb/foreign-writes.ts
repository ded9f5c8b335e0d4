import { setTimeout as pause } from 'node:timers/promises';
import { type Collection, type Document, MongoServerError } from 'mongodb';
import type { RowDocument } from './rows.ts';

/** How long the server waits for something to tell before it says that there is nothing. */
const AWAIT_MS = 4_000;
const RETRY_MS = 1_000;
/**
 * What a server answers that tells of no writes: one of no replica set, a deployment that has not switched it
 * on, a user who may not ask.
 */
const NEVER = new Set([13, 303, 40_324, 40_573]);

/** Whom to tell what others write. */
export interface ForeignWrites {
  /** Somebody wrote or removed that row, maybe this process. */
  changed(id: string): void;
  /** Something may have been written that nobody told of. */
  unknown(): void;
}

interface RowChange extends Document {
  /** Absent where the change is none of a row. */
  documentKey?: { _id: string };
}

/** Moves of what a row is listed by or when it was used are not told: no decision rests on them. */
const PIPELINE = [
  {
    $match: {
      $or: [
        { operationType: { $nin: ['insert', 'update'] } },
        { 'updateDescription.updatedFields.revision': { $exists: true } },
      ],
    },
  },
  { $project: { operationType: 1, documentKey: 1 } },
];

/**
 * Follows the change stream of a collection until `isClosed`; where the deployment has none it gives up. It
 * only makes what is remembered older sooner: nothing rests on its being there.
 */
export async function followWrites(
  rows: Collection<RowDocument>,
  listener: ForeignWrites,
  isClosed: () => boolean,
): Promise<void> {
  while (!isClosed()) {
    const stream = rows.watch<RowDocument, RowChange>(PIPELINE, { maxAwaitTimeMS: AWAIT_MS });
    try {
      for await (const { documentKey } of stream) {
        if (documentKey) listener.changed(documentKey._id);
        else listener.unknown();
      }
    } catch (error) {
      if (error instanceof MongoServerError && NEVER.has(Number(error.code))) return;
    } finally {
      listener.unknown();
      await stream.close().catch(() => undefined);
    }
    await pause(RETRY_MS, undefined, { ref: false });
  }
}
