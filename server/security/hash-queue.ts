import { HostError, isHostError } from '../model/errors.ts';
import type { Events } from '../ports/log/events.ts';

const RETRY_AFTER_SECONDS = 2;

/** Who wants a job done. */
interface Client {
  /** Hung up: nobody would hear of the outcome. */
  readonly gone: boolean;
}
/** Whoever waits for a place: `admit` lets the job run, `drop` refuses it. */
interface Waiter {
  admit(): void;
  drop(): void;
  client: Client | undefined;
}
interface Limits {
  running: number;
  /** How many get ready for a job at a time. */
  ready: number;
  waiting: number;
}

/**
 * Runs costly jobs first in, first out: at most `running` at a time and `waiting` behind them. Beyond that
 * `run` throws `service_unavailable` at once, as it does when it is the turn of a job whose client has hung
 * up meanwhile. Emits `overload_started` at the first refusal for want of room and `overload_ended` when it
 * is less than half full again.
 */
export class HashQueue {
  readonly #limits: Limits;
  readonly #events: Pick<Events, 'emit'>;
  /** Those who get ready, or are ready, for a job that has not begun. */
  readonly #ready = new Set<object>();
  readonly #unready: Waiter[] = [];
  readonly #queue: Waiter[] = [];
  #running = 0;
  #refused = 0;
  constructor(limits: Limits, events: Pick<Events, 'emit'>) {
    this.#limits = limits;
    this.#events = events;
  }

  get waiting(): number {
    return this.#unready.length + this.#queue.length;
  }

  async run<T>(job: () => Promise<T>, client?: Client): Promise<T> {
    try {
      await this.#admit(client);
    } finally {
      this.giveWay(client);
    }
    try {
      return await job();
    } finally {
      this.#handOver();
    }
  }

  /**
   * Runs what ends in a job, when it is its turn: only so many get ready at a time that a crowd keeps the
   * cores busy and leaves everything else to others. Throws as `run` does, and nobody who was let in is
   * refused for want of room later; those who wait are refused together with work that finds the database
   * away, or without a free connection.
   */
  async inTurn<T>(work: () => Promise<T>, client: Client | undefined): Promise<T> {
    const who = client ?? { gone: false };
    if (who.gone) throw unavailable();
    if (this.#running >= this.#limits.running) this.#requireRoom();
    if (this.#ready.size < this.#limits.ready) this.#ready.add(who);
    else await this.#waitIfRoom(this.#unready, who);
    try {
      return await work();
    } catch (error) {
      if (this.#ready.has(who) && isHostError(error, 'service_unavailable')) {
        for (const waiter of this.#unready.splice(0)) waiter.drop();
        this.#calm();
      }
      throw error;
    } finally {
      this.giveWay(who);
    }
  }

  /** Lets others get ready: the job has begun, or there is something else to wait for. */
  giveWay(client: Client | undefined): void {
    if (!client || !this.#ready.delete(client)) return;
    const next = this.#next(this.#unready);
    if (next?.client) {
      this.#ready.add(next.client);
      next.admit();
    }
    this.#calm();
  }

  async #admit(client: Client | undefined): Promise<void> {
    if (client?.gone) throw unavailable();
    if (this.#running < this.#limits.running) this.#running++;
    // Who got ready in their turn were let in, whoever came behind them meanwhile.
    else if (client && this.#ready.has(client)) await this.#wait(this.#queue, client);
    else await this.#waitIfRoom(this.#queue, client);
  }

  #waitIfRoom(line: Waiter[], client: Client | undefined): Promise<void> {
    this.#requireRoom();
    return this.#wait(line, client);
  }

  #wait(line: Waiter[], client: Client | undefined): Promise<void> {
    return new Promise((resolve, reject) =>
      line.push({ admit: resolve, drop: () => reject(unavailable()), client }),
    );
  }

  #requireRoom(): void {
    if (this.waiting >= this.#limits.waiting) this.#dropAbandoned();
    if (this.waiting >= this.#limits.waiting) throw this.#refuse();
  }

  #dropAbandoned(): void {
    for (const line of [this.#unready, this.#queue]) {
      const gone = line.filter(({ client }) => client?.gone);
      line.splice(0, line.length, ...line.filter(({ client }) => !client?.gone));
      for (const waiter of gone) waiter.drop();
    }
  }

  #refuse(): HostError {
    if (this.#refused === 0) this.#events.emit('overload_started', { waiting: this.waiting });
    this.#refused++;
    return unavailable();
  }

  /** Who waits longest and is still there. */
  #next(line: Waiter[]): Waiter | undefined {
    let next = line.shift();
    while (next?.client?.gone) {
      next.drop();
      next = line.shift();
    }
    return next;
  }

  /** The place of a finished job goes straight to the next in line, so that nobody slips in between. */
  #handOver(): void {
    const next = this.#next(this.#queue);
    if (next) next.admit();
    else this.#running--;
    this.#calm();
  }

  /** Tells of the end of an overload where it is one. */
  #calm(): void {
    const full = this.waiting > 0 && this.waiting >= this.#limits.waiting / 2;
    if (full || this.#refused === 0) return;
    this.#events.emit('overload_ended', { refused: this.#refused });
    this.#refused = 0;
  }
}

function unavailable(): HostError {
  return new HostError('service_unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
