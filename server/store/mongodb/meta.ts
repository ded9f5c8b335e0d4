import type { Db } from 'mongodb';
import type { MetaOperations } from '../engine.ts';
import type { Connection } from './connection.ts';
import { equal } from './filters.ts';
import { isDuplicate } from './tables.ts';

interface MetaDocument {
  _id: string;
  value: string;
}

/** The host's own named texts. */
export function metaOperations(db: Db, connection: Connection): MetaOperations {
  const meta = db.collection<MetaDocument>('meta');
  return {
    async metaGet(name) {
      const found = await connection.run(() => meta.findOne({ _id: equal(name) }));
      return found?.value;
    },

    async metaCompareAndSet(name, expected, value) {
      if (expected !== undefined) {
        const query = { _id: equal(name), value: equal(expected) };
        const result = await connection.run(() => meta.updateOne(query, { $set: { value } }));
        return result.matchedCount === 1;
      }
      try {
        await connection.run(() => meta.insertOne({ _id: name, value }));
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw error;
      }
    },
  };
}
