import { HostError } from '../model/errors.ts';
import type { Events } from '../ports/log.ts';

const RETRY_AFTER_SECONDS = 2;

/**
 * Runs costly jobs first in, first out: at most `running` at a time and `waiting` behind them. Beyond that `run` throws
 * `service_unavailable` at once. Emits `overload_started` at the first refusal and `overload_ended` when it is less than
 * half full again.
 */
export class HashQueue {
  readonly #limits: { running: number; waiting: number };
  readonly #events: Pick<Events, 'emit'>;
  readonly #queue: (() => void)[] = [];
  #running = 0;
  #refused = 0;
  constructor(limits: { running: number; waiting: number }, events: Pick<Events, 'emit'>) {
    this.#limits = limits;
    this.#events = events;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  async run<T>(job: () => Promise<T>): Promise<T> {
    await this.#admit();
    try {
      return await job();
    } finally {
      this.#handOver();
    }
  }

  async #admit(): Promise<void> {
    if (this.#running < this.#limits.running) {
      this.#running++;
      return;
    }
    if (this.#queue.length >= this.#limits.waiting) throw this.#refuse();
    await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  #refuse(): HostError {
    if (this.#refused === 0) this.#events.emit('overload_started', { waiting: this.#queue.length });
    this.#refused++;
    return new HostError('service_unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  /** The place of a finished job goes straight to the next in line, so that nobody slips in between. */
  #handOver(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#running--;
    const full = this.#queue.length > 0 && this.#queue.length >= this.#limits.waiting / 2;
    if (full || this.#refused === 0) return;
    this.#events.emit('overload_ended', { refused: this.#refused });
    this.#refused = 0;
  }
}
