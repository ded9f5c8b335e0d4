import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../server/config/load.ts';

/**
 * What Node is given to run the host, as by `npm start`. A half of V8's young generation gets 8 MiB instead
 * of 32, which saves 30 MiB and costs nothing that could be measured. No signal opens the debugger.
 */
export const HOST_ARGUMENTS: readonly string[] = [
  '--disable-sigusr1',
  '--max-semi-space-size=8',
  fileURLToPath(new URL('../../server/start.mjs', import.meta.url)),
];
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A host in the foreground. */
export interface RunningHost {
  /** Its port, once it answers there; undefined when it ended before. */
  readonly listening: Promise<number | undefined>;
  /** Its exit code. */
  readonly ended: Promise<number>;
  /** Asks it to drain and end. */
  stop(): void;
}

/** Starts the host in the foreground and passes signals on. */
export function launchHost(env: Environment): RunningHost {
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'] as const;
  const host = spawn(process.execPath, [...HOST_ARGUMENTS], { stdio: [...stdio], env: { ...env } });
  // On a terminal Ctrl-C reaches the host by itself; these keep setup alive until the host has drained.
  const forward = SIGNALS.map((signal) => {
    const listener = () => {
      if (!(signal === 'SIGINT' && process.stdin.isTTY)) host.kill(signal);
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  const ended = new Promise<number>((resolve, reject) => {
    host.on('error', reject);
    host.on('exit', (code, signal) => {
      for (const stop of forward) stop();
      resolve(code ?? (signal === 'SIGKILL' ? 137 : 1));
    });
  });
  const listening = new Promise<number | undefined>((resolve) => {
    host.once('message', (said: { port: number }) => {
      resolve(said.port);
      host.disconnect();
    });
    host.once('exit', () => resolve(undefined));
  });
  return { listening, ended, stop: () => host.kill('SIGINT') };
}
