import { type Db, type IndexDescription, MongoServerError } from 'mongodb';
import { TABLES, type TableName, type TableShape } from '../tables.ts';
import { walkIndexName } from './filters.ts';

const NO_COLLECTION = 26;

/** The indexes of all. A unique one bears the name of its key, by which a duplicate is reported. */
function wanted(): [collection: string, indexes: IndexDescription[]][] {
  const tables = Object.keys(TABLES) as TableName[];
  // The sweeper removes what is old from all apps together.
  const oldest: IndexDescription = { name: 'createdAt_1', key: { createdAt: 1 } };
  return [
    ...tables.map((table): [string, IndexDescription[]] => [
      table,
      [...indexesOf(TABLES[table]), ...(table === 'activity' ? [oldest] : [])],
    ]),
    ['counters', [{ name: 'expiresAt_1', key: { expiresAt: 1 } }]],
    [
      'figures',
      [
        { name: 'metric', key: { appId: 1, metric: 1, day: 1 } },
        { name: 'byId', key: { appId: 1, _id: 1 } },
        { name: 'appDays', key: { appId: 1, day: 1 } },
        { name: 'days', key: { day: 1 } },
      ],
    ],
  ];
}

/** Creates what is missing. */
export async function createIndexes(db: Db): Promise<void> {
  for (const [collection, indexes] of wanted()) await db.collection(collection).createIndexes(indexes);
}

/** Whether each is there as it should be, which is quickly asked: there is nothing to create then. */
export async function areIndexed(db: Db): Promise<boolean> {
  for (const [collection, indexes] of wanted()) {
    const there = await db.collection(collection).indexes().catch(allowMissing);
    const found = new Set(there.map(described));
    if (!indexes.every((index) => found.has(described(index)))) return false;
  }
  return true;
}

function described({ name, key, unique = false, partialFilterExpression }: IndexDescription): string {
  const members = key instanceof Map ? Object.fromEntries(key) : key;
  return JSON.stringify([name, members, unique, partialFilterExpression]);
}

/** Of a collection that is not there yet. */
function allowMissing(error: unknown): IndexDescription[] {
  if (error instanceof MongoServerError && error.code === NO_COLLECTION) return [];
  throw error;
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
