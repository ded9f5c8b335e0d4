import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnswerHeaders } from './answer-headers.ts';
import { isUserPath } from './error-handler.ts';
import { codeBody, describeError, failsBody } from './refused.ts';
import type { RequestIds } from './request-log.ts';

const CONTENT_TYPE = 'application/json; charset=utf-8';
/** So long the client may take to read a refusal before its connection is cut. */
const LAST_WORD_MS = 5_000;

const UNREADABLE: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/**
 * What is refused before any route is looked for: requests that HTTP itself forbids. Each ends its
 * connection.
 */
export class FrameRefusals {
  readonly #headers: AnswerHeaders;
  readonly #ids: RequestIds;
  constructor(headers: AnswerHeaders, ids: RequestIds) {
    this.#headers = headers;
    this.#ids = ids;
  }

  /** A request that could be read. */
  answer(request: IncomingMessage, response: ServerResponse, status: number): void {
    request.resume();
    const body = bodyOf(request.url ?? '');
    response.writeHead(status, this.#headersOf(this.#ids.of(request), body)).end(body);
  }

  /** Nobody is on the way to a third party through this host. */
  connect(request: IncomingMessage, socket: Duplex): void {
    this.#write(socket, '405 Method Not Allowed', {
      path: request.url ?? '',
      requestId: this.#ids.of(request),
    });
  }

  /** What is no HTTP, too long, or too slow. */
  unreadable(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Duplex): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const start = error.rawPacket?.subarray(0, 200).toString('latin1') ?? '';
    const status = UNREADABLE[error.code ?? ''] ?? '400 Bad Request';
    this.#write(socket, status, { path: start.split(' ')[1] ?? '', requestId: this.#ids.next() });
  }

  #write(socket: Duplex, status: string, { path, requestId }: { path: string; requestId: string }): void {
    const body = bodyOf(path);
    const headers = this.#headersOf(requestId, body);
    const lines: string[] = [];
    for (let name = 0; name < headers.length; name += 2)
      lines.push(`${headers[name]}: ${headers[name + 1]}\r\n`);
    socket.end(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`);
    setTimeout(() => socket.destroy(), LAST_WORD_MS).unref();
  }

  #headersOf(requestId: string, body: string): string[] {
    const length = String(Buffer.byteLength(body));
    const headers = this.#headers.of({ requestId, contentType: CONTENT_TYPE });
    return [...headers, 'Content-Length', length, 'Connection', 'close'];
  }
}

function bodyOf(path: string): string {
  const error = describeError('malformed_request');
  return isUserPath(path) ? codeBody(error) : failsBody(error.detail ?? error.message);
}
