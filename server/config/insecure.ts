import { type Config, isLoopback } from '../model/config.ts';
import { weaknessOf } from './weak-secret.ts';

/** What setup makes; an adopted key may be smaller. */
export const HOST_KEY_BITS = 3072;

/** Settings that work but are no good in the open, by name; each is logged at every start (threats §6). */
export function insecureSettings(config: Config, hostKeyBits: number): string[] {
  const { protocol, hostname } = new URL(config.apiUrl);
  const found: string[] = [];
  if (protocol !== 'https:' && !isLoopback(hostname)) found.push('API_URL');
  // The host speaks http: something in front of it makes https of it, and appends to `X-Forwarded-For`.
  if (protocol === 'https:' && config.trustProxyHops === 0) found.push('TRUST_PROXY_HOPS');
  if (config.mail === 'outbox') found.push('MAIL');
  if (!config.encryptUserData) found.push('ENCRYPT_USER_DATA');
  if (hostKeyBits < HOST_KEY_BITS) found.push('PRIVATE_KEY_FILE');
  for (const [name, address] of providerAddresses(config)) {
    const provider = new URL(address);
    if (provider.protocol === 'http:' && !isLoopback(provider.hostname)) found.push(name);
  }
  // Of an adopted key pair, or chosen before new ones had to be strong.
  if (weaknessOf(config.passKey)) found.push('PASS_KEY');
  if (weaknessOf(config.encryptKey)) found.push('ENCRYPT_KEY');
  return found;
}

/** Whom the host gives credentials, codes or trust. */
function providerAddresses(config: Config): [setting: string, address: string][] {
  return [
    ['SEND_GRID_URL', config.sendGridUrl],
    ['TWILIO_URL', config.twilioUrl],
    ['APPLE_ISSUER', config.appleIssuer],
    ['APPLE_JWKS_URL', config.appleJwksUrl],
    ['GOOGLE_ISSUER', config.googleIssuer],
    ['GOOGLE_JWKS_URL', config.googleJwksUrl],
  ];
}
