import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import {
  type Auth,
  createAuth,
  memoryStorage,
  type Result,
  type Session,
  type SessionStorage,
  type Why,
} from '../../../client/user/index.ts';
import type { App } from '../../../server/model/app.ts';
import { type OutboxLine, startTestHost, type TestHost, type TestHostOptions } from '../../support/host.ts';
import { codeOf } from '../../support/outbox.ts';

export const PASSWORD = 'Correct-Horse-1';
const PREFIX = '/api/appuser/';

/** A request that a client made. */
export interface Asked {
  route: string;
  status: number;
}

/** A client on a real host, and what it did. */
export interface Device {
  auth: Auth;
  storage: SessionStorage;
  heard: Why[];
  asked: Asked[];
}

interface Operation {
  security?: Record<string, unknown>[];
  requestBody?: { content: Record<string, { schema: object }> };
}
export type Paths = Record<string, Record<string, Operation>>;

/** A real host and devices on it, whose every request must be one that the host's description allows. */
export class ClientStage {
  readonly host: TestHost;
  readonly paths: Paths;
  /** `POST login` … of all devices. */
  readonly reached = new Set<string>();
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });
  readonly #validators = new Map<string, ValidateFunction>();
  private constructor(host: TestHost, paths: Paths) {
    this.host = host;
    this.paths = paths;
  }

  static async start(options: TestHostOptions = {}): Promise<ClientStage> {
    const host = await startTestHost({ now: Date.now(), ...options });
    const response = await fetch(`${host.url}/openapi.json`);
    const { paths } = (await response.json()) as { paths: Paths };
    return new ClientStage(host, paths);
  }

  /** `answer`: what answers in place of the host, if it does. */
  device(
    app: App,
    {
      storage = memoryStorage(),
      answer,
    }: { storage?: SessionStorage; answer?: (route: string, send: () => Promise<Response>) => unknown } = {},
  ): Device {
    const asked: Asked[] = [];
    const auth = createAuth({
      url: this.host.url,
      appToken: app.appToken,
      storage,
      fetch: async (input, init) => {
        const { pathname } = new URL(input instanceof Request ? input.url : String(input));
        const route = pathname.replace(PREFIX, '').replace(/(?<=^\/api\/asset\/)[\da-f]{32}$/, '{id}');
        this.#check(route, init);
        const send = () => fetch(input, init);
        const response = ((await answer?.(route, send)) ?? (await send())) as Response;
        asked.push({ route, status: response.status });
        return response;
      },
    });
    const heard: Why[] = [];
    auth.on('change', (_session: Session | undefined, why: Why) => heard.push(why));
    return { auth, storage, heard, asked };
  }

  #check(route: string, { method = 'GET', headers, body }: RequestInit = {}): void {
    this.reached.add(`${method} ${route}`);
    const path = route.startsWith('/') ? route : PREFIX + route;
    const operation = this.paths[path]?.[method.toLowerCase()];
    // What `auth.fetch` asks of others does not say so, nor what goes to a storage.
    const isOwn = operation?.security?.some((way) => 'appToken' in way || 'accessToken' in way);
    assert.equal(new Headers(headers).get('x-client'), isOwn ? 'sdk' : null, route);
    const schema = operation?.requestBody?.content['application/json']?.schema;
    if (!schema) return;
    const validate = this.#validators.get(route) ?? this.#ajv.compile(schema);
    this.#validators.set(route, validate);
    const sent: unknown = JSON.parse(String(body));
    assert.ok(validate(sent), `${route}: ${this.#ajv.errorsText(validate.errors)}`);
    const known = Object.keys((schema as { properties: object }).properties);
    assert.deepEqual(
      Object.keys(sent as object).filter((name) => !known.includes(name)),
      [],
      route,
    );
  }

  /** The last message to somebody. */
  async lastMessage(to: string): Promise<OutboxLine> {
    const line = (await this.host.outbox()).findLast((each) => each.to === to);
    assert.ok(line, `a message to ${to}`);
    return line;
  }
  async codeTo(to: string): Promise<string> {
    return codeOf(await this.lastMessage(to));
  }
}

/** The value of a result that has one. */
export function done<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.error.code}: ${result.error.message}`);
  return result.value;
}

/** The word of a result that has none. */
export function codeIn(result: Result<unknown>): string {
  assert.ok(!result.ok, 'a refusal');
  return result.error.code;
}
