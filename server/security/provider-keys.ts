import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../ports/clock.ts';
import { keySet } from './jwt.ts';

const TIMEOUT_MS = 5000;
/** Published keys are taken as current for so long. */
const MAX_AGE_MS = 600_000;
/** And for so long while the provider cannot be asked: its outage must not lock everybody out. */
const MAX_OUTAGE_MS = 86_400_000;
/**
 * A key nobody has heard of is looked for, and a provider that is away asked again, at most this often, or
 * anyone could make the host hammer its provider.
 */
const REFETCH_MS = 30_000;
/**
 * A provider that just failed gets a moment, which whoever asks waits out, so that a hiccup refuses nobody;
 * one that fails again is left alone for longer.
 */
const PAUSE_MS = 1_000;
const LONG_PAUSE_MS = 5_000;
const MAX_BYTES = 262_144;

export type KeySet = ReturnType<typeof keySet>;

/** A provider's signing keys (RFC 7517), from an address of the configuration only. */
export class ProviderKeys {
  readonly #url: string;
  readonly #clock: Clock;
  #known: { keys: KeySet; kids: ReadonlySet<string>; fetchedAt: number } | undefined;
  #fetching: Promise<void> | undefined;
  #askedAt = 0;
  /** Fetches that failed since the last one that did not. */
  #failures = 0;
  #failure: { at: number; cause: unknown } | undefined;
  constructor(url: string, clock: Clock) {
    this.#url = url;
    this.#clock = clock;
  }

  /**
   * The keys to verify a token with that names `kid`, or undefined when the provider has no such key. Rejects
   * within 6 s when it cannot be asked and the key is not known. Simultaneous calls share one question to the
   * provider.
   */
  async find(kid: string): Promise<KeySet | undefined> {
    if (this.#isDue(kid)) {
      this.#fetching ??= this.#ask().finally(() => {
        this.#fetching = undefined;
      });
      await this.#fetching.catch((error: unknown) => {
        if (!this.#known?.kids.has(kid) || this.#age() > MAX_OUTAGE_MS) throw error;
      });
    }
    return this.#known?.kids.has(kid) ? this.#known.keys : undefined;
  }

  #isDue(kid: string): boolean {
    if (!this.#known) return true;
    const rested = this.#since(this.#askedAt) > REFETCH_MS;
    if (!this.#known.kids.has(kid)) return rested || this.#fetching !== undefined;
    return this.#age() > MAX_OUTAGE_MS || (this.#age() > MAX_AGE_MS && rested);
  }

  #age(): number {
    return this.#since(this.#known?.fetchedAt ?? 0);
  }

  /** A distance, because a clock can be set back. */
  #since(time: number): number {
    return Math.abs(this.#clock.now() - time);
  }

  async #ask(): Promise<void> {
    if (this.#failure) {
      const pauseMs = this.#failures > 1 ? LONG_PAUSE_MS : PAUSE_MS;
      const restMs = pauseMs - this.#since(this.#failure.at);
      if (restMs > PAUSE_MS) throw this.#failure.cause;
      if (restMs > 0) await pause(restMs);
    }
    try {
      await this.#fetch();
      this.#failures = 0;
      this.#failure = undefined;
    } catch (cause) {
      this.#failures++;
      this.#failure = { at: this.#clock.now(), cause };
      throw cause;
    }
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
