/**
 * Lets a few pieces of work for one key run at once in this process; the others wait here, in the order in
 * which they came, instead of asking the database again and again. `waits` is called before one does.
 */
export class Turns {
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  async run<T>(key: string, atOnce: number, work: () => Promise<T>, waits = () => {}): Promise<T> {
    const running = this.#running.get(key) ?? 0;
    if (running < atOnce) this.#running.set(key, running + 1);
    else {
      waits();
      await this.#turn(key);
    }
    try {
      return await work();
    } finally {
      this.#leave(key);
    }
  }

  #turn(key: string): Promise<void> {
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, waiting);
    return new Promise((resolve) => waiting.push(resolve));
  }

  /** The turn goes to who waits longest. */
  #leave(key: string): void {
    const waiting = this.#waiting.get(key);
    const next = waiting?.shift();
    if (waiting?.length === 0) this.#waiting.delete(key);
    const left = (this.#running.get(key) ?? 1) - 1;
    if (next) next();
    else if (left === 0) this.#running.delete(key);
    else this.#running.set(key, left);
  }
}
