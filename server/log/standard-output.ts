import { type EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

const LATE_MS = 500;
/** Between two hand-overs, each of which wakes another thread and costs more than a line. */
const PACE_MS = 5;

type Stream = EventEmitter & { write(text: string): boolean; flushSync(): void; destroy(): void };
type OpenStream = (options: { sync: boolean }) => Stream;

/**
 * The process's standard output, written without blocking: a line at once, those that follow closely
 * together.
 */
export class StandardOutput {
  readonly #open: OpenStream;
  readonly #stream: Stream;
  #lines = '';
  #handedOnAt = 0;
  /** What was written last did not get out: a full disk, or a reader that does not read. */
  #stuck = false;

  constructor(open: OpenStream) {
    this.#open = open;
    this.#stream = open({ sync: false });
    // A reader that went away must not end the host.
    this.#stream.on('error', () => {
      this.#stuck = true;
    });
    this.#stream.on('drain', () => {
      this.#stuck = false;
    });
  }

  write(line: string): void {
    if (this.#lines === '') this.#schedule();
    this.#lines += line;
  }

  /**
   * Everything written so far has left the process when this returns, unless nothing gets out; a write under
   * way may be overtaken.
   */
  flush(): void {
    const lines = this.#take();
    if (this.#stuck) {
      // It would be tried for ever, by the library's own exit handler too, and the process would never end.
      this.#stream.destroy();
      return;
    }
    try {
      this.#stream.flushSync();
      // Handed on as usual they would be under way when the process ends.
      const direct = this.#open({ sync: true });
      direct.write(lines);
      direct.flushSync();
    } catch {
      // Not open yet, or the reader is gone: nothing can be written any more.
    }
  }

  /**
   * To be called after a line: resolves when it and all before it have left in order, or when the reader does
   * not take them.
   */
  async drained(): Promise<void> {
    this.#handOn();
    const late = pause(LATE_MS, 'late', { ref: false });
    const outcome = await Promise.race([late, once(this.#stream, 'drain')]).catch(() => 'late');
    if (outcome === 'late') this.#stuck = true;
  }

  #schedule(): void {
    const waitMs = this.#handedOnAt + PACE_MS - performance.now();
    if (waitMs > 0) setTimeout(() => this.#handOn(), waitMs);
    else setImmediate(() => this.#handOn());
  }

  #handOn(): void {
    this.#handedOnAt = performance.now();
    const lines = this.#take();
    if (lines !== '') this.#stream.write(lines);
  }

  #take(): string {
    const lines = this.#lines;
    this.#lines = '';
    return lines;
  }
}
