import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Context } from 'koa';
import type { RequestContext } from '../../log/request-context.ts';
import type { ClientFamily } from '../../model/client-family.ts';
import type { Hint } from '../../ports/hints.ts';
import type { Route } from '../route.ts';
import { clientFamily } from './client-family.ts';

/** What is known of one request while it is answered; also what its log lines say. */
export class Exchange implements RequestContext {
  readonly requestId: string;
  readonly address: string;
  readonly accessToken: string | undefined;
  readonly #connection: Pick<Duplex, 'destroyed'>;
  readonly #headers: IncomingHttpHeaders;
  #client: ClientFamily | undefined;
  readonly path: string;
  readonly query: string;
  /** The pattern for the log; empty until a route is found. */
  route = '';
  declaration: Route | undefined;
  appId: string | undefined;
  operator: string | undefined;
  /** Methods of the path when the one asked for is not among them. */
  allowed: string | undefined;
  /** What a refusal told, for the log line. */
  refusal: { code?: number | undefined; reason?: string | undefined } = {};
  hint: Hint | undefined;
  /** The answer comes from the domain, not from a check of the frame. */
  judged = false;
  constructor(input: {
    requestId: string;
    address: string;
    accessToken: string | undefined;
    connection: Pick<Duplex, 'destroyed'>;
    headers: IncomingHttpHeaders;
    path: string;
    query: string;
  }) {
    this.requestId = input.requestId;
    this.address = input.address;
    this.accessToken = input.accessToken;
    this.#connection = input.connection;
    this.#headers = input.headers;
    this.path = input.path;
    this.query = input.query;
  }

  get client(): ClientFamily {
    this.#client ??= clientFamily(this.#headers);
    return this.#client;
  }

  get gone(): boolean {
    return this.#connection.destroyed;
  }
}

/** Koa's context with the exchange; never leaves `http/`. */
export type HttpContext = Context & { exchange: Exchange };
