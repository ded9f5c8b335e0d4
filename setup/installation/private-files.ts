import { chmodSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cannotWrite } from './files.ts';

const PRIVATE_FILES = ['host.env', 'outbox.jsonl', 'host.db', 'host.db-wal', 'host.db-shm'];
const OTHERS = 0o077;

/** The data folder and what it holds of secrets and people. */
function privatePaths(dataDir: string): string[] {
  return [dataDir, ...PRIVATE_FILES.map((name) => join(dataDir, name))];
}

/** Those of the data folder, its private files and the private key that others on this machine can reach. */
export function openToOthers({
  dataDir,
  privateKeyFile,
}: {
  dataDir: string;
  privateKeyFile: string;
}): string[] {
  return [...privatePaths(dataDir), privateKeyFile].filter(isOpen);
}

/**
 * Takes others' rights to the data folder and its private files away; answers where there were any. Throws
 * `SetupError` 73.
 */
export function closeToOthers(dataDir: string): string[] {
  const open = privatePaths(dataDir).filter(isOpen);
  for (const path of open) {
    try {
      chmodSync(path, statSync(path).mode & 0o777 & ~OTHERS);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }
  return open;
}

function isOpen(path: string): boolean {
  return existsSync(path) && (statSync(path).mode & OTHERS) !== 0;
}
