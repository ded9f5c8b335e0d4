import { DeliveryError } from '../ports/delivery/delivery-error.ts';

/**
 * What an HTTP provider's status means. Only a refusal of this very message is final: credentials, quotas and
 * outages can be put right while the message waits.
 */
export function refusedByProvider(provider: string, status: number): DeliveryError {
  if (status === 401 || status === 403)
    return new DeliveryError({ step: 'auth', provider, status, retryable: true });
  if (status === 429) return new DeliveryError({ step: 'quota', provider, status, retryable: true });
  if (status === 400 || status === 413)
    return new DeliveryError({ step: 'recipient', provider, status, retryable: false });
  return new DeliveryError({ step: 'provider', provider, status, retryable: true });
}

/**
 * What is left of a network error. SDK errors hold credentials and message texts: nothing but the step may
 * survive.
 */
export function unreachableProvider(provider: string, thrown: unknown): DeliveryError {
  return new DeliveryError({ step: networkStep(errorCode(thrown)), provider, retryable: true });
}

/** The `code` of a Node or SDK error; empty where it has none. */
export function errorCode(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return '';
  return typeof thrown.code === 'string' ? thrown.code : '';
}

/** What OpenSSL and Node call a failed handshake. */
const TLS_CODE = /^ERR_(?:TLS|SSL)|CERT|SIGNATURE|^EPROTO$/;

/** Where a connection stopped, by Node's error code. */
export function networkStep(code: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EDNS') return 'dns';
  if (code === 'ETIMEDOUT' || code === 'ECONNABORTED') return 'timeout';
  return TLS_CODE.test(code) ? 'tls' : 'connect';
}
