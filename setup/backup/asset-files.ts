import { closeSync, existsSync, fsyncSync, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { EXIT, SetupError } from '../exit.ts';
import { makePrivateFolder } from '../installation/files.ts';

/** A stretch of a local file of AssetLink; the stretches of one file follow each other. */
export interface AssetFileEntry {
  kind: 'assetFile';
  /** Below the data folder. */
  path: string;
  /** Where in the file it begins. */
  at: number;
  content: string;
}

/** Of one entry: a line of a backup is held in memory. */
const STRETCH_BYTES = 512 * 1024;
const UPLOADING = 'uploading';
const PATH = /^assets\/[\da-z]+\/[\da-z]+\/[\w.-]+$/;

/** Files that users have on this machine, and their bytes; uploads under way do not count. */
export function countAssetFiles(dataDir: string): { files: number; bytes: number } {
  const sizes = pathsOf(dataDir).map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Every local file, in stretches. One that is removed meanwhile is left out from there. */
export async function* assetFiles(dataDir: string): AsyncIterable<AssetFileEntry> {
  for (const path of pathsOf(dataDir)) {
    const file = await open(path).catch(() => undefined);
    if (!file) continue;
    try {
      const buffer = Buffer.alloc(STRETCH_BYTES);
      for (let at = 0; ; ) {
        const { bytesRead } = await file.read(buffer, 0, STRETCH_BYTES, at);
        if (bytesRead === 0 && at > 0) break;
        const content = buffer.toString('base64', 0, bytesRead);
        yield { kind: 'assetFile', path: relative(dataDir, path), at, content };
        at += bytesRead;
        if (bytesRead < STRETCH_BYTES) break;
      }
    } finally {
      await file.close();
    }
  }
}

function pathsOf(dataDir: string): string[] {
  const root = join(dataDir, 'assets');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath !== join(root, UPLOADING))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Writes the files among the lines of a backup into a data folder that has none. */
export async function writeAssetFiles(dataDir: string, lines: AsyncIterable<unknown>): Promise<void> {
  for await (const line of lines) {
    const entry = line as AssetFileEntry | { kind: 'other' };
    if (entry.kind === 'assetFile') writeStretch(dataDir, entry);
  }
}

function writeStretch(dataDir: string, { path, at, content }: AssetFileEntry): void {
  requireAssetPath(path);
  const target = join(dataDir, path);
  const folder = dirname(target);
  if (at === 0)
    for (const each of [dirname(dirname(folder)), dirname(folder), folder]) makePrivateFolder(each);
  const file = openSync(target, at === 0 ? 'wx' : 'r+', 0o600);
  try {
    writeSync(file, Buffer.from(content, 'base64'), 0, undefined, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Throws `SetupError` 78 for a path that no backup of this host holds. */
export function requireAssetPath(path: string): void {
  if (PATH.test(path) && !path.includes('..')) return;
  const odd = JSON.stringify(path);
  throw new SetupError(EXIT.configuration, `The backup holds a file of an odd name: ${odd}.`);
}
