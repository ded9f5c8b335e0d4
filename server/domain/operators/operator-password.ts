import { createHash } from 'node:crypto';
import type { Deps } from '../../ports/deps.ts';
import { isCommonPassword } from '../users/password-rules.ts';

const LEAST = 12;
const MOST = 1_024;

/** Why a password is not taken, the name of a text of the portal. */
export type PasswordFault = 'tooShort' | 'tooLong' | 'common' | 'pattern' | 'isEmail';

/**
 * What is wrong with the clear password an operator wants: 12 to 1,024 characters, none of the 10,000
 * commonest, no word or sequence repeated, not the operator's address. Undefined when it is good.
 */
export function passwordFault(password: string, email: string): PasswordFault | undefined {
  const characters = [...password];
  if (characters.length < LEAST) return 'tooShort';
  if (characters.length > MOST) return 'tooLong';
  const lower = password.toLowerCase();
  if (lower === email || lower === email.slice(0, email.indexOf('@'))) return 'isEmail';
  if (isCommon(password) || isCommon(lower)) return 'common';
  return isRepetition(lower) || isSequence(lower) ? 'pattern' : undefined;
}

/** Argon2id over the clear text. Throws as `PasswordHasher.hash`. */
export function hashOperatorPassword(deps: Pick<Deps, 'passwords'>, password: string): Promise<string> {
  return deps.passwords.hash(password);
}

function isCommon(password: string): boolean {
  return isCommonPassword(createHash('md5').update(password).digest('hex'));
}

/** A unit again and again, the last time perhaps cut off; or two or three of a kind in other words. */
function isRepetition(text: string): boolean {
  for (let unit = 1; unit <= text.length / 2; unit++) {
    const isWhole = text.length % unit === 0;
    if (unit > 6 && !isWhole) continue;
    if (
      text ===
      text
        .slice(0, unit)
        .repeat(Math.ceil(text.length / unit))
        .slice(0, text.length)
    )
      return true;
  }
  return false;
}

/** Neighbours all the way, up or down; after 9 comes 0. */
function isSequence(text: string): boolean {
  const steps = [...text].slice(1).map((character, index) => stepOf(text.charAt(index), character));
  return steps.every((step) => step === 1) || steps.every((step) => step === -1);
}

function stepOf(one: string, next: string): number {
  if (/\d/.test(one) && /\d/.test(next)) {
    const step = (Number(next) - Number(one) + 10) % 10;
    return step === 9 ? -1 : step;
  }
  return next.charCodeAt(0) - one.charCodeAt(0);
}
