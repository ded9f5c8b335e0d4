import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILT_IN_FOLDER = fileURLToPath(new URL('../../templates/', import.meta.url));

/** A template file: lines `name: text`, an empty line, then the body. */
export interface TextFile {
  /** Path below `templates/`, for messages about it. */
  readonly path: string;
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
      files.set(path, parseTextFile(path, readFileSync(join(folder, entry), 'utf8')));
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
function parseTextFile(path: string, source: string): TextFile {
  const head: Record<string, string> = Object.create(null);
  const lines = source.replaceAll('\r\n', '\n').split('\n');
  let line = 0;
  for (; line < lines.length; line++) {
    const field = /^([A-Za-z][A-Za-z0-9]*): ?(.*)$/.exec(lines[line] ?? '');
    if (!field) break;
    head[field[1] ?? ''] = field[2]?.trim() ?? '';
  }
  return { path, head, body: lines.slice(line).join('\n').trim() };
}
