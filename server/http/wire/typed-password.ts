import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HostError } from '../../model/errors.ts';
import { reason } from '../frame/reason.ts';

const BYTES_MAX = 1024;

/** What a person typed as password, in place of its MD5: 1 to 1,024 bytes of UTF-8, taken byte for byte. */
export const passwordText = z
  .string()
  .min(1)
  .max(BYTES_MAX)
  .refine((text) => Buffer.byteLength(text) <= BYTES_MAX, reason('too_long'));

/**
 * The password as the domain knows it: the MD5 hex that was sent, else that of the text. Undefined without
 * either (an empty field of a form is none). Throws `invalid_data` when they differ.
 */
export function typedPassword(sent: {
  password?: string | undefined;
  passwordText?: string | undefined;
}): string | undefined {
  const { password, passwordText: text } = sent;
  if (!text) return password;
  const md5 = createHash('md5').update(text).digest('hex');
  if (password !== undefined && password !== md5) {
    throw new HostError('invalid_data', { because: { reason: 'not_md5', field: 'password' } });
  }
  return md5;
}
