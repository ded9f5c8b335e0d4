import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { buildConfig } from '../../server/config/load.ts';
import { systemClock } from '../../server/security/clock.ts';
import { createCodes } from '../../server/security/codes.ts';
import { loadHostKey } from '../../server/security/host-key.ts';
import { createHostTokens } from '../../server/security/host-tokens.ts';
import { HOST_ARGUMENTS } from '../../setup/installation/launch.ts';
import { COMPILE_CACHE } from './compile-cache.ts';
import { type LogLine, makeDataDir, send } from './host.ts';
import { until } from './until.ts';

/** A host as a process of its own, started as `npm start` does. */
export interface HostProcess {
  readonly child: ChildProcess;
  readonly dataDir: string;
  /** Log lines so far. */
  readonly lines: LogLine[];
  /** Resolves with the port once it listens; rejects when the process ends before. */
  readonly listening: Promise<number>;
  /** Resolves when everything it has logged until now is in `lines`: they come later than answers. */
  logged(): Promise<void>;
  /** Resolves when the process has ended and its output is read. */
  readonly ended: Promise<{ code: number | null; stderr: string }>;
  stop(): Promise<void>;
}

/** A server secret token as setup prints it, signed with the host key of that data folder. */
export async function serverSecretOf(dataDir: string): Promise<string> {
  const { settings } = makeDataDir(dataDir);
  const config = buildConfig(settings, { production: false });
  const hostKey = loadHostKey({ ...config, passPhrase: config.passKey });
  const codes = createCodes({ key: Buffer.alloc(32) });
  const tokens = createHostTokens({ ...hostKey, config, clock: systemClock, codes });
  return tokens.issueServerSecret({ name: 'test', generation: 1 });
}

/**
 * Starts a host on a data folder of its own (or `dataDir`), on a free port; `env` wins. Nothing of this
 * process's settings reaches it.
 */
export function startHostProcess(
  options: { env?: Record<string, string>; dataDir?: string; args?: readonly string[] } = {},
): HostProcess {
  const made = makeDataDir(options.dataDir);
  const env = {
    PATH: process.env.PATH,
    PORT: '0',
    HOST: '127.0.0.1',
    PASSWORD_HASH_MEMORY_KIB: '1024',
    PASSWORD_HASH_PASSES: '1',
    ADDRESS_LIMIT_PER_MINUTE: '0',
    RECIPIENTS_PER_ADDRESS_PER_HOUR: '0',
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    ...made.settings,
    ...options.env,
  };
  const child = spawn(process.execPath, [...HOST_ARGUMENTS, ...(options.args ?? [])], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: LogLine[] = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, stderr }));
  const listening = new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const parsed: LogLine = JSON.parse(line);
      lines.push(parsed);
      if (parsed.msg === 'listening') resolve(Number(parsed.port));
    });
    void ended.then(() => reject(new Error(`the host ended before it listened: ${stderr}`)));
  });
  // A test of a refused start never asks for the port.
  listening.catch(() => {});
  return {
    child,
    dataDir: made.dataDir,
    lines,
    listening,
    ended,
    async logged() {
      const { headers } = await send({ port: await listening, method: 'GET', path: '/' });
      const last = headers['x-request-id'];
      await until('its log is read', () => lines.some(({ requestId }) => requestId === last));
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
      if (options.dataDir === undefined) rmSync(made.dataDir, { recursive: true, force: true });
    },
  };
}
