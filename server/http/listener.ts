import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type Koa from 'koa';
import type { Deps } from '../ports/deps.ts';
import { plainAddress } from '../tools/ip-address.ts';
import { Channel } from './channel.ts';
import { type ConnectionLimits, Connections, connectionLimits } from './connections.ts';
import { AnswerHeaders } from './frame/answer-headers.ts';
import { FrameRefusals } from './frame/frame-refusals.ts';
import { RequestIds } from './frame/request-log.ts';

// An import reads every export, and with them loads the whole of Node's `fetch`: 14 MiB and 40 ms of the
// start.
const { createServer } = process.getBuiltinModule('node:http');

const HEADERS_MS = 10_000;
const KEEP_ALIVE_MS = 5_000;
/**
 * How long open connections are still served after the call to stop, so that clients learn of it from an
 * answer.
 */
const FAREWELL_MS = 500;

export interface HostServer {
  /** Resolves with the port. Rejects when it cannot be opened. */
  listen(port: number, host: string | undefined): Promise<number>;
  /**
   * Ends every connection with its next answer, then takes no new ones, and waits for running requests. False
   * when some still ran after `seconds`; their connections are cut.
   */
  drain(seconds: number): Promise<boolean>;
}

/**
 * The HTTP server with its limits; what Node's parser refuses is answered in JSON too, with the headers of
 * every answer.
 */
export function createHostServer(
  app: Koa,
  { config, codes }: Pick<Deps, 'config' | 'codes'>,
  limits: ConnectionLimits = connectionLimits(config),
): HostServer {
  const handle = app.callback();
  const running = new Set<ServerResponse>();
  const connections = new Connections(limits);
  const channels = new WeakMap<Duplex, Channel>();
  const refusals = new FrameRefusals(new AnswerHeaders(config), new RequestIds(codes));
  let draining = false;
  let idle = () => {};

  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      // Bodies are watched by `Connections`: the file of an import may take hours.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 2_000,
      // Node's own refusal has no body; below it gets one.
      requireHostHeader: false,
    },
    (request, response) => {
      begin(request, response);
      if (request.headers.host === undefined && request.httpVersion === '1.1') {
        refusals.answer(request, response, 400);
        return;
      }
      void handle(request, response);
    },
  );
  const [parse = () => {}] = server.listeners('connection');
  server.removeAllListeners('connection').on('connection', (socket: Socket) => {
    const address = socket.remoteAddress;
    // Who hung up before it was the host's turn cannot be counted, so nothing is done for it.
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const channel = new Channel(socket, plainAddress(address));
    connections.opened(channel);
    if (socket.destroyed) return;
    channels.set(socket, channel);
    Reflect.apply(parse, server, [socket]);
    channel.meter();
  });
  server.on('clientError', (error, socket) => {
    const channel = channels.get(socket);
    if (channel) channel.refuse(() => refusals.unreadable(error, socket));
    else refusals.unreadable(error, socket);
  });
  server.on('checkExpectation', (request, response) => {
    begin(request, response);
    refusals.answer(request, response, 417);
  });
  server.on('connect', (request) => {
    const { socket } = request;
    const channel = channels.get(socket);
    // Node has let go of the connection: it hears of no error any more, and drops no answer when the client
    // is gone.
    socket.on('error', () => {});
    if (channel && channel.open > 0) channel.cut();
    else refusals.connect(request, socket);
  });

  function begin(request: IncomingMessage, response: ServerResponse): void {
    const channel = channels.get(request.socket);
    channel?.asked(request, response);
    if (channel) connections.asked(channel);
    if (draining) response.shouldKeepAlive = false;
    running.add(response);
    response.once('close', () => {
      running.delete(response);
      channel?.answered(response);
      if (channel) connections.answered(channel);
      if (running.size === 0) idle();
    });
  }

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
      connections.stop();
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
