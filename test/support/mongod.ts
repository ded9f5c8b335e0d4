import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { freePort } from './free-port.ts';
import { freeze } from './freeze.ts';
import { killed, leaveNoneBehind } from './killed.ts';
import { until } from './until.ts';

/** What to say where a test is skipped for want of a MongoDB. */
export const NO_MONGOD =
  'no MongoDB at hand: set TEST_MONGODB_URI, or MONGOMS_SYSTEM_BINARY to a mongod, or TEST_MONGODB=download to fetch one';
/** The same for tests that stop the server. */
export const NO_OWN_MONGOD =
  'needs a mongod it may stop: set MONGOMS_SYSTEM_BINARY to one, or TEST_MONGODB=download to fetch one';

export interface Mongod {
  url(database: string): string;
}

/** A mongod of the test's own, a replica set of one on a free loopback port. */
export interface OwnMongod extends Mongod {
  readonly pid: number;
  /** SIGSTOP: connections stay open and nothing answers any more. */
  freeze(): Promise<void>;
  thaw(): void;
  /** SIGKILL, as a power cut. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, after `kill`. */
  restart(): Promise<void>;
  /** Gives the primary role up for that long; resolves as soon as the server agreed. */
  stepDown(seconds: number): Promise<void>;
  /** Runs a command on the server's `admin` database. */
  command(command: Record<string, unknown>): Promise<unknown>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export function mongodAvailable(): boolean {
  return Boolean(process.env.TEST_MONGODB_URI) || ownMongodAvailable();
}

export function ownMongodAvailable(): boolean {
  return Boolean(process.env.MONGOMS_SYSTEM_BINARY) || process.env.TEST_MONGODB === 'download';
}

/**
 * The server `TEST_MONGODB_URI` names, else one of its own; undefined where there is neither. `stop` leaves a
 * named one alone.
 */
export async function startMongod(): Promise<(Mongod & Pick<OwnMongod, 'stop'>) | undefined> {
  const uri = process.env.TEST_MONGODB_URI;
  if (!uri) return ownMongodAvailable() ? startOwnMongod() : undefined;
  return {
    url(database) {
      const url = new URL(uri);
      url.pathname = `/${database}`;
      return url.href;
    },
    async stop() {},
  };
}

/** Starts a mongod that the test may freeze, kill and restart. Throws where `ownMongodAvailable` is false. */
export async function startOwnMongod(): Promise<OwnMongod> {
  const binary = await findBinary();
  const folder = await mkdtemp(join(tmpdir(), 'mongod-'));
  const port = await freePort();
  const url = (database: string) => `mongodb://127.0.0.1:${port}/${database}?replicaSet=test`;

  let server = await launch(binary, folder, port);
  leaveNoneBehind(() => server);
  await onAdmin(port, { replSetInitiate: { _id: 'test', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
  await becomesPrimary(port);

  return {
    url,
    get pid() {
      return Number(server.pid);
    },
    freeze: () => freeze(server),
    thaw: () => void server.kill('SIGCONT'),
    kill: () => killed(server),
    async restart() {
      server = await launch(binary, folder, port);
    },
    async stepDown(seconds) {
      await onAdmin(port, { replSetStepDown: seconds, force: true });
    },
    command: (command) => onAdmin(port, command),
    async stop() {
      await killed(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Where the mongod to be started is. */
export async function findBinary(): Promise<string> {
  const named = process.env.MONGOMS_SYSTEM_BINARY;
  if (named) return named;
  const { MongoBinary } = await import('mongodb-memory-server-core');
  return MongoBinary.getPath();
}

/**
 * Starts a mongod, as a member of the replica set `test` unless `mode` says otherwise; resolves when it
 * accepts connections.
 */
export async function launch(
  binary: string,
  folder: string,
  port: number,
  mode: readonly string[] = ['--replSet', 'test'],
): Promise<ChildProcess> {
  const server = spawn(
    binary,
    [
      ...['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket'],
      ...[...mode, '--wiredTigerCacheSizeGB', '0.25', '--setParameter', 'enableTestCommands=1'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let seen = '';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`mongod ended with ${code}:\n${seen.slice(-4_000)}`)));
    server.stdout.on('data', (chunk: Buffer) => {
      if (seen.includes('Waiting for connections')) return;
      seen += chunk;
      if (seen.includes('Waiting for connections')) resolve();
    });
  });
  server.removeAllListeners('exit');
  // Neither the server nor its log may keep a finished test alive.
  server.unref();
  const log = server.stdout as unknown as { unref(): void };
  log.unref();
  return server;
}

/** Runs a command on that very server's `admin` database. */
export async function onAdmin(
  port: number,
  command: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 5_000,
  });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}

async function becomesPrimary(port: number): Promise<void> {
  await until(
    'it is the primary',
    async () => (await onAdmin(port, { hello: 1 })).isWritablePrimary === true,
  );
}
