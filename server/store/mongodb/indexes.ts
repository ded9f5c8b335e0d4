import type { Db, IndexDescription } from 'mongodb';
import { TABLES, type TableName, type TableShape } from '../tables.ts';
import type { CounterDocument } from './counters.ts';
import type { FigureDocument } from './figures.ts';
import { walkIndexName } from './filters.ts';
import type { RowDocument } from './rows.ts';

/** Creates what is missing. A unique index bears the name of its key, by which a duplicate is reported. */
export async function createIndexes(db: Db): Promise<void> {
  for (const table of Object.keys(TABLES) as TableName[]) {
    await db.collection<RowDocument>(table).createIndexes(indexesOf(TABLES[table]));
  }
  // The sweeper removes what is old from all apps together.
  await db.collection<RowDocument>('activity').createIndex({ createdAt: 1 });
  await db.collection<CounterDocument>('counters').createIndex({ expiresAt: 1 });
  await db.collection<FigureDocument>('figures').createIndexes([
    { name: 'metric', key: { appId: 1, metric: 1, day: 1 } },
    { name: 'byId', key: { appId: 1, _id: 1 } },
    { name: 'appDays', key: { appId: 1, day: 1 } },
    { name: 'days', key: { day: 1 } },
  ]);
}

function indexesOf(shape: TableShape): IndexDescription[] {
  const sparseKeys = shape.keys.filter((key) => shape.sparse.includes(key));
  const newest = { createdAt: -1, _id: -1 } as const;
  const sorted = (name: string, field: string) => ({
    name,
    key: { appId: 1, [field]: 1, ...newest } as const,
  });
  const isOfApp = (key: string) => !shape.everywhere.includes(key);
  return [
    { name: 'newest', key: { appId: 1, ...newest } },
    { name: 'byId', key: { appId: 1, _id: 1 } },
    ...shape.walks.map((fields) => ({
      name: walkIndexName(fields),
      key: { appId: 1, ...ascending(fields), createdAt: 1, _id: 1 },
    })),
    // Not unique, which a sharded collection could not be: the `_id` that it is made of is.
    ...shape.everywhere.map((key) => ({ name: key, key: { [`keys.${key}`]: 1 } as const })),
    ...shape.keys.filter(isOfApp).map((key) => ({
      name: key,
      key: { appId: 1, [`keys.${key}`]: 1 } as const,
      unique: true,
      ...(sparseKeys.includes(key) && { partialFilterExpression: { [`keys.${key}`]: { $exists: true } } }),
    })),
    // Holds those alone that lack the key, so that they are found at no cost.
    ...sparseKeys.filter(isOfApp).map((key) => ({
      name: `lacking.${key}`,
      key: { appId: 1, _id: 1, [`keys.${key}`]: 1 } as const,
      partialFilterExpression: { [`keys.${key}`]: null },
    })),
    ...shape.lookups.map((name) => sorted(`lookup.${name}`, `lookups.${name}`)),
    ...shape.tags.map((name) => sorted(`tag.${name}`, `tags.${name}`)),
    ...(shape.prefixes ? [sorted('prefix', 'prefixes')] : []),
    ...(shape.due ? [{ name: 'due', key: { dueAt: 1, _id: 1 } as const }] : []),
  ];
}

function ascending(fields: readonly string[]): Record<string, 1> {
  return Object.fromEntries(fields.map((field) => [field, 1]));
}
