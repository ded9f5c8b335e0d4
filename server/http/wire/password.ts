import { z } from 'zod';

/** A password to be set: the MD5 of what was typed, 32 hex digits (contract C12). */
export const newPassword = z.string().regex(/^[\da-f]{32}$/i);
