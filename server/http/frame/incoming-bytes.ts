import { setTimeout as pause } from 'node:timers/promises';
import type { ByteRequest } from '../route.ts';
import { discard } from './body.ts';
import { longBodies } from './long-bodies.ts';
import type { HttpContext } from './request-facts.ts';

/** A body that stands still for so long is given up. */
const STILL_MS = 60_000;
/** What is left of a body when it is answered is thrown away for so long. */
const DISCARD_MS = 5_000;

/** A request with a body of any length, which takes as long as it moves. */
export class IncomingBytes implements ByteRequest {
  readonly #ctx: HttpContext;
  readonly #stillMs: number;
  constructor(ctx: HttpContext, stillMs = STILL_MS) {
    this.#ctx = ctx;
    this.#stillMs = stillMs;
  }

  get isHead(): boolean {
    return this.#ctx.req.method === 'HEAD';
  }
  get contentType(): string {
    return this.#ctx.req.headers['content-type'] ?? '';
  }
  get length(): number | undefined {
    const length = this.#ctx.req.headers['content-length'];
    return length === undefined ? undefined : Number(length);
  }
  get contentRange(): string | undefined {
    return this.#ctx.req.headers['content-range'];
  }
  get range(): string | undefined {
    return this.#ctx.req.headers.range;
  }
  get ifRange(): string | undefined {
    const value = this.#ctx.req.headers['if-range'];
    return typeof value === 'string' ? value : undefined;
  }
  get body(): AsyncIterable<Uint8Array> {
    return this.#read();
  }

  async *#read(): AsyncIterable<Uint8Array> {
    const { req } = this.#ctx;
    longBodies.add(req);
    const idle = setTimeout(() => req.destroy(new Error('the body stands still')), this.#stillMs);
    try {
      // Who is refused in the middle gets to read why.
      for await (const chunk of req.iterator({ destroyOnReturn: false })) {
        idle.refresh();
        yield chunk as Uint8Array;
      }
    } finally {
      clearTimeout(idle);
      longBodies.delete(req);
    }
  }

  /** What was not read is thrown away up to limits; beyond, the connection ends with the answer. */
  async discard(): Promise<void> {
    const { req, res } = this.#ctx;
    if (req.complete || req.destroyed || req.method !== 'PUT') return;
    res.shouldKeepAlive = false;
    const over = new AbortController();
    const late = pause(DISCARD_MS, undefined, { signal: over.signal, ref: false }).catch(() => {});
    await Promise.race([discard(req), late]);
    over.abort();
  }
}
