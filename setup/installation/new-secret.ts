import { randomBytes } from 'node:crypto';

/** 192 random bits as text, for a pass phrase or an encryption key nobody has to remember. */
export function randomSecret(): string {
  return randomBytes(24).toString('base64url');
}
