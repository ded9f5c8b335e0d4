import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export const COMMON_PASSWORDS_FILE = new URL(
  '../../server/domain/users/common-passwords.bin',
  import.meta.url,
);

/** The 10,000 commonest passwords, commonest first, of the list that zxcvbn-ts keeps. */
export function commonPasswords(): string[] {
  const { dictionary } = createRequire(import.meta.url)('@zxcvbn-ts/language-common');
  return dictionary['passwords-common'].slice(0, 10_000);
}

/**
 * What the host keeps of the list: the first 8 bytes of each MD5, sorted, so that the file tells no order.
 */
export function commonPasswordsFile(): Buffer {
  const beginnings = commonPasswords().map((password) =>
    createHash('md5').update(password).digest().subarray(0, 8),
  );
  return Buffer.concat(beginnings.sort(Buffer.compare));
}

// Run by hand after the list has a new version: node test/support/common-passwords.ts
if (import.meta.main) writeFileSync(COMMON_PASSWORDS_FILE, commonPasswordsFile());
