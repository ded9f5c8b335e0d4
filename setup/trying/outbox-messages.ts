import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Of a line of `outbox.jsonl` (operator §3), what is of use to somebody who tries. */
export interface OutboxMessage {
  to: string;
  from: string;
  subject?: string;
  text: string;
  code?: string;
  link?: string;
}

const PATIENCE_MS = 5_000;
const POLL_MS = 20;

/** The messages of a host that writes them to a file instead of sending them, from now on. */
export class OutboxMessages {
  readonly file: string;
  #read: number;

  constructor(dataDir: string) {
    this.file = join(dataDir, 'outbox.jsonl');
    this.#read = existsSync(this.file) ? statSync(this.file).size : 0;
  }

  /** The next message to somebody; undefined when none came within 5 s. */
  async next(to: string): Promise<OutboxMessage | undefined> {
    const deadline = performance.now() + PATIENCE_MS;
    do {
      const message = this.#take(to);
      if (message) return message;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    } while (performance.now() < deadline);
    return undefined;
  }

  #take(to: string): OutboxMessage | undefined {
    if (!existsSync(this.file)) return undefined;
    const bytes = readFileSync(this.file);
    while (this.#read < bytes.length) {
      const end = bytes.indexOf('\n', this.#read);
      if (end < 0) return undefined;
      const message: OutboxMessage = JSON.parse(bytes.toString('utf8', this.#read, end));
      this.#read = end + 1;
      if (message.to === to) return message;
    }
    return undefined;
  }
}
