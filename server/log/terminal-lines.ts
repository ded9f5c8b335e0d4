import { styleText } from 'node:util';
import type { RequestLine } from './request-line.ts';

type Style = Parameters<typeof styleText>[0];

/** The log as a person at a terminal reads it: the same facts, a short line each. */
export interface TerminalLines {
  /** Undefined for what is not worth a line there: the questions of a health probe. */
  request(line: RequestLine): string | undefined;
  /** Of a line of the log as JSON. */
  other(json: string): string;
  ready(address: string): string;
}

/** Asked every few seconds by whatever watches the host. */
const PROBES: readonly string[] = ['/healthz', '/readyz'];
/** Said already, or of no use to who looks on. */
const LEFT_OUT = new Set(['time', 'level', 'msg', 'event', 'requestId', 'kid', 'stack']);
const LEVELS: Readonly<Record<string, Style>> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'cyan',
};

/** `probes`: health probes are shown too. */
export function terminalLines({ colours, probes }: { colours: boolean; probes: boolean }): TerminalLines {
  const styled = (style: Style, text: string) =>
    colours ? styleText(style, text, { validateStream: false }) : text;

  return {
    request({ method, route, status, ms, code, reason }) {
      if (!probes && PROBES.includes(route)) return undefined;
      const why = [code === undefined ? undefined : `code ${code}`, reason].filter(Boolean).join(' ');
      const parts = [
        styled('bold', harmless(method)),
        route === '' ? '(unknown path)' : route,
        styled(styleOf(status), String(status)),
        styled('dim', `${ms < 10 ? ms : Math.round(ms)} ms`),
        ...(why === '' ? [] : [styled('yellow', why)]),
      ];
      return `${parts.join(' ')}\n`;
    },
    other(json) {
      const fields: Record<string, unknown> = JSON.parse(json);
      const { level, msg, stack } = fields;
      const facts = Object.entries(fields)
        .filter(([name, value]) => !LEFT_OUT.has(name) && value !== undefined && value !== '')
        .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
      const line = [
        styled(LEVELS[String(level)] ?? 'dim', String(level)),
        harmless(String(msg)),
        ...facts.map((fact) => styled('dim', harmless(fact))),
      ];
      const frames = typeof stack === 'string' && stack !== '' ? stack.split('\n') : [];
      return `${[line.join(' '), ...frames.map((frame) => styled('dim', harmless(frame)))].join('\n')}\n`;
    },
    ready: (address) => `${styled('green', 'Ready:')} ${harmless(address)} · Ctrl-C stops\n`,
  };
}

function styleOf(status: number): Style {
  if (status >= 500) return 'red';
  return status >= 400 ? 'yellow' : 'green';
}

/** Text of others must not command the terminal. */
function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '·');
}
