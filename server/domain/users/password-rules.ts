import { readFileSync } from 'node:fs';
import type { App } from '../../model/app.ts';
import { type Because, HostError } from '../../model/errors.ts';

/** Of each MD5 the file keeps the first 8 bytes, sorted (made by test/support/common-passwords.ts). */
const KEPT_BYTES = 8;
const COMMON = readFileSync(new URL('./common-passwords.bin', import.meta.url));

const MD5 = /^[\da-f]{32}$/i;
/** What a client sends that hashes an empty field. */
const MD5_OF_NOTHING = 'd41d8cd98f00b204e9800998ecf8427e';

/** What the rules call special (contract §9). */
const SPECIAL = new Set("@%+\\/'!#$^?:()[]~`-_.,");
const RULES = [
  ['length', 'minLength', () => true],
  ['upper', 'minUpper', (character: string) => /\p{Lu}/u.test(character)],
  ['lower', 'minLower', (character: string) => /\p{Ll}/u.test(character)],
  ['digit', 'minDigit', (character: string) => /[0-9]/.test(character)],
  ['special', 'minSpecial', (character: string) => SPECIAL.has(character)],
] as const;

/** A password to be set. */
export interface NewPassword {
  /** What clients send: 32 hex digits (contract C12). */
  md5: string;
  /** What was typed, where the host was given that. */
  text?: string | undefined;
  /** The member that brought it, to be blamed. */
  field: string;
}

/**
 * What the host asks of a new password: an MD5 of more than nothing; with `refuseCommonPasswords` none of the
 * 10,000 commonest; and where it knows what was typed, the app's filter (additions §1.2). Throws
 * `invalid_data`.
 */
export function requireNewPassword(app: App, { md5, text, field }: NewPassword): void {
  if (!MD5.test(md5)) throw refusedPassword({ reason: 'not_md5', field });
  const common = lowered(md5) === MD5_OF_NOTHING || (app.refuseCommonPasswords && isCommonPassword(md5));
  if (common) throw refusedPassword({ reason: 'common_password', field });
  const unmet = text === undefined ? [] : unmetRules(app, text);
  if (unmet.length > 0) throw refusedPassword({ reason: 'password_rules', field, unmet });
}

/** The rules of the app's filter that a text breaks: counted in characters, by Unicode letter case. */
function unmetRules({ passwordFilter, passwordRules }: App, text: string): string[] {
  if (!passwordFilter) return [];
  const characters = [...text];
  return RULES.filter(([, least, counts]) => characters.filter(counts).length < passwordRules[least]).map(
    ([name]) => name,
  );
}

/** The one spelling in which the MD5 of a password is hashed; what is no MD5 stays as it is. */
export function lowered(text: string): string {
  return MD5.test(text) ? text.toLowerCase() : text;
}

function refusedPassword(because: Because): HostError {
  return new HostError('invalid_data', { because });
}

/** Whether this is the MD5 of one of the 10,000 commonest passwords; searches the file by halves. */
export function isCommonPassword(text: string): boolean {
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
