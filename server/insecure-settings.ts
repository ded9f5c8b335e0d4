import { type Config, isLoopback } from './model/config.ts';
import { weaknessOf } from './weak-secret.ts';

/** What setup makes (design §13); an adopted key may be smaller. */
export const HOST_KEY_BITS = 3072;

/** Settings that work but are no good in the open, by name; each is logged at every start (security.md §6). */
export function insecureSettings(config: Config, hostKeyBits: number): string[] {
  const { protocol, hostname } = new URL(config.apiUrl);
  const found: string[] = [];
  if (protocol !== 'https:' && !isLoopback(hostname)) found.push('API_URL');
  if (config.mail === 'outbox') found.push('MAIL');
  if (!config.encryptUserData) found.push('ENCRYPT_USER_DATA');
  if (hostKeyBits < HOST_KEY_BITS) found.push('PRIVATE_KEY_FILE');
  // Of an adopted key pair, or chosen before new ones had to be strong.
  if (weaknessOf(config.passKey)) found.push('PASS_KEY');
  if (weaknessOf(config.encryptKey)) found.push('ENCRYPT_KEY');
  return found;
}
