import { readFileSync } from 'node:fs';
import type { Environment } from '../../server/config/load.ts';
import { whyUnreadable } from '../../server/config/unreadable-file.ts';
import { EXIT, SetupError } from '../exit.ts';

/** Fewest characters of a backup's pass phrase. */
export const BACKUP_PASS_MIN_LENGTH = 8;

/**
 * The pass phrase of a backup from `BACKUP_PASS` or `BACKUP_PASS_FILE`; undefined when it has to be asked
 * for. Throws `SetupError` 78.
 */
export function readBackupPass(env: Environment): string | undefined {
  const passPhrase = env.BACKUP_PASS || fromFile(env.BACKUP_PASS_FILE);
  if (passPhrase === undefined && !process.stdin.isTTY) {
    throw new SetupError(
      EXIT.configuration,
      'Give the pass phrase of the backup as BACKUP_PASS or BACKUP_PASS_FILE.',
    );
  }
  if (passPhrase !== undefined && passPhrase.length < BACKUP_PASS_MIN_LENGTH) {
    throw new SetupError(
      EXIT.configuration,
      `BACKUP_PASS is shorter than ${BACKUP_PASS_MIN_LENGTH} characters.`,
    );
  }
  return passPhrase;
}

function fromFile(file: string | undefined): string | undefined {
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const { problem, repair } = whyUnreadable(file, error);
    throw new SetupError(EXIT.configuration, `BACKUP_PASS_FILE ${problem}: ${repair}.`);
  }
}
