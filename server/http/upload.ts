import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../model/config.ts';
import { HostError } from '../model/errors.ts';
import type { HttpContext } from './exchange.ts';
import type { Upload as ReceivedUpload } from './route.ts';

const FIELD_LIMIT = 102_400;
const UPLOAD_TIME_MS = 120_000;
/** Formidable's numbers for a file, or all files together, beyond the limit. */
const TOO_LARGE: readonly unknown[] = [1009, 1016];

/**
 * The multipart body of an import, received only when the route asks for it: credential first, then size (contract §8 S32). The file lies
 * in a private folder until `discard`.
 */
export class Upload {
  readonly #ctx: HttpContext;
  readonly #maxBytes: number;
  #folder: string | undefined;
  constructor(ctx: HttpContext, config: Pick<Config, 'importMaxMb'>) {
    this.#ctx = ctx;
    this.#maxBytes = config.importMaxMb * 1024 * 1024;
  }

  /** Throws `body_too_large`, and `refused` for a body that is no multipart form or has a file part not named `file`. */
  async read(): Promise<ReceivedUpload> {
    const { req } = this.#ctx;
    if (!req.headers['content-type']?.toLowerCase().startsWith('multipart/form-data')) {
      return { fields: {}, file: undefined };
    }
    // mkdtemp makes the folder with mode 0700.
    this.#folder = await mkdtemp(join(tmpdir(), 'auth-import-'));
    const slow = setTimeout(() => req.destroy(), UPLOAD_TIME_MS);
    try {
      return await this.#receive(this.#folder);
    } finally {
      clearTimeout(slow);
    }
  }

  async #receive(folder: string): Promise<ReceivedUpload> {
    // Costs 180 ms and 30 MiB at import, for one rare route.
    const { koaBody } = await import('koa-body');
    const receive = koaBody({
      multipart: true,
      json: false,
      text: false,
      urlencoded: false,
      formidable: {
        uploadDir: folder,
        maxFiles: 1,
        maxFileSize: this.#maxBytes,
        maxTotalFileSize: this.#maxBytes,
        maxFields: 8,
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
      const tooLarge = error instanceof Error && 'code' in error && TOO_LARGE.includes(error.code);
      throw new HostError(tooLarge ? 'body_too_large' : 'refused');
    }
    const files = Object.entries(this.#ctx.request.files ?? {});
    if (files.some(([name]) => name !== 'file')) throw new HostError('refused');
    const found = files[0]?.[1];
    const file = Array.isArray(found) ? found[0] : found;
    return {
      fields: textFields(this.#ctx.request.body),
      file: file && { path: file.filepath, size: file.size },
    };
  }

  /** Removes what was received. */
  async discard(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}

function textFields(body: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(typeof body === 'object' && body ? body : {})) {
    if (typeof value !== 'string') throw new HostError('refused');
    fields[name] = value;
  }
  return fields;
}
