import type { Db, Document } from 'mongodb';
import type { Reservation } from '../../ports/store/counters.ts';
import { Turns } from '../../tools/turns.ts';
import type { AttemptEntry, CountEntry, CounterOperations, CounterRow } from '../counter-operations.ts';
import { type Connection, NOTED } from './connection.ts';
import { countTogether, noteUpdates } from './counting.ts';
import { equal } from './filters.ts';
import { isDuplicate } from './tables.ts';

export interface CounterDocument {
  _id: string;
  value: number;
  blockedUntil: number;
  touchedAt: number;
  expiresAt: number | null;
}

interface Noting {
  isNoted?: boolean | undefined;
}

const AT_ONCE = { ...NOTED, ordered: false } as const;
/** Changes of one counter asked for at a time: more would delay each other, and hold all connections. */
const OF_ONE_KEY = 3;

/**
 * Numbers shared by all processes. Each change is one `findOneAndUpdate` whose pipeline decides and writes in
 * the same step.
 */
export function counterOperations(db: Db, connection: Connection): CounterOperations {
  const counters = db.collection<CounterDocument>('counters');
  const turns = new Turns();

  /**
   * Applies the stages to the row (a fresh one where it is absent or past its time), answers the row as it
   * was.
   */
  async function update(
    key: string,
    input: { now: number; expiresAt: number | undefined; isNoted: boolean | undefined },
    ...stages: Document[]
  ): Promise<CounterRow> {
    const pipeline = [renewWhenExpired(input.now, input.expiresAt), ...stages];
    const options = { upsert: true, returnDocument: 'before', ...noting(input.isNoted) } as const;
    for (;;) {
      try {
        const before = await turns.run(key, OF_ONE_KEY, () =>
          connection.run(() => counters.findOneAndUpdate({ _id: equal(key) }, pipeline, options)),
        );
        return liveRow(before, input.now) ?? freshRow(input.expiresAt);
      } catch (error) {
        // Another upsert made the row first; now there is one to update.
        if (!isDuplicate(error)) throw error;
      }
    }
  }

  async function reserve({ key, now, free, staleMs, expiresAt, fixedWindow }: AttemptEntry) {
    const belowFree = { $lt: ['$value', free] };
    const waitIsOver = { $and: [{ $gt: ['$blockedUntil', 0] }, { $lte: ['$blockedUntil', now] }] };
    const reservationIsStale = {
      $and: [{ $eq: ['$blockedUntil', 0] }, { $lte: ['$touchedAt', now - staleMs] }],
    };
    const end = endOf({ free, expiresAt, fixedWindow });
    const row = await update(
      key,
      { now, expiresAt, isNoted: true },
      { $set: { admitted: { $or: [belowFree, waitIsOver, reservationIsStale] } } },
      {
        $set: {
          value: { $cond: ['$admitted', { $add: ['$value', 1] }, '$value'] },
          blockedUntil: { $cond: ['$admitted', 0, '$blockedUntil'] },
          touchedAt: { $cond: ['$admitted', now, '$touchedAt'] },
          expiresAt: { $cond: ['$admitted', end, '$expiresAt'] },
        },
      },
      { $unset: 'admitted' },
    );
    const admitted =
      row.value < free ||
      (row.blockedUntil > 0 && row.blockedUntil <= now) ||
      (row.blockedUntil === 0 && row.touchedAt <= now - staleMs);
    return { admitted, row };
  }

  async function release(key: string, waitedUntil: number): Promise<void> {
    const { q, u } = releasing({ key, waitedUntil });
    await connection.run(() => counters.updateOne(q, u, NOTED));
  }

  /**
   * Reserves under all limits with one command where each has a row that nothing is to be decided about, or
   * none: nearly always. Else gives back what it reserved.
   */
  async function reserveAtOnce(entries: readonly AttemptEntry[]): Promise<boolean> {
    const others = await connection.run(() => noteUpdates(db, entries.map(simpleReservation)));
    // What is not known to be reserved stays reserved, rather than be given back to nobody.
    if (others === 'all') return false;
    if (others.size === 0) return true;
    const reserved = entries.filter((_, index) => !others.has(index));
    await Promise.all(reserved.map(({ key }) => release(key, 0)));
    return false;
  }

  async function increment(
    key: string,
    { now, by, cap = Number.MAX_SAFE_INTEGER, expiresAt, isNoted }: Omit<CountEntry, 'key'> & Noting,
  ): Promise<number | undefined> {
    const sum = { $add: ['$value', by] };
    const before = await update(
      key,
      { now, expiresAt, isNoted },
      { $set: { value: { $cond: [{ $gt: [sum, cap] }, '$value', sum] } } },
    );
    const after = before.value + by;
    return after > cap ? undefined : after;
  }

  const admitTogether = countTogether(db, connection, async (entry) => {
    return (await increment(entry.key, { ...entry, isNoted: true })) !== undefined;
  });

  return {
    async counterFind(key) {
      const found = await connection.run(() => counters.findOne({ _id: equal(key) }));
      return found ? toCounterRow(found) : undefined;
    },

    counterIncrement: increment,
    counterAdmit: admitTogether,

    async counterDecrement(key, by, isNoted) {
      const lowered = { $set: { value: { $max: [0, { $subtract: ['$value', by] }] } } };
      await connection.run(() => counters.updateOne({ _id: equal(key) }, [lowered], noting(isNoted)));
    },

    async counterSet(key, value, expiresAt) {
      const row = { value, blockedUntil: 0, touchedAt: 0, expiresAt: expiresAt ?? null };
      await connection.run(() => counters.updateOne({ _id: equal(key) }, { $set: row }, { upsert: true }));
    },

    async counterRemove(key, isNoted) {
      await connection.run(() => counters.deleteOne({ _id: equal(key) }, noting(isNoted)));
    },

    async counterAttempt(entries, inTurn) {
      const asked: { admitted: boolean; row: CounterRow }[] = [];
      if (entries.length > 1 && !inTurn && (await reserveAtOnce(entries))) {
        return entries.map(({ expiresAt }) => ({ admitted: true, row: freshRow(expiresAt) }));
      }
      if (!inTurn) asked.push(...(await Promise.all(entries.map(reserve))));
      else {
        for (const entry of entries) {
          asked.push(await reserve(entry));
          if (!asked.at(-1)?.admitted) break;
        }
      }
      if (asked.every(({ admitted }) => admitted)) return asked;
      const inVain = asked.flatMap(({ admitted, row }, index) => {
        const entry = entries[index];
        return admitted && entry ? [release(entry.key, row.blockedUntil)] : [];
      });
      await Promise.all(inVain);
      return asked;
    },

    async counterForgive(keys, released) {
      const writes = [...keys.map(forgetting), ...released.map(releasing)];
      if (writes.length === 0) return;
      // While a server goes one may be given back twice: somebody has a try more.
      if ((await connection.run(() => noteUpdates(db, writes))) !== 'all') return;
      const again = writes.map(({ q, u }) => ({ updateOne: { filter: q, update: u } }));
      await connection.run(() => counters.bulkWrite(again, AT_ONCE));
    },

    async counterFail(key, { now, free, maxWaitMs, expiresAt, fixedWindow }) {
      // From 1 s, doubling with each failure; the exponent is kept small, so that the power stays a number.
      const doublings = { $min: [30, { $subtract: ['$value', free] }] };
      const waitMs = { $min: [maxWaitMs, { $multiply: [1_000, { $pow: [2, doublings] }] }] };
      const before = await update(
        key,
        { now, expiresAt, isNoted: true },
        { $set: { value: { $max: [1, '$value'] }, expiresAt: endOf({ free, expiresAt, fixedWindow }) } },
        { $set: { blockedUntil: { $cond: [{ $lt: ['$value', free] }, 0, { $add: [now, waitMs] }] } } },
      );
      return Math.max(1, before.value);
    },

    async counterRemoveExpired(now, limit) {
      const expired = { expiresAt: { $lte: now } };
      const options = { projection: { _id: 1 }, limit } as const;
      const found = await connection.run(() => counters.find(expired, options).toArray());
      // The time again: a row may have been renewed since it was found.
      const chosen = { _id: { $in: found.map(({ _id }) => _id) }, ...expired };
      const result = await connection.run(() => counters.deleteMany(chosen));
      return result.deletedCount;
    },

    async counterPage(after, limit) {
      const query = { _id: { $gt: String(after) } };
      const found = await connection.run(() => counters.find(query).sort({ _id: 1 }).limit(limit).toArray());
      return found.map((document) => ({ key: document._id, row: toCounterRow(document) }));
    },

    async counterPut(key, { expiresAt, ...row }) {
      const fields = { ...row, expiresAt: expiresAt ?? null };
      await connection.run(() => counters.updateOne({ _id: equal(key) }, { $set: fields }, { upsert: true }));
    },
  };
}

