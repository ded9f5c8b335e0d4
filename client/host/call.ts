import { HostClientError, refusalOf } from './error.ts';
import { formOf } from './form.ts';

/** A query or a JSON body; what is undefined is left out. */
export type Parameters = object;

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** How long the answer may take, retries included; default 10,000, for whole files 600,000. */
  timeoutMs?: number | undefined;
}

export interface HostClientOptions {
  /** Address of the host, without a path of its own: `https://auth.example.com`. */
  url: string;
  /** The server secret token, or a function that reads it for each call. */
  secret: string | (() => string);
  /** Who does it: stands in the app's log beside what was done. At most 120 characters. */
  operator?: string | undefined;
  /** Instead of the global `fetch`, for example an in-process one. */
  fetch?: typeof globalThis.fetch | undefined;
  timeoutMs?: number | undefined;
}

interface Asked {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  parameters?: Parameters | undefined;
  form?: Blob | undefined;
  options?: CallOptions | undefined;
  /** For whole files. */
  long?: boolean;
}

const TIMEOUT_MS = 10_000;
const FILE_TIMEOUT_MS = 600_000;
const TRIES = 3;
const FIRST_PAUSE_MS = 250;
const PAUSE_MAX_MS = 5_000;
const JSON_TYPE = /^application\/json\b/;

/**
 * One host's way of being asked: address, secret, deadline, repetition and errors. A GET is tried three times
 * in all where the connection failed or the host said 429 or 503, after what `Retry-After` asks for; what
 * changes something is sent once. Every method throws `HostClientError` and nothing else; the constructor
 * throws a `TypeError` for text that is no address.
 */
export class Call {
  readonly #options: HostClientOptions;
  readonly #origin: string;
  constructor(options: HostClientOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.url);
    this.#origin = origin + (pathname.endsWith('/') ? pathname.slice(0, -1) : pathname);
  }

  async get<A>(path: string, query?: Parameters, options?: CallOptions): Promise<A> {
    return jsonOf<A>(await this.#send({ method: 'GET', path, parameters: query, options }));
  }

  async post<A>(path: string, body: Parameters = {}, options?: CallOptions): Promise<A> {
    return jsonOf<A>(await this.#send({ method: 'POST', path, parameters: body, options }));
  }

  async delete<A>(path: string, query?: Parameters, options?: CallOptions): Promise<A> {
    return jsonOf<A>(await this.#send({ method: 'DELETE', path, parameters: query, options }));
  }

  /** Sends parts of a form, one of them a file. */
  async upload<A>(path: string, parts: Parameters, options?: CallOptions): Promise<A> {
    const given = (Object.entries(parts) as [string, unknown][]).filter(([, value]) => value !== undefined);
    const form = formOf(
      given.map(([name, value]) => [name, value instanceof Blob ? value : textOf(value)] as const),
    );
    return jsonOf<A>(await this.#send({ method: 'POST', path, form, options, long: true }));
  }

  /** A file as it arrives. */
  async download(path: string, query?: Parameters, options?: CallOptions): Promise<HostFile> {
    const response = await this.#send({ method: 'GET', path, parameters: query, options, long: true });
    const name = /filename="([^"]*)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
    return { name: name ?? 'download', body: response.body ?? new ReadableStream() };
  }

  /** Any route, for those who know its answer; the body is text or JSON as the host wrote it. */
  async any(method: Asked['method'], path: string, parameters?: Parameters, options?: CallOptions) {
    const response = await this.#send({ method, path, parameters, options });
    return response.text();
  }

  async #send(asked: Asked): Promise<Response> {
    const { options, long } = asked;
    const timeoutMs =
      options?.timeoutMs ?? (long ? FILE_TIMEOUT_MS : (this.#options.timeoutMs ?? TIMEOUT_MS));
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = options?.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
    const tries = asked.method === 'GET' ? TRIES : 1;
    for (let tried = 1; ; tried++) {
      try {
        return await this.#sendOnce(asked, signal);
      } catch (thrown) {
        const error = this.#told(thrown, { deadline, signal: options?.signal, timeoutMs });
        if (tried >= tries || !isPassing(error)) throw error;
        const pauseMs = error.retryAfter === undefined ? FIRST_PAUSE_MS * tried : error.retryAfter * 1000;
        if (pauseMs > PAUSE_MAX_MS) throw error;
        await pause(pauseMs, signal).catch(() => {
          throw error;
        });
      }
    }
  }

  async #sendOnce({ method, path, parameters, form }: Asked, signal: AbortSignal): Promise<Response> {
    const { secret, operator, fetch = globalThis.fetch } = this.#options;
    const headers: Record<string, string> = {
      'server-secret': typeof secret === 'string' ? secret : secret(),
      accept: 'application/json',
    };
    if (operator !== undefined) headers.operator = encodeURIComponent(operator);
    const isPost = method === 'POST';
    if (isPost && !form) headers['content-type'] = 'application/json';
    const body = form ?? (isPost ? JSON.stringify(parameters ?? {}) : undefined);
    const target = isPost ? path : path + queryText(parameters);
    // A redirect would carry the secret to whoever is named there.
    const response = await fetch(this.#origin + target, {
      method,
      headers,
      body,
      signal,
      redirect: 'manual',
    });
    if (response.ok) return response;
    throw await refusalOf(response);
  }

  #told(
    thrown: unknown,
    {
      deadline,
      signal,
      timeoutMs,
    }: { deadline: AbortSignal; signal: AbortSignal | undefined; timeoutMs: number },
  ): HostClientError {
    if (signal?.aborted) return new HostClientError('aborted', 'the call was given up');
    if (deadline.aborted) {
      return new HostClientError('timeout', `${this.#origin} did not answer within ${timeoutMs / 1000} s`);
    }
    if (thrown instanceof HostClientError) return thrown;
    const cause = (thrown as Error).cause as NodeJS.ErrnoException | undefined;
    const detail = cause?.code ?? (thrown as Error).message;
    return new HostClientError('unreachable', `${this.#origin} cannot be reached: ${detail}`, {
      cause: thrown,
    });
  }
}

/** A file that a route answers. */
export interface HostFile {
  /** The name the host gives it, without a folder. */
  name: string;
  body: ReadableStream<Uint8Array>;
}

async function jsonOf<A>(response: Response): Promise<A> {
  const type = response.headers.get('content-type') ?? '';
  try {
    if (JSON_TYPE.test(type)) return (await response.json()) as A;
  } catch (cause) {
    if (!(cause instanceof SyntaxError))
      throw new HostClientError('unreachable', 'the answer broke off', { cause });
  }
  throw new HostClientError('bad_response', 'what answered is no CoSync Auth host', {
    status: response.status,
  });
}

function isPassing({ kind, status }: HostClientError): boolean {
  return kind === 'unreachable' || status === 429 || status === 503;
}

function queryText(query: Parameters = {}): string {
  const given = (Object.entries(query) as [string, unknown][]).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${new URLSearchParams(given.map(([name, value]) => [name, textOf(value)]))}`;
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', ended);
      resolve();
    }, ms);
    const ended = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', ended, { once: true });
  });
}
