import type { Config } from './model/config.ts';

const LOCAL: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Settings that work but are no good in the open, by name; each is logged at every start (security.md §6). */
export function insecureSettings(config: Config): string[] {
  const { protocol, hostname } = new URL(config.apiUrl);
  const found: string[] = [];
  if (protocol !== 'https:' && !LOCAL.includes(hostname)) found.push('API_URL');
  if (config.mail === 'outbox') found.push('MAIL');
  if (!config.encryptUserData) found.push('ENCRYPT_USER_DATA');
  return found;
}
