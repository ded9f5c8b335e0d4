import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const SETUP = fileURLToPath(new URL('../../setup/start.mjs', import.meta.url));

/**
 * Runs `npm run setup -- <option>` on a data folder, with these settings in its environment and nothing to
 * ask anybody.
 */
export async function runSetupCommand(
  option: string,
  dataDir: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [SETUP, option, '--data-dir', dataDir], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { exitCode: (await ended)[0], stdout, stderr };
}
