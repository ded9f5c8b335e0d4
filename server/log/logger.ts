import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from '../model/config.ts';
import { StandardOutput } from './standard-output.ts';

type Write = (fields: Record<string, unknown>, message: string) => void;
/** What the line of an answered request says. */
export interface RequestLine {
  requestId: string;
  method: string;
  route: string;
  status: number;
  /** Until the answer was handed to the system, milliseconds. */
  ms: number;
  appId: string | undefined;
  /** Of a refusal: what its body says. */
  code?: number | undefined;
  reason?: string | undefined;
}
/** Writes one JSON object a line. What a field holds goes out as it is: pass names, ids and numbers only. */
export interface Logger {
  info: Write;
  warn: Write;
  error: Write;
  /** As `info` with the message `request`, for a fraction of the cost. */
  request(line: RequestLine): void;
  /** See `StandardOutput`; nothing with a destination of its own. */
  flush(): void;
  drained(): Promise<void>;
}

/**
 * The host's log on stdout: `time` in ISO 8601, `level` by name, `msg`. No line waits for its reader; `flush`
 * does.
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const stdout = destination
    ? undefined
    : new StandardOutput(({ sync }) => pino.destination({ fd: 1, sync }));
  const out: DestinationStream | undefined = destination ?? stdout;
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
      if (tellsRequests) out?.write(requestText(line));
    },
    flush: () => stdout?.flush(),
    drained: async () => stdout?.drained(),
  };
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
