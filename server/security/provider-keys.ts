import type { Clock } from '../ports/clock.ts';
import { keySet } from './jwt.ts';

const TIMEOUT_MS = 5000;
/** Published keys are taken as current for so long. */
const MAX_AGE_MS = 600_000;
/** A key nobody has heard of is looked for at most this often, or anyone could make the host hammer its provider. */
const REFETCH_MS = 30_000;
const MAX_BYTES = 262_144;

export type KeySet = ReturnType<typeof keySet>;

/** A provider's signing keys (RFC 7517), from an address of the configuration only. */
export class ProviderKeys {
  readonly #url: string;
  readonly #clock: Clock;
  #known: { keys: KeySet; kids: ReadonlySet<string>; fetchedAt: number } | undefined;
  #fetching: Promise<void> | undefined;
  #askedAt = 0;
  constructor(url: string, clock: Clock) {
    this.#url = url;
    this.#clock = clock;
  }

  /** The keys to verify a token with that names `kid`, or undefined when the provider has no such key. Rejects within 5 s when it cannot be asked. */
  async find(kid: string): Promise<KeySet | undefined> {
    if (this.#isDue(kid)) {
      this.#fetching ??= this.#fetch().finally(() => {
        this.#fetching = undefined;
      });
      await this.#fetching;
    }
    return this.#known?.kids.has(kid) ? this.#known.keys : undefined;
  }

  #isDue(kid: string): boolean {
    if (!this.#known) return true;
    const now = this.#clock.now();
    // Distances, because a clock can be set back.
    if (this.#known.kids.has(kid)) return Math.abs(now - this.#known.fetchedAt) > MAX_AGE_MS;
    return this.#fetching !== undefined || Math.abs(now - this.#askedAt) > REFETCH_MS;
  }

  async #fetch(): Promise<void> {
    this.#askedAt = this.#clock.now();
    const response = await fetch(this.#url, {
      headers: { accept: 'application/json' },
      redirect: 'error',
      // Ends reading the body, too.
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new TypeError(`status ${response.status}`);
    const jwks = JSON.parse(await readText(response)) as { keys?: { kid?: unknown }[] };
    const keys = keySet(jwks);
    const kids = new Set((jwks.keys ?? []).map(({ kid }) => String(kid)));
    this.#known = { keys, kids, fetchedAt: this.#clock.now() };
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new TypeError('too many keys');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
