import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseEnv } from 'node:util';
import { describeRepeated, repeatedNames } from '../../server/config/repeated-names.ts';
import { SETTINGS } from '../../server/config/settings.ts';
import { EXIT, SetupError } from '../exit.ts';
import { writeFileWhole } from './files.ts';

const HEAD =
  '# Settings of the CoSync Auth host, written by setup and editable by hand (README.md lists them all).\n' +
  '# This file opens everything: keep it private and back it up apart from the database.\n';

/** What is to be written: a text, or `undefined` to remove the line. Names may end in `_FILE`. */
export type Changes = Readonly<Record<string, string | undefined>>;

/** The lines of `host.env` as they are; empty without a file. */
export function readHostEnvFile(dataDir: string): Record<string, string> {
  const file = join(dataDir, 'host.env');
  return existsSync(file) ? (parseEnv(readFileSync(file, 'utf8')) as Record<string, string>) : {};
}

/**
 * Changes lines of `host.env` in one atomic step and keeps everything else as it stands, comments included.
 * Throws `SetupError` 78 for a value the format cannot hold, 73 when the file cannot be written.
 */
export function changeHostEnv(dataDir: string, changes: Changes): void {
  const file = join(dataDir, 'host.env');
  const before = existsSync(file) ? readFileSync(file, 'utf8') : HEAD;
  const [repeated] = repeatedNames(before);
  if (repeated) {
    const where = describeRepeated(repeated, file);
    throw new SetupError(EXIT.configuration, `${repeated.name} ${where}: keep one of them.`);
  }
  const pending = new Map(Object.entries(changes));
  const lines: string[] = [];
  for (const line of before.replace(/\n$/, '').split('\n')) {
    const name = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/.exec(line)?.[1];
    if (name === undefined || !pending.has(name)) {
      lines.push(line);
      continue;
    }
    const value = pending.get(name);
    pending.delete(name);
    if (value !== undefined) lines.push(`${name}=${quote(name, value)}`);
  }
  for (const [name, value] of pending) {
    if (value !== undefined) lines.push(`${name}=${quote(name, value)}`);
  }
  writeFileWhole(file, `${lines.join('\n')}\n`);
}

/** `util.parseEnv` knows no escapes: a value is quoted as it stands or refused. */
function quote(name: string, value: string): string {
  if (/^[A-Za-z0-9_./:@+-]+$/.test(value)) return value;
  const holdsLineFeed = /[\r\n\0]/.test(value);
  if (!holdsLineFeed && !value.includes("'")) return `'${value}'`;
  if (!holdsLineFeed && !value.includes('`')) return `\`${value}\``;
  const secret = (SETTINGS as Record<string, { secret: boolean }>)[name]?.secret;
  const way = secret ? `Put it into a file and name that with ${name}_FILE.` : 'Choose another value.';
  throw new SetupError(EXIT.configuration, `${name} holds characters that host.env cannot hold. ${way}`);
}

/** A path as it is kept in `host.env`: relative to the data folder where it lies inside. */
export function storedPath(dataDir: string, path: string): string {
  const inside = relative(dataDir, path);
  return inside.startsWith('..') ? path : inside;
}
