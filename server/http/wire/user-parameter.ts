import { z } from 'zod';
import type { NewPassword } from '../../domain/users/password-rules.ts';
import { reason } from '../frame/reason.ts';

/** What somebody is called, as typed: longer than the longest handle allows for the blanks around it. */
export const handleText = z.string().max(320);

/** A password to be compared; whatever it is, only the right one matches. */
export const password = z.string().max(256);

/**
 * A password to be set: the MD5 of what was typed, 32 hex digits (contract C12), in lower case whatever the
 * client writes.
 */
export const newPassword = password.regex(/^[\da-f]{32}$/i, reason('not_md5')).toLowerCase();

/**
 * The password to be set that came in `member`, or as typed in one of `texts`; the one that was sent is to
 * blame.
 */
export function passwordToSet<M extends string, T extends string>(
  input: Readonly<Record<M, string>> & Readonly<Partial<Record<T, string | undefined>>>,
  member: M,
  ...texts: readonly T[]
): NewPassword {
  const typed = texts.find((name) => input[name] !== undefined);
  return { md5: input[member], text: typed && input[typed], field: typed ?? member };
}

/** What is wrong with a password that cannot be set. */
export const PASSWORD_REASONS = ['not_md5', 'common_password', 'password_rules'] as const;

/** What is wrong with metadata that cannot be kept. */
export const METADATA_REASONS = [
  'not_json',
  'metadata_missing',
  'metadata_reserved',
  'metadata_too_large',
] as const;

/** JSON text of metadata: far more than may be kept, for a client may send members that are not. */
export const metadataText = z.string().max(65_536);

/** The tag of a language. */
export const localeText = z.string().max(35);

/** An identity token or one of the host's own. */
export const tokenText = z.string().max(8192);

/** `true` and `"true"`; anything else is false. */
export const flag = z
  .union([z.boolean(), z.string().max(16)])
  .transform((value) => value === true || value === 'true');

function digits(pattern: RegExp) {
  return z
    .union([z.string().max(64), z.number()])
    .transform((code) => String(code).trim())
    .pipe(z.string().regex(pattern));
}

/** A sent code: exactly six digits, as text or number (contract A28). */
export const sentCode = digits(/^\d{6}$/);

/** A code of a second factor: six digits, or the ten of a recovery code. */
export const factorCode = digits(/^(?:\d{6}|\d{10})$/);

/** A code that completes a signup: the six digits of a message, or the 39 of a link. */
export const signupCode = digits(/^(?:\d{6}|\d{39})$/);
