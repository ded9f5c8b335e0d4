import { readFileSync } from 'node:fs';
import type { App } from '../../model/app.ts';
import { HostError, type Reason } from '../../model/errors.ts';

/** Of each MD5 the file keeps the first 8 bytes, sorted (made by test/support/common-passwords.ts). */
const KEPT_BYTES = 8;
const COMMON = readFileSync(new URL('./common-passwords.bin', import.meta.url));

const MD5 = /^[\da-f]{32}$/i;
/** What a client sends that hashes an empty field. */
const MD5_OF_NOTHING = 'd41d8cd98f00b204e9800998ecf8427e';

/**
 * What the host can ask of a password that reaches it as MD5 text: 32 hex digits (contract C12) of more than
 * nothing, and with `refuseCommonPasswords` not the MD5 of one of the 10,000 commonest passwords. Throws
 * `invalid_data`, which blames the member `field`.
 */
export function requireNewPassword(app: App, text: string, field = 'password'): void {
  if (!MD5.test(text)) throw refusedPassword('not_md5', field);
  const common = lowered(text) === MD5_OF_NOTHING || (app.refuseCommonPasswords && isCommon(text));
  if (common) throw refusedPassword('common_password', field);
}

/** The one spelling in which the MD5 of a password is hashed; what is no MD5 stays as it is. */
export function lowered(text: string): string {
  return MD5.test(text) ? text.toLowerCase() : text;
}

function refusedPassword(reason: Reason, field: string): HostError {
  return new HostError('invalid_data', { because: { reason, field } });
}

/** Searches the file by halves. */
function isCommon(text: string): boolean {
  const wanted = Buffer.from(text.slice(0, 2 * KEPT_BYTES), 'hex');
  let low = 0;
  let high = COMMON.length / KEPT_BYTES;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = middle * KEPT_BYTES;
    const order = wanted.compare(COMMON, at, at + KEPT_BYTES);
    if (order === 0) return true;
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return false;
}
