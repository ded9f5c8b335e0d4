import type { Db } from 'mongodb';
import type { StoredRow } from '../engine.ts';
import type { TableName } from '../tables.ts';
import type { Connection } from './connection.ts';
import { anyOf, identity } from './filters.ts';
import { type RowDocument, STORED, toRow } from './rows.ts';
import { together } from './together.ts';

/** Of one table. */
const LIMITS = { commands: 2, most: 100 };

type Identity = readonly [appId: string, id: string];

/** Reads rows by their ids, several with one command. No row is read before it was asked for. */
export function readTogether(
  db: Db,
  connection: Connection,
): (table: TableName, appId: string, id: string) => Promise<StoredRow | undefined> {
  const readers = new Map<TableName, (asked: Identity) => Promise<StoredRow | undefined>>();

  function reader(table: TableName) {
    const rows = db.collection<RowDocument>(table);
    return together<Identity, StoredRow | undefined>(LIMITS, async (asked) => {
      const ids = new Set(asked.map(([, id]) => id));
      const apps = new Set(asked.map(([appId]) => appId));
      const query = { _id: anyOf([...ids]), appId: anyOf([...apps]) };
      // One more than there can be: the server keeps no cursor of a batch that is not full.
      const options = { projection: STORED, batchSize: LIMITS.most + 1 };
      const found = await connection.run(() => rows.find(query, options).toArray());
      const byId = new Map(found.map((document) => [document._id, document]));
      return asked.map(([appId, id]) => {
        const document = byId.get(id);
        return document?.appId === appId ? toRow(document) : undefined;
      });
    });
  }

  return async (table, appId, id) => {
    // Refuses what is no text before it is among others.
    identity(appId, id);
    const read = readers.get(table) ?? reader(table);
    readers.set(table, read);
    return read([appId, id]);
  };
}
