import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE } from './compile-cache.ts';

export const COSYNC_START = fileURLToPath(new URL('../../cli/start.mjs', import.meta.url));

export interface CosyncOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** An empty folder, and an environment in which nothing of this machine's own settings counts. */
export function emptyPlace(): { folder: string; env: Record<string, string | undefined> } {
  const folder = mkdtempSync(join(tmpdir(), 'cosync-cli-'));
  return {
    folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      XDG_CONFIG_HOME: join(folder, 'config'),
    },
  };
}

/** Runs `cosync` to its end, on pipes; `input` is what it reads from standard input. */
export async function runCosync(
  args: readonly string[],
  options: { cwd: string; env: Record<string, string | undefined>; input?: string | undefined },
): Promise<CosyncOutcome> {
  const { cwd, env, input = '' } = options;
  const child = spawn(process.execPath, [COSYNC_START, ...args], { cwd, env, stdio: 'pipe' });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
    });
  }
  // One that ends before it has read its input is no fault.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  await once(child, 'close');
  return { code: child.exitCode, ...printed };
}
