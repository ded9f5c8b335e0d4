import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The name of a data folder, the same for every process that works on it: made when it is first asked for, in
 * `<dataDir>/folder-id`.
 */
export function dataFolderId(dataDir: string, newId: () => string): string {
  const file = join(dataDir, 'folder-id');
  try {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(file, newId(), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!isThere) throw error;
  }
  return readFileSync(file, 'utf8');
}
