import { systemClock } from '../../server/security/clock.ts';
import type { Terminal } from '../../setup/terminal/terminal.ts';

const FEWEST = 5;
const EVERY_MS = 5_000;
const BAR = 24;

/** How far a long piece of work is: a bar on a terminal, else a line every 5 s. Short ones show nothing. */
export class Counter {
  readonly #terminal: Terminal;
  readonly #total: number;
  #done = 0;
  #toldAt = systemClock.now();
  constructor(terminal: Terminal, total: number) {
    this.#terminal = terminal;
    this.#total = total;
  }
  add(count = 1): void {
    this.#done += count;
    if (this.#total < FEWEST) return;
    const { stream } = this.#terminal;
    const text = `${this.#done.toLocaleString('en')} of ${this.#total.toLocaleString('en')}`;
    if (stream.isTTY) {
      const filled = Math.round((this.#done / this.#total) * BAR);
      stream.write(`\r${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${text}`);
    } else if (systemClock.now() - this.#toldAt >= EVERY_MS) {
      this.#toldAt = systemClock.now();
      this.#terminal.line(text);
    }
  }
  /** Takes the bar away, for another line. */
  clear(): void {
    if (this.#total >= FEWEST && this.#terminal.stream.isTTY) this.#terminal.stream.write('\r\u001b[K');
  }
}
