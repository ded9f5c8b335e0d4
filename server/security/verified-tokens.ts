import { hash } from 'node:crypto';

/**
 * Remembers what verified tokens said, until they expire, at most `capacity` of them (the oldest goes first). The key is the SHA-256 of the
 * whole text: another spelling of the same token only misses. Never holds a refusal, so nobody can fill it without valid tokens.
 */
export class VerifiedTokens<T extends object> {
  readonly #capacity: number;
  readonly #kept = new Map<string, { said: T; expiresAt: number }>();
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  find(token: string, now: number): T | undefined {
    const key = digest(token);
    const entry = this.#kept.get(key);
    if (entry && entry.expiresAt <= now) this.#kept.delete(key);
    else return entry?.said;
  }

  keep(token: string, said: T, expiresAt: number): void {
    const oldest = this.#kept.size >= this.#capacity ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
    // Every caller gets this object.
    this.#kept.set(digest(token), { said: Object.freeze(said), expiresAt });
  }
}

function digest(token: string): string {
  return hash('sha256', token, 'base64url');
}
