import { hash } from 'node:crypto';
import { BoundedMap } from '../tools/bounded-map.ts';

/**
 * Remembers what verified tokens said, until they expire, at most `capacity` of them. The key is the SHA-256
 * of the whole text: another spelling of the same token only misses. Never holds a refusal, so nobody can
 * fill it without valid tokens.
 */
export class VerifiedTokens<T extends object> {
  readonly #kept: BoundedMap<{ said: T; expiresAt: number }>;
  constructor(capacity: number) {
    this.#kept = new BoundedMap(capacity);
  }

  find(token: string, now: number): T | undefined {
    const key = digest(token);
    const entry = this.#kept.get(key);
    if (entry && entry.expiresAt <= now) this.#kept.delete(key);
    else return entry?.said;
  }

  keep(token: string, said: T, expiresAt: number): void {
    // Every caller gets this object.
    this.#kept.set(digest(token), { said: Object.freeze(said), expiresAt });
  }
}

function digest(token: string): string {
  return hash('sha256', token, 'base64url');
}
