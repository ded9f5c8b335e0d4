import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../model/config.ts';
import { HostError, refused } from '../../model/errors.ts';
import type { ReceivedFile, UploadRule } from '../route.ts';
import type { RawInput } from './input.ts';
import { longBodies } from './long-bodies.ts';
import type { HttpContext } from './request-facts.ts';
import type { UploadFolders } from './upload-folders.ts';

const FIELD_LIMIT = 102_400;
/** How long a body may stand still; as long as it moves it may take its time. */
const STILL_MS = 30_000;
const LOOK_MS = 2_000;
/** Formidable's numbers for a file, or all files together, beyond the limit. */
const TOO_LARGE: readonly unknown[] = [1009, 1016];

/** The parts of a form: texts by name, the part named `file`, and further files by name. */
type Parts = RawInput & { file: ReceivedFile | undefined; files: Readonly<Record<string, ReceivedFile>> };
/** Rules of formidable's own. */
type OneFile = { filepath: string; size: number; hash?: string | null };

/**
 * The multipart body of an import, received only when the route asks for it: credential first, then size
 * (contract §8 S32). The file lies in a private folder until `discard`.
 */
export class Upload {
  readonly #ctx: HttpContext;
  readonly #folders: UploadFolders;
  readonly #maxBytes: number;
  readonly #also: readonly string[];
  readonly #stillMs: number;
  #folder: string | undefined;
  #isFull = false;
  constructor(
    ctx: HttpContext,
    folders: UploadFolders,
    config: Pick<Config, 'importMaxMb' | 'moveInMaxMb'>,
    { maxMb, also = [], stillMs = STILL_MS }: UploadRule,
  ) {
    this.#ctx = ctx;
    this.#folders = folders;
    this.#maxBytes = config[maxMb] * 1024 * 1024;
    this.#also = also;
    this.#stillMs = stillMs;
  }

  /**
   * No parts for a body that is no multipart form. Throws `body_too_large`, and `refused` for a form that is
   * broken.
   */
  async read(): Promise<Parts> {
    const { req } = this.#ctx;
    if (!req.headers['content-type']?.toLowerCase().startsWith('multipart/form-data')) {
      return { values: {}, repeated: undefined, file: undefined, files: {} };
    }
    const announced = Number(req.headers['content-length'] ?? 0);
    if (announced <= this.#maxBytes && !(await this.#folders.hasRoom(announced))) throw noRoom();
    const folder = await this.#folders.make();
    this.#folder = folder;
    const over = new AbortController();
    longBodies.add(req);
    req.on('error', () => {});
    void this.#watch(folder, over.signal);
    try {
      return await this.#receive(folder);
    } finally {
      over.abort();
      longBodies.delete(req);
    }
  }

  /** Looks at what has arrived: it must move, and leave room on the disk, whatever was announced. */
  async #watch(folder: string, over: AbortSignal): Promise<void> {
    const { req } = this.#ctx;
    let arrived = 0;
    let stillMs = 0;
    const look = Math.min(LOOK_MS, this.#stillMs / 4);
    while (await pause(look, true, { signal: over, ref: false }).catch(() => false)) {
      const size = await this.#folders.size(folder);
      stillMs = size > arrived ? 0 : stillMs + look;
      arrived = size;
      if (stillMs >= this.#stillMs) req.destroy();
      else if (!(await this.#folders.hasRoom(0))) {
        this.#isFull = true;
        // Formidable stops at it, and lets go of its files.
        req.emit('error', new Error('no room'));
      }
    }
  }

  async #receive(folder: string): Promise<Parts> {
    // Costs 180 ms and 30 MiB at import, for one rare route.
    const { koaBody } = await import('koa-body');
    const receive = koaBody({
      multipart: true,
      json: false,
      text: false,
      urlencoded: false,
      formidable: {
        uploadDir: folder,
        maxFiles: this.#also.length > 0 ? 2 : 1,
        ...(this.#also.length > 0 && { hashAlgorithm: 'sha256' }),
        maxFileSize: this.#maxBytes,
        maxTotalFileSize: this.#maxBytes,
        maxFields: 16,
        maxFieldsSize: FIELD_LIMIT,
        allowEmptyFiles: true,
        minFileSize: 0,
      },
      onError(error) {
        throw error;
      },
    });
    try {
      await receive(this.#ctx, async () => {});
    } catch (error) {
      if (this.#isFull || isFull(error)) throw noRoom();
      const tooLarge = error instanceof Error && 'code' in error && TOO_LARGE.includes(error.code);
      if (tooLarge) throw new HostError('body_too_large', { because: { reason: 'too_long' } });
      throw new HostError('refused', { because: { reason: 'not_json' } });
    }
    const file = this.#file('file');
    const others = this.#also.flatMap((name) => {
      const other = this.#file(name);
      return other ? [[name, other] as const] : [];
    });
    return { ...texts(this.#ctx.request.body), file, files: Object.fromEntries(others) };
  }

  #file(name: string): ReceivedFile | undefined {
    const found = this.#ctx.request.files?.[name];
    const file: OneFile | undefined = Array.isArray(found) ? found[0] : found;
    if (!file) return undefined;
    return { path: file.filepath, size: file.size, ...(file.hash && { sum: file.hash }) };
  }

  /** Removes what was received. */
  async discard(): Promise<void> {
    if (this.#folder !== undefined) await this.#folders.remove(this.#folder);
  }
}

/** Others write to the disk too, between two looks at it. */
function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code));
}

function noRoom(): HostError {
  return refused('the disk of the host has no room for the file', { reason: 'too_long', field: 'file' });
}

/** A text part that came more than once is a list by now. */
function texts(body: unknown): RawInput {
  const parts = Object.entries(typeof body === 'object' && body ? body : {});
  const [repeated] = parts.find(([, value]) => typeof value !== 'string') ?? [];
  return { values: Object.fromEntries(parts), repeated };
}
