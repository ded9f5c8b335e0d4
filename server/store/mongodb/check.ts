import { MongoClient } from 'mongodb';
import { META } from '../../ports/store/meta.ts';
import { explainFailure, type MongoFailure } from './failures.ts';

export type MongoCheck = { ok: true; version: string } | ({ ok: false } & MongoFailure);

const TIMEOUT_MS = 8_000;
const COLLECTION = 'cosync_auth_check';

/**
 * Connects within 8 s and tries what the host will need: make a collection and a unique index, write, read
 * and delete in it. Leaves nothing behind.
 */
export async function checkMongo(url: string, database: string): Promise<MongoCheck> {
  let client: MongoClient | undefined;
  let doing = 'to log in';
  try {
    client = new MongoClient(url, {
      serverSelectionTimeoutMS: TIMEOUT_MS,
      connectTimeoutMS: TIMEOUT_MS,
      socketTimeoutMS: TIMEOUT_MS,
    });
    await client.connect();
    const db = client.db(database);
    const { version } = await db
      .admin()
      .command({ buildInfo: 1 })
      .catch(() => ({ version: 'unknown' }));
    const collection = db.collection<{ _id: string; key: string }>(`${COLLECTION}_${process.pid}`);
    try {
      doing = 'to create a collection and a unique index';
      await collection.createIndex({ key: 1 }, { unique: true });
      doing = 'to write into a collection';
      await collection.insertOne({ _id: 'check', key: 'check' });
      doing = 'to read a collection';
      if (!(await collection.findOne({ _id: { $eq: 'check' } })))
        throw new Error('a written document was not found');
      doing = 'to delete from a collection';
      await collection.deleteOne({ _id: { $eq: 'check' } });
    } finally {
      await collection.drop().catch(() => undefined);
    }
    return { ok: true, version: String(version) };
  } catch (error) {
    return { ok: false, ...explainFailure(error, url, doing) };
  } finally {
    await client?.close().catch(() => undefined);
  }
}

/** Whether a host has sealed something in this database: its wrapped data key is there. */
export async function mongoHoldsData(url: string, database: string): Promise<boolean> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: TIMEOUT_MS, socketTimeoutMS: TIMEOUT_MS });
  try {
    const meta = client.db(database).collection<{ _id: string }>('meta');
    return (await meta.findOne({ _id: { $eq: META.dataKey } })) !== null;
  } finally {
    await client.close();
  }
}

/** How far the server's clock is ahead of `now()`, in milliseconds, half the round trip taken off. */
export async function mongoClockSkewMs(url: string, now: () => number): Promise<number> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: TIMEOUT_MS, socketTimeoutMS: TIMEOUT_MS });
  try {
    await client.connect();
    const before = now();
    const { localTime } = await client.db('admin').command({ hello: 1 });
    return Number(localTime) - (before + now()) / 2;
  } finally {
    await client.close();
  }
}
