import { MongoClient, MongoServerError } from 'mongodb';
import { META } from '../../ports/store/meta.ts';

/** Where a look at a MongoDB database stopped. */
export type MongoCheckStep = 'string' | 'dns' | 'unreachable' | 'login' | 'permission';
export type MongoCheck = { ok: true; version: string } | { ok: false; step: MongoCheckStep; reason: string };

const TIMEOUT_MS = 8_000;
const COLLECTION = 'cosync_auth_check';

/**
 * Connects within 8 s and tries what the host will need: make a collection and a unique index, write, read and delete in it. Leaves nothing
 * behind. `reason` never holds the connection string.
 */
export async function checkMongo(url: string, database: string): Promise<MongoCheck> {
  let client: MongoClient;
  try {
    client = new MongoClient(url, {
      serverSelectionTimeoutMS: TIMEOUT_MS,
      connectTimeoutMS: TIMEOUT_MS,
      socketTimeoutMS: TIMEOUT_MS,
    });
  } catch (error) {
    return { ok: false, step: 'string', reason: (error as Error).message.replaceAll(url, '…') };
  }
  try {
    await client.connect();
    const db = client.db(database);
    const { version } = await db
      .admin()
      .command({ buildInfo: 1 })
      .catch(() => ({ version: 'unknown' }));
    const collection = db.collection<{ _id: string; key: string }>(`${COLLECTION}_${process.pid}`);
    try {
      await collection.createIndex({ key: 1 }, { unique: true });
      await collection.insertOne({ _id: 'check', key: 'check' });
      if (!(await collection.findOne({ _id: { $eq: 'check' } })))
        throw new Error('a written document was not found');
      await collection.deleteOne({ _id: { $eq: 'check' } });
    } finally {
      await collection.drop().catch(() => undefined);
    }
    return { ok: true, version: String(version) };
  } catch (error) {
    return { ok: false, ...classify(error as Error) };
  } finally {
    await client.close().catch(() => undefined);
  }
}

const AUTHENTICATION_FAILED = 18;
const ATLAS_AUTHENTICATION_FAILED = 8000;
const UNAUTHORIZED = 13;

function classify(error: Error): { step: MongoCheckStep; reason: string } {
  const code = error instanceof MongoServerError ? error.code : undefined;
  const text = `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`;
  if (code === UNAUTHORIZED || /not authorized|not allowed to do action/i.test(text)) {
    return { step: 'permission', reason: 'the user may not create collections or write' };
  }
  if (
    code === AUTHENTICATION_FAILED ||
    code === ATLAS_AUTHENTICATION_FAILED ||
    /auth(entication)? failed|bad auth/i.test(text)
  ) {
    return { step: 'login', reason: 'the server refused user name or password' };
  }
  if (/ENOTFOUND|EAI_AGAIN|querySrv|ENODATA|ESERVFAIL/i.test(text)) {
    return { step: 'dns', reason: 'the host name was not found' };
  }
  return { step: 'unreachable', reason: 'no server answered' };
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
