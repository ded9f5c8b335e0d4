import type { Db, Document } from 'mongodb';
import type { CountEntry } from '../counter-operations.ts';
import { type Connection, DUPLICATE_KEY, isOutage, noteCommand } from './connection.ts';
import { equal } from './filters.ts';
import { together } from './together.ts';

const LIMITS = { commands: 3, most: 100 };

/**
 * Counts up counters whose number nobody needs to know, several with one command that the server need not
 * remember for a repetition. A counter of which anything is to be decided, that has ended or is at its cap,
 * is left to `exactly`, and so is all of a command that may have met a server that is going: it may be
 * counted twice then.
 */
export function countTogether(
  db: Db,
  connection: Connection,
  exactly: (entry: CountEntry) => Promise<boolean>,
): (entry: CountEntry) => Promise<boolean> {
  const count = together<CountEntry, boolean>(LIMITS, async (entries) => {
    const others = await connection.run(() => noteUpdates(db, entries.map(simply)));
    return entries.map((entry, n) => (others === 'all' || others.has(n) ? exactly(entry) : true));
  });
  return async (entry) => (entry.cap === undefined || entry.by <= entry.cap) && count(entry);
}

/** One statement of an update, as the server knows it. */
export interface Update {
  q: Document;
  u: Document | Document[];
  upsert?: boolean;
}

/**
 * Notes changes of counters with one command that the server need not remember for a repetition. Answers
 * which met a row that they do not fit; `all` where that is not known: each may have happened or not.
 */
export async function noteUpdates(db: Db, updates: readonly Update[]): Promise<ReadonlySet<number> | 'all'> {
  try {
    const writeErrors = await noteCommand(db, { update: 'counters', updates });
    const isKnown = writeErrors.every(({ code }) => code === DUPLICATE_KEY);
    return isKnown ? new Set(writeErrors.map(({ index }) => index)) : 'all';
  } catch (error) {
    if (!isOutage(error)) throw error;
    return 'all';
  }
}

/** Adds to a row that is live and stays within the cap, or makes it; an upsert of any other meets the row. */
function simply({ key, now, by, cap, expiresAt }: CountEntry): Update {
  const q = {
    _id: equal(key),
    expiresAt: expiresAt === undefined ? null : { $gt: now },
    ...(cap !== undefined && { value: { $lte: cap - by } }),
  };
  const fresh = { blockedUntil: 0, touchedAt: 0, ...(expiresAt !== undefined && { expiresAt }) };
  return { q, u: { $inc: { value: by }, $setOnInsert: fresh }, upsert: true };
}
