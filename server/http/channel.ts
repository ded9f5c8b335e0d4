import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** So much of what a client sent is parsed at a time: hardly more than one request. */
const SLICE_BYTES = 512;
/** While so many requests of a connection are being answered, none of its input is parsed. */
const MOST_OPEN = 16;
/** So much of an answer is handed on at a time; the client has made progress when the system has taken it. */
const PIECE_BYTES = 16 * 1024;

type Chunk = { chunk: Buffer | string; encoding: BufferEncoding };

/**
 * A client's connection as the HTTP parser sees it. Node hands every complete request of one read over at once, however many they are and
 * whatever is paused; here they come a slice at a time, and none while 16 are being answered. Who the client is was settled when the
 * connection opened: after a reset the system does not know it any more.
 */
export class Channel extends Duplex {
  readonly remoteAddress: string;
  readonly #socket: Socket;
  #input: Buffer | undefined;
  #inputEnded = false;
  #wanted = false;
  #feeding = false;
  #open = 0;
  /** Bytes that are certainly part of the body being received, however little of it has been parsed. */
  #bodyBytes = 0;
  #writing = false;
  /** Pieces of answers that the system has taken. */
  #progress = 0;
  #progressSeen = 0;
  #stalls = 0;

  constructor(socket: Socket, remoteAddress: string) {
    super({ readableHighWaterMark: SLICE_BYTES, decodeStrings: false });
    this.remoteAddress = remoteAddress;
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('end', () => {
      this.#inputEnded = true;
      this.#feed();
    });
    socket.on('timeout', () => this.emit('timeout'));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** Requests being answered: until the system has taken the last byte of the answer. */
  get open(): number {
    return this.#open;
  }

  /** To be asked at regular times: how often in a row an answer had not moved since the time before. */
  stalls(): number {
    this.#stalls = this.#writing && this.#progress === this.#progressSeen ? this.#stalls + 1 : 0;
    this.#progressSeen = this.#progress;
    return this.#stalls;
  }

  /** The headers of a request are complete; its body has so many bytes, as far as it says. */
  asked(contentLength: string | undefined): void {
    this.#open++;
    this.#bodyBytes = Number(contentLength ?? 0) - SLICE_BYTES;
  }

  /** Its answer is out, or it broke off. */
  answered(): void {
    this.#open--;
    this.#feed();
  }

  /** As a socket's: the HTTP server ends connections that say nothing by it. */
  setTimeout(milliseconds: number): this {
    this.#socket.setTimeout(milliseconds);
    return this;
  }

  /** As a socket's: ends the connection once everything written is out. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  override _read(): void {
    this.#wanted = true;
    this.#feed();
  }

  override _write(
    chunk: Buffer | string,
    encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    if (chunk.length > PIECE_BYTES) {
      this._writev([{ chunk, encoding }], done);
      return;
    }
    this.#writing = true;
    this.#socket.write(chunk, encoding, (error) => this.#written(done, error));
  }

  override _writev(chunks: Chunk[], done: (error?: Error | null) => void): void {
    this.#writing = true;
    const batches = batchesOf(chunks);
    const next = (error?: Error | null) => {
      this.#progress++;
      const batch = error ? undefined : batches.next().value;
      if (!batch) return this.#written(done, error);
      const last = batch.pop();
      if (!last) return next();
      this.#socket.cork();
      for (const { chunk, encoding } of batch) this.#socket.write(chunk, encoding);
      this.#socket.write(last.chunk, last.encoding, next);
      this.#socket.uncork();
    };
    next();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#input = undefined;
    this.#socket.destroy();
    done(error);
  }

  #received(chunk: Buffer): void {
    this.#input = this.#input ? Buffer.concat([this.#input, chunk]) : chunk;
    this.#feed();
    if (this.#input) this.#socket.pause();
  }

  #written(done: (error?: Error | null) => void, error?: Error | null): void {
    this.#writing = false;
    this.#progress++;
    done(error);
  }

  /** Hands on what may be parsed now. */
  #feed(): void {
    // A request that is answered at once gets here again.
    if (this.#feeding) return;
    this.#feeding = true;
    while (this.#wanted && this.#input && this.#open < MOST_OPEN)
      this.#wanted = this.push(this.#slice(this.#input));
    this.#feeding = false;
    if (this.#input || this.destroyed) return;
    if (this.#inputEnded) this.push(null);
    else if (this.#socket.isPaused()) this.#socket.resume();
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

/** Chunks in groups of at most a piece, in order; longer chunks are cut. */
function* batchesOf(chunks: readonly Chunk[]): Generator<Chunk[], undefined> {
  let batch: Chunk[] = [];
  let length = 0;
  for (const { chunk, encoding } of chunks) {
    for (let start = 0; start < chunk.length; ) {
      const end = cutAt(chunk, start, start + PIECE_BYTES - length);
      batch.push({
        chunk: typeof chunk === 'string' ? chunk.slice(start, end) : chunk.subarray(start, end),
        encoding,
      });
      length += end - start;
      start = end;
      if (length < PIECE_BYTES - 1) continue;
      yield batch;
      batch = [];
      length = 0;
    }
  }
  if (batch.length > 0) yield batch;
  return undefined;
}

/** Not between the two halves of a character. */
function cutAt(chunk: Buffer | string, start: number, end: number): number {
  if (typeof chunk !== 'string' || end >= chunk.length || end - start < 2) return Math.min(end, chunk.length);
  const code = chunk.charCodeAt(end - 1);
  return code >= 0xd800 && code < 0xdc00 ? end - 1 : end;
}
