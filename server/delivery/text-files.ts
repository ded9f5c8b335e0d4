import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILT_IN_FOLDER = fileURLToPath(new URL('../../templates/', import.meta.url));

/** A template file: lines `name: text`, an empty line, then the body. */
export interface TextFile {
  /** Path below `templates/`, for messages about it. */
  readonly path: string;
  /** The operator's, not one that comes with the host. */
  readonly isOwn: boolean;
  readonly head: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is wrong with files of the operator's, all of them at once. */
export class TextFilesError extends Error {
  override readonly name = 'TextFilesError';
  readonly problems: readonly { path: string; problem: string }[];
  constructor(problems: TextFilesError['problems']) {
    super(problems.map(({ path, problem }) => `${path} ${problem}`).join('; '));
    this.problems = problems;
  }
}

/**
 * Reads all built-in texts and pages, and the operator's own ones, which replace the built-in file of the
 * same path (operator §3). Keys are paths below `templates/` with forward slashes. Throws `TextFilesError`
 * for what is no UTF-8 or cannot be read; a byte order mark is ignored.
 */
export function readTextFiles(dataDir: string): Map<string, TextFile> {
  const files = new Map<string, TextFile>();
  const problems: { path: string; problem: string }[] = [];
  for (const folder of [BUILT_IN_FOLDER, join(dataDir, 'templates')]) {
    if (!existsSync(folder)) continue;
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.hbs')) continue;
      const path = entry.replaceAll(sep, '/');
      try {
        const text = parseTextFile(decoded(readFileSync(join(folder, entry))));
        files.set(path, { path, isOwn: folder !== BUILT_IN_FOLDER, ...text });
      } catch (error) {
        problems.push({ path, problem: reasonOf(error) });
      }
    }
  }
  if (problems.length > 0) throw new TextFilesError(problems);
  return files;
}

/** Which message the file at a path is the text of, and in which locale. */
export function textOf(path: string): { locale?: string | undefined; name?: string | undefined } {
  const [, locale, name] = /^messages\/([A-Z]{2})\/(\w+)\.hbs$/.exec(path) ?? [];
  return { locale, name };
}

/** Which page the file at a path holds the words of, and in which locale. */
export function wordsOf(path: string): { locale?: string | undefined; page?: string | undefined } {
  const [, locale, page] = /^pages\/([A-Z]{2})\/([\w-]+)\.hbs$/.exec(path) ?? [];
  return { locale, page };
}

/** Throws an `Error` that names the file when it is missing. */
export function fileAt(files: ReadonlyMap<string, TextFile>, path: string): TextFile {
  const file = files.get(path);
  if (!file) throw new Error(`template ${path} is missing`);
  return file;
}

/** Without its byte order mark. Throws for what is no UTF-8. */
function decoded(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
    ? 'is not UTF-8'
    : `cannot be read (${code || 'unknown'})`;
}

/** A file whose first line is no `name: text` is all body. */
function parseTextFile(source: string): Pick<TextFile, 'head' | 'body'> {
  const head: Record<string, string> = Object.create(null);
  const lines = source.replaceAll('\r\n', '\n').split('\n');
  let line = 0;
  for (; line < lines.length; line++) {
    const field = /^([A-Za-z][A-Za-z0-9]*): ?(.*)$/.exec(lines[line] ?? '');
    if (!field) break;
    head[field[1] ?? ''] = field[2]?.trim() ?? '';
  }
  return { head, body: lines.slice(line).join('\n').trim() };
}
