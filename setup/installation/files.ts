import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { EXIT, SetupError } from '../exit.ts';

/** Makes a folder only its owner can enter. Throws `SetupError` 73. */
export function makePrivateFolder(folder: string): void {
  try {
    const existed = existsSync(folder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!existed) chmodSync(folder, 0o700);
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

/**
 * Writes a file so that it is there whole or not at all, also after a power loss: temporary file (`O_EXCL`,
 * 0600), fsync, rename, fsync of the folder. Throws `SetupError` 73.
 */
export function writeFileWhole(file: string, content: string | Buffer, mode = 0o600): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = openSync(temporary, 'wx', mode);
    try {
      writeFileSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
    syncFolder(dirname(file));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw cannotWrite(file, error);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** What a failed write is told as; exit code 73. */
export function cannotWrite(path: string, error: unknown): SetupError {
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
  const advice = ADVICE[reason] ?? 'check that the folder exists and that you may write there';
  return new SetupError(EXIT.cannotWrite, `Cannot write ${path} (${reason}): ${advice}.`);
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'a file stands where a folder should',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'the volume is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your quota is used up',
  EFBIG: 'the file would be larger than allowed',
};
