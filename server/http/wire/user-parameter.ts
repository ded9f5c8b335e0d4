import { z } from 'zod';

/** What somebody is called, as typed: longer than the longest handle allows for the blanks around it. */
export const handleText = z.string().max(320);

/** A password to be set: the MD5 of what was typed, 32 hex digits (contract C12). */
export const newPassword = z.string().regex(/^[\da-f]{32}$/i);

/** `true` and `"true"`; anything else is false. */
export const flag = z
  .union([z.boolean(), z.string()])
  .transform((value) => value === true || value === 'true');

function digits(pattern: RegExp) {
  return z
    .union([z.string(), z.number()])
    .transform((code) => String(code).trim())
    .pipe(z.string().regex(pattern));
}

/** A sent code: exactly six digits, as text or number (contract A28). */
export const sentCode = digits(/^\d{6}$/);

/** A code of a second factor: six digits, or the ten of a recovery code (design §13). */
export const factorCode = digits(/^(?:\d{6}|\d{10})$/);

/** A code that completes a signup: the six digits of a message, or the 39 of a link. */
export const signupCode = digits(/^(?:\d{6}|\d{39})$/);
