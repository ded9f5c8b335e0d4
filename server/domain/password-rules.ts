import { readFileSync } from 'node:fs';
import type { App } from '../model/app.ts';
import { HostError } from '../model/errors.ts';

/** Of each MD5 the file keeps the first 8 bytes, sorted (made by test/support/common-passwords.ts). */
const KEPT_BYTES = 8;
const COMMON = readFileSync(new URL('./common-passwords.bin', import.meta.url));

/**
 * What the host can ask of a password that reaches it as MD5 text: 32 hex digits (contract C12), and with `refuseCommonPasswords` not the
 * MD5 of one of the 10,000 commonest passwords (design §13). Throws `invalid_data`.
 */
export function requireNewPassword(app: App, text: string): void {
  if (!/^[\da-f]{32}$/i.test(text)) throw new HostError('invalid_data');
  if (app.refuseCommonPasswords && isCommon(text)) throw new HostError('invalid_data');
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
