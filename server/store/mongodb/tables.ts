import { type Collection, type Db, MongoBulkWriteError, MongoServerError } from 'mongodb';
import {
  DuplicateKeyError,
  type SeenRow,
  type Sight,
  type StoredRow,
  type TableOperations,
  type WalkedRow,
} from '../engine.ts';
import type { TableName } from '../tables.ts';
import { type Connection, DUPLICATE_KEY, isOutage, NOTED, noteCommand } from './connection.ts';
import { equal, identity, matching, ORDERS, walkFields, walkIndex, walkQueries } from './filters.ts';
import { readTogether } from './reading.ts';
import { encodeMembers, type RowDocument, STORED, toDocument, toRow, toWholeRow } from './rows.ts';

const BATCH = 500;
/** Single writes side by side: they leave connections to others. */
const AT_ONCE = 20;
/**
 * The rows of all tables. Every write of one row is a single-document command: on a replica set the driver
 * repeats it after a network error or a step-down under the same transaction number, so that it takes effect
 * once; on a standalone server nothing is repeated.
 */
export function tableOperations(db: Db, connection: Connection): Omit<TableOperations, 'findLately'> {
  const rows = (table: TableName): Collection<RowDocument> => db.collection<RowDocument>(table);

  return {
    async insert(table, row) {
      const document = toDocument(row);
      await connection.run(() => rows(table).insertOne(document)).catch(throwDuplicateKey);
    },

    async insertMany(table, many) {
      for (let start = 0; start < many.length; start += BATCH) {
        const documents = many.slice(start, start + BATCH).map(toDocument);
        await connection.run(() => rows(table).insertMany(documents)).catch(throwDuplicateKey);
      }
    },

    async insertAndReplace(table, row, other) {
      await this.insert(table, row);
      return this.replace(other.table, other.row);
    },

    async insertMissing(table, many) {
      for (let start = 0; start < many.length; start += BATCH) {
        const documents = many.slice(start, start + BATCH).map(toDocument);
        await connection.run(() => insertAllMissing(db, table, documents));
      }
    },

    async insertNew(table, many) {
      const inserted: boolean[] = many.map(() => true);
      for (let start = 0; start < many.length; start += BATCH) {
        const documents = many.slice(start, start + BATCH).map(toDocument);
        const insert = () => rows(table).insertMany(documents, { ordered: false });
        const met = await connection.run(insert).then(() => [], duplicatesOf);
        for (const at of met) inserted[start + at] = false;
      }
      return inserted;
    },

    find: readTogether(db, connection),

    async findByKey(table, appId, key, value) {
      const query = { appId: equal(appId), [`keys.${key}`]: equal(value) };
      const found = await connection.run(() => rows(table).findOne(query, { projection: STORED }));
      return found ? toRow(found) : undefined;
    },

    async findAny(table, appId, by, values) {
      const field = by === 'prefix' ? 'prefixes' : `keys.${by.key}`;
      const query = { appId: equal(appId), [field]: { $in: [...values] } };
      const found = await connection.run(() => rows(table).find(query, { projection: STORED }).toArray());
      return found.map(toRow);
    },

    async findEverywhere(table, key, value) {
      const query = { [`keys.${key}`]: equal(value) };
      const found = await connection.run(() => rows(table).findOne(query, { projection: STORED }));
      return found ? toRow(found) : undefined;
    },

    async replace(table, row, isNoted) {
      const { _id, touchedAt, seenDay, ...changed } = toDocument(row);
      const query = { ...identity(row.appId, row.id), revision: equal(row.revision - 1) };
      const result = await connection
        .run(() => rows(table).updateOne(query, { $set: changed }, isNoted ? NOTED : {}))
        .catch(throwDuplicateKey);
      return result.matchedCount === 1;
    },

    async rewrite(table, { appId, id, revision, touchedAt, seen }, doc) {
      const query = { ...identity(appId, id), revision: equal(revision), ...seenBefore(seen) };
      const touched = { ...(touchedAt !== undefined && { touchedAt }), ...(seen && { seenDay: seen.day }) };
      const set = { doc: encodeMembers(doc), ...touched };
      const change = { $set: set, $inc: { revision: 1 } };
      const result = await connection.run(() => rows(table).updateOne(query, change));
      return result.matchedCount === 1;
    },

    async relist(table, { appId, id, revision, prefixes, dueAt }) {
      const query = { ...identity(appId, id), revision: equal(revision) };
      const change = { $set: { prefixes: [...prefixes], dueAt: dueAt ?? null } };
      const result = await connection.run(() => rows(table).updateOne(query, change));
      return result.modifiedCount === 1;
    },

    async touch(table, { appId, id, revision, seen }, at) {
      const query = { ...identity(appId, id), ...seenBefore(seen) };
      if (revision !== undefined) query.revision = equal(revision);
      const set = { touchedAt: at, ...(seen && { seenDay: seen.day }) };
      const result = await connection.run(() => rows(table).updateOne(query, { $set: set }));
      return result.matchedCount === 1;
    },

    async see(table, visits) {
      const moved: (SeenRow & { before: number | undefined })[] = [];
      for (let left = visits; left.length > 0; ) {
        // Of one row one after the other: a later day would leave an earlier one nothing to move.
        const ids = new Set<string>();
        const batch = left.filter(({ id }) => ids.size < AT_ONCE && !ids.has(id) && ids.add(id));
        left = left.filter((visit) => !batch.includes(visit));
        const befores = await Promise.allSettled(
          batch.map(({ appId, id, day }) => {
            const earlier = { $or: [{ seenDay: { $exists: false } }, { seenDay: { $lt: day } }] };
            const query = { ...identity(appId, id), ...earlier };
            const options = { ...NOTED, returnDocument: 'before', projection: { seenDay: 1 } } as const;
            return connection.run(() =>
              rows(table).findOneAndUpdate(query, { $set: { seenDay: day } }, options),
            );
          }),
        );
        for (const [n, before] of befores.entries()) {
          const visit = batch[n];
          if (visit && before.status === 'fulfilled' && before.value)
            moved.push({ ...visit, before: before.value.seenDay });
        }
        const failed = befores.find(({ status }) => status === 'rejected');
        // What moved will not be told of again.
        if (failed?.status === 'rejected' && moved.length === 0) throw failed.reason;
        if (failed) break;
      }
      return moved;
    },

    async remove(table, appId, id, revision) {
      const query = identity(appId, id);
      if (revision !== undefined) query.revision = equal(revision);
      const result = await connection.run(() => rows(table).deleteOne(query));
      return result.deletedCount === 1;
    },

    async list(table, filter, { order, offset = 0, after, limit }) {
      if (limit === 0) return [];
      const query = matching(filter);
      if (after !== undefined) query._id = { $gt: after };
      const options = { sort: ORDERS[order], skip: offset, limit, batchSize: limit, projection: STORED };
      const found = await connection.run(() => rows(table).find(query, options).toArray());
      return found.map(toRow);
    },

    async walk(table, filter, options) {
      const walked: WalkedRow[] = [];
      const fields = walkFields(options.by);
      const hint = walkIndex(table, filter, options.by);
      for (const { query, sort } of walkQueries(filter, options)) {
        const limit = options.limit - walked.length;
        if (limit === 0) break;
        const how = { sort, limit, batchSize: limit, projection: STORED, hint };
        const found = await connection.run(() => rows(table).find(query, how).toArray());
        for (const document of found) {
          const place = fields.map((field) => document[field] as string | number);
          walked.push({ row: toRow(document), place });
        }
      }
      return walked;
    },

    count(table, filter, most) {
      const options = most === undefined ? {} : { limit: most };
      return connection.run(() => rows(table).countDocuments(matching(filter), options));
    },

    async removeWhere(table, filter, limit = Number.POSITIVE_INFINITY) {
      const query = matching(filter);
      let removed = 0;
      while (removed < limit) {
        const batch = Math.min(BATCH, limit - removed);
        const options = { projection: { _id: 1 }, limit: batch } as const;
        const found = await connection.run(() => rows(table).find(query, options).toArray());
        // The filter again: a row may have changed since it was found.
        const chosen = { $and: [{ _id: { $in: found.map(({ _id }) => _id) } }, query] };
        const result = await connection.run(() => rows(table).deleteMany(chosen));
        removed += result.deletedCount;
        if (found.length < batch) break;
      }
      return removed;
    },

    async takeDue(table, { now, leaseUntil, limit, exceptApps = [] }) {
      const query = {
        dueAt: { $lte: now },
        ...(exceptApps.length > 0 && { appId: { $nin: [...exceptApps] } }),
      };
      const taken: StoredRow[] = [];
      while (taken.length < limit) {
        const due = await connection.run(() =>
          rows(table).findOneAndUpdate(
            query,
            { $set: { dueAt: leaseUntil } },
            { sort: ORDERS.due, returnDocument: 'after', projection: STORED },
          ),
        );
        if (!due) break;
        taken.push(toRow(due));
      }
      return taken;
    },

    async setDue(table, appId, id, dueAt) {
      const change = { $set: { dueAt: dueAt ?? null } };
      await connection.run(() => rows(table).updateOne(identity(appId, id), change));
    },

    async findWhole(table, appId, id) {
      const found = await connection.run(() => rows(table).findOne(identity(appId, id)));
      return found ? toWholeRow(found) : undefined;
    },
  };
}

