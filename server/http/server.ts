import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type Koa from 'koa';
import { Connections } from './connections.ts';
import { isUserPath } from './error-handler.ts';
import { codeBody, describeError, failsBody } from './refused.ts';

// An import reads every export, and with them loads the whole of Node's `fetch`: 14 MiB and 40 ms of the start.
const { createServer } = process.getBuiltinModule('node:http');

const HEADERS_MS = 10_000;
/** An import may take this long; other bodies have a shorter limit of their own. */
const REQUEST_MS = 120_000;
const KEEP_ALIVE_MS = 5_000;
const MOST_CONNECTIONS = 8192;
/** How long open connections are still served after the call to stop, so that clients learn of it from an answer. */
const FAREWELL_MS = 500;

export interface HostServer {
  /** Resolves with the port. Rejects when it cannot be opened. */
  listen(port: number, host: string | undefined): Promise<number>;
  /**
   * Ends every connection with its next answer, then takes no new ones, and waits for running requests. False when some still ran after
   * `seconds`; their connections are cut.
   */
  drain(seconds: number): Promise<boolean>;
}

/** The HTTP server with its limits (security.md R32); what Node's parser refuses is answered in JSON too. */
export function createHostServer(app: Koa): HostServer {
  const handle = app.callback();
  const running = new Set<ServerResponse>();
  const connections = new Connections(MOST_CONNECTIONS);
  let draining = false;
  let idle = () => {};

  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 2_000,
      // Node's own refusal has no body; below it gets one.
      requireHostHeader: false,
    },
    (request, response) => {
      if (request.headers.host === undefined && request.httpVersion === '1.1') {
        refuse(request, response, 400);
        return;
      }
      const { socket } = request;
      connections.asked(socket);
      if (draining) response.shouldKeepAlive = false;
      running.add(response);
      response.once('close', () => {
        running.delete(response);
        connections.answered(socket);
        if (running.size === 0) idle();
      });
      void handle(request, response);
    },
  );
  server.on('connection', (socket) => connections.opened(socket));
  server.on('clientError', refuseUnreadable);
  server.on('checkExpectation', (request, response) => refuse(request, response, 417));
  server.on('connect', (request, socket) => refuseConnect(request, socket));

  return {
    listen: (port, host) => listen(server, port, host),
    async drain(seconds) {
      draining = true;
      for (const response of running) response.shouldKeepAlive = false;
      const deadline = new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
      await Promise.race([deadline, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
      server.close();
      const finished = new Promise<void>((resolve) => {
        idle = resolve;
        if (running.size === 0) resolve();
      });
      await Promise.race([deadline, finished]);
      const clean = running.size === 0;
      server.closeAllConnections();
      return clean;
    },
  };
}

function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

const UNREADABLE: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function refuseUnreadable(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const start = error.rawPacket?.subarray(0, 200).toString('latin1') ?? '';
  writeRaw(socket, UNREADABLE[error.code ?? ''] ?? '400 Bad Request', start.split(' ')[1] ?? '');
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  request.resume();
  const body = refusalBody(request.url ?? '');
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  response.end(body);
}

function refuseConnect(request: IncomingMessage, socket: Duplex): void {
  writeRaw(socket, '405 Method Not Allowed', request.url ?? '');
}

function refusalBody(path: string): string {
  const error = describeError('malformed_request');
  return isUserPath(path) ? codeBody(error) : failsBody(error.detail ?? error.message);
}

function writeRaw(socket: Duplex, status: string, path: string): void {
  const body = refusalBody(path);
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${body}`,
  );
}
