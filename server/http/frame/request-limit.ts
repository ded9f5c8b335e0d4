import { HostError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Events } from '../../ports/log/events.ts';
import { addressBucket } from './client-address.ts';

const WINDOW_MS = 60_000;
/**
 * Beyond this many addresses in one minute new ones are let through uncounted: a full table must not lock
 * everybody out.
 */
const MOST_ADDRESSES = 500_000;

/**
 * Counts per client address and minute, in this process (operator §2 `ADDRESS_LIMIT_PER_MINUTE`). The counts
 * of a minute are dropped together when the next one begins, so nothing has to be cleaned up.
 */
export class AddressLimit {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #events: Events;
  #counts = new Map<string, number>();
  #minute = 0;

  /** `limit` 0 = off. */
  constructor(limit: number, deps: { clock: Clock; events: Events }) {
    this.#limit = limit;
    this.#clock = deps.clock;
    this.#events = deps.events;
  }

  /**
   * Counts one request. Throws `too_many_requests` beyond the limit, and for an empty address: what cannot be
   * counted would be free of limits. A call from inside the process needs an address of its own.
   */
  count(address: string): void {
    if (this.#limit === 0) return;
    if (address === '') throw tooMany(this.#clock);
    const counts = this.#current();
    const bucket = addressBucket(address);
    const counted = counts.get(bucket) ?? 0;
    if (counted >= this.#limit) this.#throwTooMany(bucket, counted);
    if (counted > 0 || counts.size < MOST_ADDRESSES) counts.set(bucket, counted + 1);
  }

  /** Throws `too_many_requests` when the limit is reached, and counts nothing. */
  check(address: string): void {
    if (this.#limit === 0) return;
    if (address === '') throw tooMany(this.#clock);
    const bucket = addressBucket(address);
    const counted = this.#current().get(bucket) ?? 0;
    if (counted >= this.#limit) this.#throwTooMany(bucket, counted);
  }

  #throwTooMany(bucket: string, counted: number): never {
    if (counted === this.#limit) {
      this.#events.emit('address_limited', { limit: this.#limit });
      this.#counts.set(bucket, counted + 1);
    }
    throw tooMany(this.#clock);
  }

  #current(): Map<string, number> {
    const minute = Math.floor(this.#clock.now() / WINDOW_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#counts = new Map();
    }
    return this.#counts;
  }
}

function tooMany(clock: Clock): HostError {
  const left = WINDOW_MS - (clock.now() % WINDOW_MS);
  return new HostError('too_many_requests', { retryAfterSeconds: Math.ceil(left / 1000) });
}
