import { randomBytes } from 'node:crypto';

/** Fewest characters of a pass phrase or key that somebody makes up. */
export const MIN_SECRET_LENGTH = 8;

/** 192 random bits as text, for a pass phrase or an encryption key nobody has to remember. */
export function randomSecret(): string {
  return randomBytes(24).toString('base64url');
}