function seenBefore(seen: Sight | undefined) {
  if (!seen) return {};
  return { seenDay: seen.before === undefined ? ({ $exists: false } as const) : equal(seen.before) };
}

/** Whether the server refused a second document with the same unique key. */
export function isDuplicate(error: unknown): error is MongoServerError {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/** Which writes of a batch met another row with the same key, when nothing worse happened. */
export function duplicates(error: unknown): number[] {
  const errors = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
  if (errors.length === 0 || errors.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
  return errors.map(({ index }) => index);
}

/** Once more where the connection broke: rows that are there by then are let be. */
async function insertAllMissing(db: Db, table: TableName, documents: RowDocument[]): Promise<void> {
  const insert = async () => {
    const writeErrors = await noteCommand(db, { insert: table, documents });
    const failed = writeErrors.find(({ code }) => code !== DUPLICATE_KEY);
    if (failed) throw new MongoServerError({ ...failed });
  };
  await insert().catch((error: unknown) => {
    if (!isOutage(error)) throw error;
    return insert();
  });
}

/** Which documents of a batch met another of the same key. Throws any other error on. */
function duplicatesOf(error: unknown): number[] {
  if (!(error instanceof MongoBulkWriteError)) throw error;
  const errors = [error.writeErrors].flat();
  if (errors.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
  return errors.map(({ index }) => index);
}

function throwDuplicateKey(error: unknown): never {
  if (!isDuplicate(error)) throw error;
  // Bulk errors name the index in their text only.
  const index = /index: (\S+) dup key/.exec(error.message)?.[1] ?? '';
  throw new DuplicateKeyError(index === '_id_' ? 'id' : index);
}
