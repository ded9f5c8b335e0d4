import { readFileSync } from 'node:fs';
import type { App } from '../model/app.ts';
import { HostError } from '../model/errors.ts';

/** Of each MD5 the file keeps the first 8 bytes, sorted (made by test/support/common-passwords.ts). */
const KEPT_BYTES = 8;
const COMMON: ReadonlySet<string> = readCommonPasswords();

function readCommonPasswords(): Set<string> {
  const file = readFileSync(new URL('./common-passwords.bin', import.meta.url));
  const beginnings = new Set<string>();
  for (let at = 0; at < file.length; at += KEPT_BYTES) {
    beginnings.add(file.toString('hex', at, at + KEPT_BYTES));
  }
  return beginnings;
}

/**
 * What the host can ask of a password that reaches it as MD5 text: 32 hex digits (contract C12), and with `refuseCommonPasswords` not the
 * MD5 of one of the 10,000 commonest passwords (design §13). Throws `invalid_data`.
 */
export function requireNewPassword(app: App, text: string): void {
  if (!/^[\da-f]{32}$/i.test(text)) throw new HostError('invalid_data');
  const common = app.refuseCommonPasswords && COMMON.has(text.slice(0, 2 * KEPT_BYTES).toLowerCase());
  if (common) throw new HostError('invalid_data');
}
