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

/**
 * Reads all built-in texts and pages, and the operator's own ones, which replace the built-in file of the same path (operator §3). Keys are
 * paths below `templates/` with forward slashes.
 */
export function readTextFiles(dataDir: string): Map<string, TextFile> {
  const files = new Map<string, TextFile>();
  for (const folder of [BUILT_IN_FOLDER, join(dataDir, 'templates')]) {
    if (!existsSync(folder)) continue;
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.hbs')) continue;
      const path = entry.replaceAll(sep, '/');
      const text = parseTextFile(readFileSync(join(folder, entry), 'utf8'));
      files.set(path, { path, isOwn: folder !== BUILT_IN_FOLDER, ...text });
    }
  }
  return files;
}

/** Throws an `Error` that names the file when it is missing. */
export function fileAt(files: ReadonlyMap<string, TextFile>, path: string): TextFile {
  const file = files.get(path);
  if (!file) throw new Error(`template ${path} is missing`);
  return file;
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