function noting(isNoted = false): Partial<typeof NOTED> {
  return isNoted ? NOTED : {};
}

/**
 * Adds one to a row that is below its limit, does not wait and has not ended, or makes it; an upsert of any
 * other meets the row that is there.
 */
function simpleReservation({ key, now, free, expiresAt, fixedWindow }: AttemptEntry) {
  const live = { value: { $lt: free }, expiresAt: { $gt: now } };
  // What was forgotten may begin anew, unless its end would stay.
  const fit = fixedWindow ? live : { $or: [live, { value: equal(0) }] };
  const filter = { _id: equal(key), blockedUntil: equal(0), ...fit };
  const end = fixedWindow ? { $setOnInsert: { expiresAt } } : {};
  const set = { touchedAt: now, ...(!fixedWindow && { expiresAt }) };
  return { q: filter, u: { $inc: { value: 1 }, $set: set, ...end }, upsert: true };
}

/** Ends a row: it counts as absent, and is swept with the others. */
function forgetting(key: string) {
  const update = { $set: { value: 0, blockedUntil: 0, touchedAt: 0, expiresAt: 0 } };
  return { q: { _id: equal(key) }, u: update };
}

function releasing({ key, waitedUntil }: Reservation) {
  const restored = {
    value: { $max: [0, { $subtract: ['$value', 1] }] },
    blockedUntil: { $cond: [{ $eq: ['$blockedUntil', 0] }, waitedUntil, '$blockedUntil'] },
  };
  return { q: { _id: equal(key) }, u: [{ $set: restored }] };
}

