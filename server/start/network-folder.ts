import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** File systems whose files lie on another machine, by the magic number of `statfs`. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9p'],
]);

export type FileSystemOf = (path: string) => string | undefined;

/**
 * The network file system a file lies on, or will lie on; undefined for a local disk. SQLite shares memory
 * between its processes and trusts locks, and these give it neither: what two hosts write there gets lost.
 */
export function networkFileSystem(
  path: string,
  typeOf: (folder: string) => number = (folder) => statfsSync(folder).type,
): string | undefined {
  let folder = path;
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  try {
    return NETWORK.get(typeOf(folder) >>> 0);
  } catch {
    return undefined;
  }
}
