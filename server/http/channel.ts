import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { longBodies } from './frame/long-bodies.ts';

/** So much of what a client sent is parsed at a time: hardly more than one request. */
const SLICE_BYTES = 512;
/** While so many requests of a connection are being answered, none of its input is parsed. */
const MOST_OPEN = 16;

/**
 * A client's connection. Node hands every complete request of one read over at once, however many they are
 * and whatever is paused; here the parser gets what was read a slice at a time, and nothing while 16 requests
 * are being answered. Who the client is was settled when the connection opened: after a reset the system does
 * not know it any more.
 */
export class Channel {
  readonly socket: Socket;
  readonly remoteAddress: string;
  readonly #push: Socket['push'];
  readonly #read: Socket['_read'];
  #input: Buffer | undefined;
  #inputEnded = false;
  #feeding = false;
  readonly #answers = new Set<ServerResponse>();
  #latest: IncomingMessage | undefined;
  #lastWord: (() => void) | undefined;
  /** Bytes that are certainly part of the body being received, however little of it has been parsed. */
  #bodyBytes = 0;
  #askedAt = 0;
  #progressSeen = 0;
  #stalls = 0;

  /** To be made before the parser is given the socket; see `meter`. */
  constructor(socket: Socket, remoteAddress: string) {
    this.socket = socket;
    this.remoteAddress = remoteAddress;
    this.#push = socket.push.bind(socket);
    this.#read = socket._read.bind(socket);
    Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
    socket.push = (chunk: Buffer | null) => this.#received(chunk);
    socket._read = () => this.#feed();
  }

  /**
   * To be called when the parser has the socket: with a listener of ours Node reads through the stream, past
   * which it would hand its parser all that comes. A slice that had to wait in the stream makes room for the
   * next when it is parsed.
   */
  meter(): void {
    this.socket.on('data', () => {
      if (this.#input) this.#feed();
    });
  }

  /** Requests being answered. */
  get open(): number {
    return this.#answers.size;
  }

  /** Whether a body is on its way. */
  get isReceiving(): boolean {
    return this.#latest?.complete === false;
  }

  /** To be asked at regular times: how often in a row no waiting answer had moved since the time before. */
  stalls(): number {
    const { bytesWritten, writableLength } = this.socket;
    const progress = bytesWritten - writableLength;
    this.#stalls = writableLength > 0 && progress === this.#progressSeen ? this.#stalls + 1 : 0;
    this.#progressSeen = progress;
    return this.#stalls;
  }

  /** Whether a body that may not is still not complete after so long. */
  isLate(mostMs: number): boolean {
    const request = this.#latest;
    if (!request || request.complete || longBodies.has(request)) return false;
    return performance.now() - this.#askedAt > mostMs;
  }

  /** The headers of a request are complete; its body has so many bytes, as far as they say. */
  asked(request: IncomingMessage, response: ServerResponse): void {
    this.#answers.add(response);
    this.#latest = request;
    this.#askedAt = performance.now();
    this.#bodyBytes = Number(request.headers['content-length'] ?? 0) - SLICE_BYTES;
  }

  /** Its answer is out, or it broke off. */
  answered(response: ServerResponse): void {
    this.#answers.delete(response);
    if (this.#lastWord) this.#sayLastWord();
    else if (this.#input) this.#feed();
  }

  /**
   * Nothing more is read. `lastWord`: a refusal that ends the connection; it waits for the answers to what
   * came before, or it would be taken for one of them.
   */
  refuse(lastWord: () => void): void {
    if (this.#lastWord) return;
    this.#lastWord = lastWord;
    this.#input = undefined;
    this.#sayLastWord();
  }

  #sayLastWord(): void {
    // What is refused may be the rest of a request that waits for its answer.
    const refused = this.#latest?.complete === false ? 1 : 0;
    if (this.open <= refused) this.#lastWord?.();
  }

  /**
   * Ends the connection and all answers under way, those too that Node would forget once it has let go of the
   * connection.
   */
  cut(): void {
    this.socket.destroy();
    for (const response of this.#answers) {
      response.req.destroy();
      response.destroy();
    }
  }

  /** What the system read, null for its end; answers whether more may be read. */
  #received(chunk: Buffer | null): boolean {
    if (chunk === null) this.#inputEnded = true;
    else if (!this.#lastWord) this.#input = this.#input ? Buffer.concat([this.#input, chunk]) : chunk;
    this.#feed();
    return this.#input === undefined;
  }

  /** Hands on what may be parsed now, and reads on when nothing is left. */
  #feed(): void {
    // A request that is answered at once gets here again.
    if (this.#feeding) return;
    this.#feeding = true;
    const { socket } = this;
    while (this.#input && this.open < MOST_OPEN && socket.readableLength === 0 && !socket.destroyed)
      this.#push(this.#slice(this.#input));
    this.#feeding = false;
    if (this.#input || socket.destroyed) return;
    if (!this.#inputEnded) {
      this.#read(0);
    } else if (!socket.readableEnded) {
      this.#push(null);
      socket.read(0);
    }
  }

  #slice(input: Buffer): Buffer {
    const bytes = Math.max(SLICE_BYTES, this.#bodyBytes);
    this.#bodyBytes -= Math.min(bytes, input.length);
    if (bytes >= input.length) {
      this.#input = undefined;
      return input;
    }
    this.#input = input.subarray(bytes);
    return input.subarray(0, bytes);
  }
}
