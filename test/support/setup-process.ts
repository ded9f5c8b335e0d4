import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE } from './compile-cache.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const START = fileURLToPath(new URL('../../setup/start.mjs', import.meta.url));

export interface SetupOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
}
/** `npx setup` as a process of its own, without a terminal. */
export interface SetupProcess {
  readonly child: ChildProcess;
  /** What it printed so far. */
  readonly printed: { stdout: string; stderr: string };
  readonly ended: Promise<SetupOutcome>;
}

/** Cheap hashes; nothing of this process's settings reaches it. */
export const SETUP_ENV: Readonly<Record<string, string>> = {
  PASSWORD_HASH_MEMORY_KIB: '1024',
  PASSWORD_HASH_PASSES: '1',
  HOST: '127.0.0.1',
  NODE_COMPILE_CACHE: COMPILE_CACHE,
};

export function startSetup(args: readonly string[], env: Record<string, string> = {}): SetupProcess {
  const child = spawn(process.execPath, [START, ...args], {
    cwd: PROJECT,
    env: { PATH: process.env.PATH, ...SETUP_ENV, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
    });
  }
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, ...printed }));
  return { child, printed, ended };
}

/** Runs a command of setup to its end. */
export function runSetup(args: readonly string[], env: Record<string, string> = {}): Promise<SetupOutcome> {
  return startSetup(args, env).ended;
}