/**
 * When a row ends after an attempt; the first stage has given a row that was absent the end it should have.
 */
function endOf({
  free,
  expiresAt,
  fixedWindow,
}: Pick<AttemptEntry, 'free' | 'expiresAt' | 'fixedWindow'>): Document | number {
  return fixedWindow ? { $cond: [{ $lt: ['$value', free] }, '$expiresAt', expiresAt] } : expiresAt;
}

/** First stage of every change: what is absent or past its time begins anew. */
function renewWhenExpired(now: number, expiresAt: number | undefined): Document {
  const exists = { $gt: ['$value', null] };
  const unexpired = { $or: [{ $eq: ['$expiresAt', null] }, { $gt: ['$expiresAt', now] }] };
  const live = { $and: [exists, unexpired] };
  const fresh = freshRow(expiresAt);
  return {
    $set: {
      value: { $cond: [live, '$value', fresh.value] },
      blockedUntil: { $cond: [live, '$blockedUntil', fresh.blockedUntil] },
      touchedAt: { $cond: [live, '$touchedAt', fresh.touchedAt] },
      expiresAt: { $cond: [live, '$expiresAt', fresh.expiresAt ?? null] },
    },
  };
}

function freshRow(expiresAt: number | undefined): CounterRow {
  return { value: 0, blockedUntil: 0, touchedAt: 0, expiresAt };
}

function liveRow(document: CounterDocument | null, now: number): CounterRow | undefined {
  if (!document || (document.expiresAt !== null && document.expiresAt <= now)) return undefined;
  return toCounterRow(document);
}

function toCounterRow({ value, blockedUntil, touchedAt, expiresAt }: CounterDocument): CounterRow {
  return { value, blockedUntil, touchedAt, expiresAt: expiresAt ?? undefined };
}
