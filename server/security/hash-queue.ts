import { HostError } from '../model/errors.ts';
import type { Events } from '../ports/log/events.ts';

const RETRY_AFTER_SECONDS = 2;

/** Whoever waits for a place: `admit` lets the job run, `drop` refuses it. */
interface Waiter {
  admit(): void;
  drop(): void;
  gone(): boolean;
}

/**
 * Runs costly jobs first in, first out: at most `running` at a time and `waiting` behind them. Beyond that
 * `run` throws `service_unavailable` at once, as it does when it is the turn of a job whose client has hung
 * up meanwhile: nobody would hear of the outcome. Emits `overload_started` at the first refusal for want of
 * room and `overload_ended` when it is less than half full again.
 */
export class HashQueue {
  readonly #limits: { running: number; waiting: number };
  readonly #events: Pick<Events, 'emit'>;
  #queue: Waiter[] = [];
  #running = 0;
  #refused = 0;
  constructor(limits: { running: number; waiting: number }, events: Pick<Events, 'emit'>) {
    this.#limits = limits;
    this.#events = events;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** `gone`: whether the client that wants the outcome has hung up. */
  async run<T>(job: () => Promise<T>, gone: () => boolean): Promise<T> {
    await this.#admit(gone);
    try {
      return await job();
    } finally {
      this.#handOver();
    }
  }

  /** Throws as `run` would for want of room. */
  requireRoom(): void {
    if (this.#running < this.#limits.running || this.#queue.length < this.#limits.waiting) return;
    this.#dropAbandoned();
    if (this.#queue.length >= this.#limits.waiting) throw this.#refuse();
  }

  async #admit(gone: () => boolean): Promise<void> {
    if (gone()) throw unavailable();
    if (this.#running < this.#limits.running) {
      this.#running++;
      return;
    }
    this.requireRoom();
    await new Promise<void>((resolve, reject) =>
      this.#queue.push({ admit: resolve, drop: () => reject(unavailable()), gone }),
    );
  }

  #dropAbandoned(): void {
    const queue = this.#queue;
    this.#queue = queue.filter((waiter) => !waiter.gone());
    for (const waiter of queue) if (waiter.gone()) waiter.drop();
  }

  #refuse(): HostError {
    if (this.#refused === 0) this.#events.emit('overload_started', { waiting: this.#queue.length });
    this.#refused++;
    return unavailable();
  }

  /** The place of a finished job goes straight to the next in line, so that nobody slips in between. */
  #handOver(): void {
    let next = this.#queue.shift();
    while (next?.gone()) {
      next.drop();
      next = this.#queue.shift();
    }
    if (next) next.admit();
    else this.#running--;
    const full = this.#queue.length > 0 && this.#queue.length >= this.#limits.waiting / 2;
    if (full || this.#refused === 0) return;
    this.#events.emit('overload_ended', { refused: this.#refused });
    this.#refused = 0;
  }
}

function unavailable(): HostError {
  return new HostError('service_unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
