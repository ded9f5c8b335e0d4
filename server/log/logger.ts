import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from '../model/config.ts';

const LATE_MS = 500;

type Write = (fields: Record<string, unknown>, message: string) => void;
/** Writes one JSON object a line. What a field holds goes out as it is: pass names, ids and numbers only (security.md R34). */
export interface Logger {
  info: Write;
  warn: Write;
  error: Write;
  /** Everything written so far has left the process when this returns; a write under way may be overtaken. */
  flush(): void;
  /** To be called after a line: resolves when it and all before it have left in order, or when the reader does not take them. */
  drained(): Promise<void>;
}

/**
 * The host's log on stdout: `time` in ISO 8601, `level` by name, `msg`. Lines are handed to the system without blocking; those that arrive
 * while a write is under way share the next one.
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const stdout = destination ? undefined : pino.destination({ fd: 1, sync: false });
  // A reader that went away must not end the host.
  stdout?.on('error', () => {});
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // SDK errors carry credentials: pino's own rendering of errors must never run.
      serializers: { err: () => undefined },
    },
    destination ?? stdout,
  );
  return {
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    async drained() {
      if (!stdout) return;
      const late = pause(LATE_MS, undefined, { ref: false });
      await Promise.race([late, once(stdout, 'drain')]).catch(() => undefined);
    },
    flush() {
      try {
        stdout?.flushSync();
      } catch {
        // Not open yet, or the reader is gone: nothing can be written any more.
      }
    },
  };
}
