import { isatty } from 'node:tty';
import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from '../model/config.ts';
import type { RequestLine } from './request-line.ts';
import { StandardOutput } from './standard-output.ts';
import { type TerminalLines, terminalLines } from './terminal-lines.ts';

type Write = (fields: Record<string, unknown>, message: string) => void;
/** Writes one JSON object a line. What a field holds goes out as it is: pass names, ids and numbers only. */
export interface Logger {
  info: Write;
  warn: Write;
  error: Write;
  /** As `info` with the message `request`, for a fraction of the cost. */
  request(line: RequestLine): void;
  /** Says where the host is to be found; at a terminal alone. */
  ready(address: string): void;
  /** See `StandardOutput`; nothing with a destination of its own. */
  flush(): void;
  drained(): Promise<void>;
}

/**
 * The host's log on stdout: `time` in ISO 8601, `level` by name, `msg`; where stdout is a terminal, lines for
 * a person. No line waits for its reader; `flush` does.
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const stdout = destination
    ? undefined
    : new StandardOutput(({ sync }) => pino.destination({ fd: 1, sync }));
  const lines = stdout && linesOfTerminal(level);
  const raw: DestinationStream | undefined = destination ?? stdout;
  const out = lines ? { write: (json: string) => raw?.write(lines.other(json)) } : raw;
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // SDK errors carry credentials: pino's own rendering of errors must never run.
      serializers: { err: () => undefined },
    },
    out,
  );
  const tellsRequests = log.isLevelEnabled('info');
  return {
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    request(line) {
      if (!tellsRequests) return;
      const text = lines ? lines.request(line) : requestText(line);
      if (text !== undefined) raw?.write(text);
    },
    ready(address) {
      if (lines) raw?.write(lines.ready(address));
    },
    flush: () => stdout?.flush(),
    drained: async () => stdout?.drained(),
  };
}

/** Undefined where nobody looks on: pipes and files get JSON. */
function linesOfTerminal(level: LogLevel): TerminalLines | undefined {
  if (!isatty(1)) return undefined;
  return terminalLines({
    colours: process.stdout.hasColors(),
    probes: level === 'debug' || level === 'trace',
  });
}

function requestText({ requestId, method, route, status, ms, appId, code, reason }: RequestLine): string {
  const app = appId === undefined ? '' : `,"appId":${JSON.stringify(appId)}`;
  const refusal = code === undefined ? '' : `,"code":${code}`;
  const why = reason === undefined ? '' : `,"reason":${JSON.stringify(reason)}`;
  return (
    `{"level":"info"${pino.stdTimeFunctions.isoTime()},"requestId":${JSON.stringify(requestId)},"method":${JSON.stringify(method)},` +
    `"route":${JSON.stringify(route)},"status":${status},"ms":${ms}${app}${refusal}${why},"msg":"request"}\n`
  );
}
