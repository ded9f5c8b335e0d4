import { IncomingMessage, type OutgoingHttpHeader, type ServerResponse, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';

/** What Node's HTTP server calls for a request; Koa's `callback()` is one. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * A `fetch` that hands requests to a handler of this process: no socket is opened, and the secret never
 * leaves memory. `address` is who asks, as the handler's limits and logs shall see it; it stands for the peer
 * and for a proxy's word alike. Bodies are streamed both ways; who stops reading an answer stops its making.
 */
export function inProcessFetch(handle: RequestHandler, address = '127.0.0.1'): typeof globalThis.fetch {
  return async (input, init) => {
    const asked = new Request(input, init as RequestInit & { duplex?: 'half' });
    asked.signal.throwIfAborted();
    const request = new HandedRequest(asked, address);
    const response = new HandedResponse(request);
    const abort = () => {
      request.socket.destroy();
      response.destroy(asked.signal.reason as Error);
    };
    asked.signal.addEventListener('abort', abort, { once: true });
    response.once('close', () => asked.signal.removeEventListener('abort', abort));
    handle(request, response as unknown as ServerResponse);
    return response.head;
  };
}

/** A connection without a wire: only its addresses and its end are looked at. */
function peer(address: string): Socket {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  return socket;
}

class HandedRequest extends IncomingMessage {
  constructor(asked: Request, address: string) {
    super(peer(address));
    const { pathname, search, host } = new URL(asked.url);
    this.method = asked.method;
    this.url = pathname + search;
    this.httpVersion = '1.1';
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.headers = { ...Object.fromEntries(asked.headers), host, 'x-forwarded-for': address };
    const given = Object.entries(this.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    this.rawHeaders = given.flat();
    // Node makes it of what its own parser counted.
    this.headersDistinct = Object.fromEntries(given.map(([name, value]) => [name, [value]]));
    const body = asked.body ? Readable.fromWeb(asked.body as never) : Readable.from([]);
    if (asked.body && this.headers['content-length'] === undefined) {
      this.headers['transfer-encoding'] = 'chunked';
    }
    body.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) body.pause();
    });
    body.once('end', () => {
      this.complete = true;
      this.push(null);
    });
    body.once('error', (error) => this.destroy(error));
    this._read = () => body.resume();
  }
}

/** What a handler writes to: collects the head, and passes the body on as it is read. */
class HandedResponse extends Writable {
  readonly head: Promise<Response>;
  readonly req: IncomingMessage;
  readonly socket: Socket;
  statusCode = 200;
  statusMessage = '';
  headersSent = false;
  finished = false;
  sendDate = true;
  shouldKeepAlive = false;
  readonly #headers = new Map<string, OutgoingHttpHeader>();
  #settle: { resolve: (response: Response) => void; reject: (reason: unknown) => void } | undefined;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #wanted: (() => void) | undefined;
  constructor(req: IncomingMessage) {
    super({ highWaterMark: 64 * 1024 });
    this.req = req;
    this.socket = req.socket;
    this.head = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.once('finish', () => this.socket.destroy());
    // Whoever asked is told through the answer.
    this.on('error', () => {});
  }

  setHeader(name: string, value: OutgoingHttpHeader): this {
    this.#headers.set(name.toLowerCase(), value);
    return this;
  }
  getHeader(name: string): OutgoingHttpHeader | undefined {
    return this.#headers.get(name.toLowerCase());
  }
  hasHeader(name: string): boolean {
    return this.#headers.has(name.toLowerCase());
  }
  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase());
  }
  getHeaders(): Record<string, OutgoingHttpHeader> {
    return Object.fromEntries(this.#headers);
  }
  getHeaderNames(): string[] {
    return [...this.#headers.keys()];
  }
  flushHeaders(): void {
    this.#sendHead();
  }
  /** As Node's: a list of names and values, or an object. */
  writeHead(
    status: number,
    ...rest: (string | readonly OutgoingHttpHeader[] | Record<string, OutgoingHttpHeader> | undefined)[]
  ): this {
    this.statusCode = status;
    const headers = rest.find((part) => typeof part === 'object');
    if (Array.isArray(headers)) {
      for (let at = 0; at < headers.length; at += 2) this.setHeader(String(headers[at]), headers[at + 1]);
    } else {
      for (const [name, value] of Object.entries(headers ?? {})) this.setHeader(name, value);
    }
    return this;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#sendHead();
    // The reader may have left.
    this.#body?.enqueue(new Uint8Array(chunk));
    if (!this.#body || (this.#body.desiredSize ?? 0) > 0) done();
    else this.#wanted = done;
  }
  override _final(done: (error?: Error | null) => void): void {
    this.finished = true;
    this.#sendHead();
    this.#body?.close();
    done();
  }
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.finished) {
      const broken = error ?? new TypeError('the answer broke off');
      this.#settle?.reject(broken);
      this.#body?.error(broken);
    }
    this.#body = undefined;
    done(error);
  }

  #sendHead(): void {
    if (this.headersSent) return;
    this.headersSent = true;
    const headers = new Headers();
    for (const [name, value] of this.#headers) {
      for (const one of Array.isArray(value) ? value : [value]) headers.append(name, String(one));
    }
    const hasBody = this.statusCode !== 204 && this.statusCode !== 304;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
      },
      pull: () => {
        const wanted = this.#wanted;
        this.#wanted = undefined;
        wanted?.();
      },
      cancel: () => {
        this.#body = undefined;
        this.socket.destroy();
        this.destroy();
      },
    });
    const statusText = this.statusMessage || STATUS_CODES[this.statusCode];
    this.#settle?.resolve(
      new Response(hasBody ? body : null, { status: this.statusCode, statusText, headers }),
    );
  }
}
