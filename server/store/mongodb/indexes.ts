import type { Db, IndexDescription } from 'mongodb';
import { TABLES, type TableName, type TableShape } from '../engine.ts';
import type { CounterDocument } from './counters.ts';
import type { RowDocument } from './rows.ts';

/** Creates what is missing. A unique index bears the name of its key, by which a duplicate is reported. */
export async function createIndexes(db: Db): Promise<void> {
  for (const table of Object.keys(TABLES) as TableName[]) {
    await db.collection<RowDocument>(table).createIndexes(indexesOf(TABLES[table]));
  }
  await db.collection<CounterDocument>('counters').createIndex({ expiresAt: 1 });
}

function indexesOf(shape: TableShape): IndexDescription[] {
  const age = { createdAt: -1, _id: -1 } as const;
  return [
    { name: 'newest', key: { appId: 1, ...age } },
    { name: 'byId', key: { appId: 1, _id: 1 } },
    // Old rows of every app are removed together.
    { name: 'age', key: { createdAt: 1 } },
    ...shape.keys.map((key) => ({ name: key, key: { appId: 1, [`keys.${key}`]: 1 } as const, unique: true })),
    ...shape.lookups.map((name) => ({
      name: `lookup.${name}`,
      key: { appId: 1, [`lookups.${name}`]: 1 } as const,
    })),
    ...shape.tags.map((name) => ({
      name: `tag.${name}`,
      key: { appId: 1, [`tags.${name}`]: 1, ...age } as const,
    })),
    ...(shape.prefixes ? [{ name: 'prefix', key: { appId: 1, prefixes: 1 } as const }] : []),
    ...(shape.queue ? [{ name: 'due', key: { dueAt: 1, _id: 1 } as const }] : []),
  ];
}
