import { z } from 'zod';

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
