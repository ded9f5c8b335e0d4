import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { S3Place } from '../../server/model/asset.ts';
import { freePort } from './free-port.ts';
import { freeze } from './freeze.ts';
import { killed, leaveNoneBehind } from './killed.ts';
import { until } from './until.ts';

/** What to say where a test is skipped for want of an S3 server. */
export const NO_S3_SERVER =
  'no S3 server at hand: set TEST_S3_SERVER to a versitygw (go install github.com/versity/versitygw/cmd/versitygw@v1.8.0)';

/** A real S3 server of the test's own on a free loopback port, with one bucket on disk. */
export interface S3Server {
  readonly place: S3Place;
  readonly pid: number;
  /** Names of the objects in the bucket. */
  objects(): Promise<string[]>;
  /** SIGSTOP: connections are taken and nothing answers; resolves when it stands still. */
  freeze(): Promise<void>;
  thaw(): void;
  /** SIGKILL, as a power cut. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, after `kill`. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export function s3ServerAvailable(): boolean {
  return Boolean(process.env.TEST_S3_SERVER);
}

/** Starts one. Throws where `s3ServerAvailable` is false. `tls`: paths, for https. */
export async function startS3Server(tls?: { key: string; cert: string }): Promise<S3Server> {
  const binary = process.env.TEST_S3_SERVER;
  if (!binary) throw new TypeError(NO_S3_SERVER);
  const root = await mkdtemp(join(tmpdir(), 's3-'));
  const place: S3Place = {
    kind: 's3',
    bucket: 'files',
    region: 'us-east-1',
    endpoint: `${tls ? 'https' : 'http'}://127.0.0.1:${await freePort()}`,
    keyId: 'AKIDOFTHETESTS',
    secret: 'secret/of+the=tests',
    publicBase: undefined,
  };
  const folder = join(root, place.bucket);
  await mkdir(folder);
  let server = await launch(binary, root, place, tls);
  leaveNoneBehind(() => server);

  return {
    place,
    async objects() {
      const found = await readdir(folder, { recursive: true, withFileTypes: true });
      const files = found.filter((entry) => entry.isFile() && !entry.parentPath.includes('.sgwtmp'));
      return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
    },
    get pid() {
      return Number(server.pid);
    },
    freeze: () => freeze(server),
    thaw: () => void server.kill('SIGCONT'),
    kill: () => killed(server),
    async restart() {
      server = await launch(binary, root, place, tls);
    },
    async stop() {
      await killed(server);
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function launch(
  binary: string,
  root: string,
  place: S3Place,
  tls: { key: string; cert: string } | undefined,
): Promise<ChildProcess> {
  const port = Number(new URL(String(place.endpoint)).port);
  const server = spawn(
    binary,
    [
      ...['--quiet', '--keep-alive', '--port', `127.0.0.1:${port}`, '--region', place.region],
      ...(tls ? ['--cert', tls.cert, '--key', tls.key] : []),
      ...['posix', root],
    ],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env.PATH, ROOT_ACCESS_KEY_ID: place.keyId, ROOT_SECRET_ACCESS_KEY: place.secret },
    },
  );
  let fault: Error | undefined;
  server.once('error', (error) => {
    fault = error;
  });
  await until('the S3 server answers', async () => {
    if (fault || server.exitCode !== null) throw fault ?? new Error(`it ended with ${server.exitCode}`);
    return isListening(port);
  });
  server.unref();
  return server;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
