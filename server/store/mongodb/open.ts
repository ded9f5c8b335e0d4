import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import type { Clock } from '../../ports/clock.ts';
import { META } from '../../ports/store/meta.ts';
import { within } from '../../tools/deadline.ts';
import { type Engine, type MetaOperations, NewerSchemaError } from '../engine.ts';
import { Connection } from './connection.ts';
import { counterOperations } from './counters.ts';
import { figureOperations } from './figures.ts';
import { type ForeignWrites, followWrites } from './foreign-writes.ts';
import { areIndexed, createIndexes } from './indexes.ts';
import { REMEMBERED, rememberLately } from './lately.ts';
import { metaOperations } from './meta.ts';
import type { RowDocument } from './rows.ts';
import { tableOperations } from './tables.ts';

/** Version of the layout of collections and documents. */
const SCHEMA = 1;
const PING_MS = 4_000;
const CLOSE_MS = 2_000;
const BUILD_MS = 3_600_000;
const WATCH_MS = 1_000;

/** Options here win over the same options in the connection string. */
const OPTIONS: MongoClientOptions = {
  appName: 'cosync-auth-host',
  writeConcern: { w: 'majority', journal: true },
  retryWrites: true,
  retryReads: true,
  readPreference: 'primary',
  serverSelectionTimeoutMS: 5_000,
  connectTimeoutMS: 5_000,
  // The driver ignores `timeoutMS` on a frozen server; this ends its sockets a little after `Connection` has
  // given the call up.
  socketTimeoutMS: 8_000,
  heartbeatFrequencyMS: 1_000,
  maxPoolSize: 50,
  waitQueueTimeoutMS: 2_000,
  // A forgotten value in a filter must not widen it.
  ignoreUndefined: false,
};

/**
 * Connects, creates missing indexes and resolves when everything is in place. Rejects with
 * `service_unavailable` when no primary answers within 5 s, with `NewerSchemaError`, and with the driver's
 * error when the server refuses the log-in.
 */
export async function openMongo(input: {
  url: string;
  database: string;
  clock: Pick<Clock, 'now'>;
}): Promise<Engine> {
  const client = new MongoClient(input.url, OPTIONS);
  const db = client.db(input.database);
  const ping = () => db.command({ ping: 1 });
  const connection = new Connection(ping);
  const meta = metaOperations(db, connection);

  let closed = false;
  const close = async () => {
    closed = true;
    connection.close();
    // The driver takes leave of the server, which a frozen one never answers.
    await within(CLOSE_MS, client.close(true), () => new Error('not closed in time')).catch(() => {});
  };

  try {
    await connection.run(() => client.connect());
    await requireKnownSchema(meta);
    if (!(await connection.run(() => areIndexed(db)))) await buildIndexes(input, connection, ping);
  } catch (error) {
    await close();
    throw error;
  }

  const watch = (listener: ForeignWrites) =>
    void followWrites(db.collection<RowDocument>(REMEMBERED), listener, () => closed);
  return {
    kind: 'mongodb',
    ...rememberLately(tableOperations(db, connection), input.clock, watch),
    ...counterOperations(db, connection),
    ...figureOperations(db, connection),
    ...meta,
    async ping() {
      await connection.run(ping, PING_MS);
    },
    close,
  };
}

/**
 * Creates what is missing. An index over a million rows takes longer than any other call may: it is built
 * over a connection of its own that waits, for as long as the server answers otherwise.
 */
async function buildIndexes(
  { url, database }: { url: string; database: string },
  connection: Connection,
  ping: () => Promise<unknown>,
): Promise<void> {
  const builder = new MongoClient(url, { ...OPTIONS, socketTimeoutMS: BUILD_MS, maxPoolSize: 1 });
  const over = new AbortController();
  const watch = async () => {
    for (;;) {
      await pause(WATCH_MS, undefined, { signal: over.signal });
      await connection.run(ping, PING_MS);
    }
  };
  try {
    const build = connection.run(() => createIndexes(builder.db(database)), BUILD_MS);
    await Promise.race([build, watch()]);
  } finally {
    over.abort();
    await within(CLOSE_MS, builder.close(true), () => new Error('not closed in time')).catch(() => {});
  }
}

/** Marks a new database; throws `NewerSchemaError` when a later version of the host has written this one. */
async function requireKnownSchema(meta: MetaOperations): Promise<void> {
  let known = await meta.metaGet(META.schema);
  if (known === undefined) {
    await meta.metaCompareAndSet(META.schema, undefined, String(SCHEMA));
    known = await meta.metaGet(META.schema);
  }
  const stored = Number(known);
  if (!(stored <= SCHEMA)) throw new NewerSchemaError(stored, SCHEMA);
}
