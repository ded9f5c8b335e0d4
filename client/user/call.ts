import { AuthError, refusal } from './error.ts';

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Default 10,000. */
  timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 10_000;
/** How the host knows in its figures what came by this client. */
const CLIENT = { 'x-client': 'sdk' };

/** Sends requests to one app of one host. Throws `AuthError` and nothing else. */
export class Call {
  readonly #url: string;
  readonly #appToken: string;
  readonly #fetch: typeof fetch;
  constructor({ url, appToken, fetch }: { url: string; appToken: string; fetch: typeof globalThis.fetch }) {
    this.#url = `${url.endsWith('/') ? url.slice(0, -1) : url}/api`;
    this.#appToken = appToken;
    this.#fetch = fetch;
  }

  /** As the app itself. */
  app<A>(route: string, body?: object, options?: CallOptions): Promise<A> {
    return this.#send(route, { ...CLIENT, 'app-token': this.#appToken }, body, options);
  }

  /** As a user with an access token. */
  user<A>(accessToken: string, route: string, body?: object, options?: CallOptions): Promise<A> {
    return this.#send(route, { ...CLIENT, 'access-token': accessToken }, body, options);
  }

  /** A POST with a body, a GET without. A route is below `/appuser/`, or names where it is. */
  async #send<A>(
    route: string,
    headers: Record<string, string>,
    body: object | undefined,
    { signal, timeoutMs = TIMEOUT_MS }: CallOptions = {},
  ): Promise<A> {
    const controller = new AbortController();
    const abort = () => controller.abort();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      abort();
    }, timeoutMs);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    try {
      const path = route[0] === '/' ? route : `/appuser/${route}`;
      const response = await this.#fetch(this.#url + path, {
        method: body ? 'POST' : 'GET',
        headers: body ? { ...headers, 'content-type': 'application/json' } : headers,
        body: body && JSON.stringify(body),
        signal: controller.signal,
        credentials: 'omit',
        cache: 'no-store',
      });
      const text = await response.text();
      const answer = parsed(text, response);
      if (response.ok) return answer as A;
      throw refusal(response.status, response.headers, answer);
    } catch (cause) {
      if (cause instanceof AuthError) throw cause;
      if (isLate) throw new AuthError('timeout', `no answer within ${timeoutMs / 1000} s`, { cause });
      if (signal?.aborted) throw new AuthError('aborted', 'given up by the caller', { cause });
      throw new AuthError('network', 'the host cannot be reached', { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }
}

function parsed(text: string, { ok, status }: Response): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!ok) return undefined;
    throw new AuthError('bad_response', `HTTP ${status} with something that is no JSON`, { cause });
  }
}
