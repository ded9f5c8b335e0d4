import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';

const LATE_MS = 500;

/**
 * The process's standard output, written without blocking. Lines of one turn of the event loop are handed on together, for a hand-over
 * costs more than a line; those that arrive while a write is under way share the next one.
 */
export class StandardOutput {
  readonly #stream = pino.destination({ fd: 1, sync: false });
  #lines = '';

  constructor() {
    // A reader that went away must not end the host.
    this.#stream.on('error', () => {});
  }

  write(line: string): void {
    if (this.#lines === '') setImmediate(() => this.#handOn());
    this.#lines += line;
  }

  /** Everything written so far has left the process when this returns; a write under way may be overtaken. */
  flush(): void {
    const lines = this.#take();
    try {
      this.#stream.flushSync();
      // Handed on as usual they would be under way when the process ends.
      const direct = pino.destination({ fd: 1, sync: true });
      direct.write(lines);
      direct.flushSync();
    } catch {
      // Not open yet, or the reader is gone: nothing can be written any more.
    }
  }

  /** To be called after a line: resolves when it and all before it have left in order, or when the reader does not take them. */
  async drained(): Promise<void> {
    this.#handOn();
    const late = pause(LATE_MS, undefined, { ref: false });
    await Promise.race([late, once(this.#stream, 'drain')]).catch(() => undefined);
  }

  #handOn(): void {
    const lines = this.#take();
    if (lines !== '') this.#stream.write(lines);
  }

  #take(): string {
    const lines = this.#lines;
    this.#lines = '';
    return lines;
  }
}
