import { createDecipheriv, hash } from 'node:crypto';
import { TamperError } from '../ports/sealing.ts';

const IV_BYTES = 16;

/**
 * Opens an encrypted field of an old installation (contract §5.11): base64 of IV and AES-256-CTR ciphertext, the key a bare SHA-256 of the
 * key text. There is no tag: with a wrong key it answers rubbish, unless that is no UTF-8. Throws `TamperError` for what cannot be such a field.
 */
export function openLegacyField(text: string, encryptKey: string): string {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length <= IV_BYTES || bytes.toString('base64') !== text)
    throw new TamperError('no encrypted field');
  const key = hash('sha256', encryptKey, 'buffer');
  const decipher = createDecipheriv('aes-256-ctr', key, bytes.subarray(0, IV_BYTES));
  const clear = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES)), decipher.final()]);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(clear);
  } catch {
    throw new TamperError('the encryption key does not fit');
  }
}
