import type { Socket } from 'node:net';

/**
 * At most so many connections at a time. A newcomer beyond takes the place of the one that has been without a complete request for longest,
 * so that nobody who holds connections and says nothing, or drips, keeps others out (security.md R32).
 */
export class Connections {
  readonly #most: number;
  /** Those with no request being answered, longest first. */
  readonly #waiting = new Set<Socket>();
  #busy = 0;
  constructor(most: number) {
    this.#most = most;
  }

  opened(socket: Socket): void {
    if (this.#waiting.size + this.#busy >= this.#most) this.#makeRoom(socket);
    if (socket.destroyed) return;
    this.#waiting.add(socket);
    socket.once('close', () => this.#waiting.delete(socket));
  }

  /** The headers of a request are complete. */
  asked(socket: Socket): void {
    this.#waiting.delete(socket);
    this.#busy++;
  }

  /** Its answer is out, or it broke off: the connection waits again. */
  answered(socket: Socket): void {
    this.#busy--;
    if (!socket.destroyed) this.#waiting.add(socket);
  }

  #makeRoom(newcomer: Socket): void {
    const [longest = newcomer] = this.#waiting;
    this.#waiting.delete(longest);
    longest.destroy();
  }
}
