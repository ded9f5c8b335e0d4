import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HOST_ARGUMENTS } from '../../setup/installation/launch.ts';
import type { DataSet } from './data-set.ts';
import type { Job, Seen } from './generator.ts';

const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;
const START_MS = 20_000;

/** A process whose cost can be read. */
export interface Watched {
  readonly child: ChildProcess;
  /** CPU seconds used so far, all threads. */
  cpu(): number;
  /** Resident memory, MiB. */
  rss(): number;
}
export interface RunningHost extends Watched {
  readonly url: string;
  /** From the spawn to the first 200 of `/readyz`. */
  readonly readyMs: number;
  stop(): Promise<void>;
  /** As an operator does, so that the compile cache is written. */
  stopGently(): Promise<void>;
}

/** Whether processes can be pinned to cores here. */
export const CAN_PIN = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;

/** Starts a host as `npm start` does; its log goes to a file. `core`: the only core it may use. */
export async function startHost(
  dataSet: Pick<DataSet, 'dataDir' | 'settings'>,
  options: { core?: number; nodeOptions?: string } = {},
): Promise<RunningHost> {
  const port = await freePort();
  const log = openSync(join(dataSet.dataDir, 'log.jsonl'), 'a');
  const [program = '', ...args] = pinned([process.execPath, ...HOST_ARGUMENTS], options.core);
  const startedAt = performance.now();
  const child = spawn(program, args, {
    env: {
      PATH: process.env.PATH,
      ...dataSet.settings,
      PORT: String(port),
      HOST: '127.0.0.1',
      // All callers have one address, as if a proxy stood in front.
      TRUST_PROXY_HOPS: '1',
      NODE_OPTIONS: options.nodeOptions ?? '',
    },
    stdio: ['ignore', log, 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  while (!((await isOpen(port)) && (await isReady(url)))) {
    if (child.exitCode !== null) throw new Error(`the host ended with ${child.exitCode}`);
    if (performance.now() - startedAt > START_MS) throw new Error('the host does not become ready');
    await pause(2);
  }
  return {
    ...watched(child),
    url,
    readyMs: performance.now() - startedAt,
    stop: () => stop(child),
    stopGently: () => stop(child, 'SIGTERM'),
  };
}

/** Asked first: a `fetch` of a closed port every other millisecond would take half a core from the host. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    ({ status }) => status === 200,
    () => false,
  );
}

/** The generator; `core` as for hosts. */
export function startGenerator(core?: number) {
  const { child, ask } = startHelper('generator.ts', core);
  return {
    run: (jobs: readonly Job[]) => ask(jobs) as Promise<Seen[]>,
    stop: () => stop(child),
  };
}

/** A script of this folder as a process that answers messages, one at a time. */
export function startHelper(script: string, core?: number) {
  const [execPath = '', ...execArgv] = pinned([process.execPath], core);
  const file = fileURLToPath(new URL(script, import.meta.url));
  // `fork` puts the script behind `execArgv`: taskset gets Node, Node the script.
  const env = { ...process.env, UV_THREADPOOL_SIZE: String(availableParallelism() + 4) };
  const child = fork(file, { execPath, execArgv, env });
  async function ask(message: unknown): Promise<unknown> {
    const answer = once(child, 'message');
    child.send(message as object);
    return (await answer)[0];
  }
  return { ...watched(child), ask, stop: () => stop(child) };
}

function pinned(command: readonly string[], core: number | undefined): readonly string[] {
  return core === undefined || !CAN_PIN ? command : ['taskset', '-c', String(core), ...command];
}

async function stop(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/**
 * Costs come from Linux' `/proc`; elsewhere they read 0. `taskset` becomes Node, so the process id is Node's.
 */
function watched(child: ChildProcess): Watched {
  const read = (name: string) => {
    try {
      return readFileSync(`/proc/${child.pid}/${name}`, 'utf8');
    } catch {
      return '';
    }
  };
  return {
    child,
    cpu() {
      const fields = read('stat')
        .slice(read('stat').lastIndexOf(')') + 2)
        .split(' ');
      return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
    },
    rss: () => (Number(read('statm').split(' ')[1] ?? 0) * PAGE_BYTES) / 2 ** 20,
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
