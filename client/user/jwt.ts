import { AuthError } from './error.ts';

/** A JWT, and how long it holds by the clock of this device. */
export interface Jwt {
  text: string;
  receivedAt: number;
  lifetimeMs: number;
}

/** A JWT is good as long as it holds this much longer. */
const MARGIN_MS = 60_000;

/** When each began by the clock that nobody sets. */
const began = new WeakMap<Jwt, number>();

/** Whether it holds for a minute at least. */
export function isGood(jwt: Jwt | undefined): boolean {
  if (!jwt) return false;
  const age = Date.now() - jwt.receivedAt;
  // The clock was set back, and nobody knows.
  if (age < 0) return false;
  const start = began.get(jwt) ?? performance.now() - age;
  began.set(jwt, start);
  return Math.max(age, performance.now() - start) < jwt.lifetimeMs - MARGIN_MS;
}

/** How long a JWT holds goes by its own times, so that a wrong clock of this device does not matter. */
export function received(text: string): Jwt {
  const { iat, exp } = claimsOf(text) as { iat: number; exp: number };
  const jwt = { text, receivedAt: Date.now(), lifetimeMs: (exp - iat) * 1000 };
  began.set(jwt, performance.now());
  return jwt;
}

/** When a token of the host ends, epoch milliseconds; one without an end never does. */
export function endOf(token: string): number {
  const { exp } = claimsOf(token) as { exp?: number };
  return exp === undefined ? 8.64e15 : exp * 1000;
}

/** The claims of a JWT, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  try {
    const part = token.split('.')[1] ?? '';
    const bytes = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
    // Not every engine has a TextDecoder.
    const escaped = [...bytes].map((byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
    return JSON.parse(decodeURIComponent(escaped.join('')));
  } catch (cause) {
    throw new AuthError('bad_response', 'this is no token', { cause });
  }
}
