import { AwsV4Signer } from 'aws4fetch';
import type { AssetObject, S3Place } from '../model/asset.ts';
import { HostError } from '../model/errors.ts';
import type {
  AssetStorage,
  StorageStep,
  StoredObject,
  WriteAddress,
  WriteWish,
} from '../ports/assets/asset-storage.ts';
import type { Clock } from '../ports/clock.ts';
import { HOUR_MS } from '../tools/duration.ts';
import { bucketAddress, faultsOf, objectAddress } from './bucket.ts';
import {
  ForbiddenAddress,
  guardedRequest,
  type StorageAnswer,
  type StorageRequest,
} from './guarded-request.ts';
import type { Guard } from './may-ask.ts';
import { walkStorage } from './storage-walk.ts';

/** No storage lets an address live longer. */
const READ_MAX_MS = 168 * HOUR_MS;
/** For one request; somebody waits for the answer. */
const ANSWER_MS = 5_000;
/** Before the one other try that a request has. */
const PAUSE_MS = 150;
/** Objects that are removed at a time. */
const WIDTH = 8;
/** Whatever a browser is told to do with an object, it does not show it as a page. */
const DISPOSITION = 'attachment';
/** What is not there need not be removed; other 404 come from no storage. */
const GONE = /<Code>NoSuch(?:Key|Bucket)<\/Code>/;

type S3Deps = Guard & { clock: Clock };

/**
 * Objects in a bucket, which devices write and read themselves at signed addresses; the host only looks and
 * removes. Reading addresses end after 168 hours at the latest.
 */
export function createS3Storage(place: S3Place, deps: S3Deps): AssetStorage {
  return new S3Storage(place, deps);
}

class S3Storage implements AssetStorage {
  readonly #place: S3Place;
  readonly #deps: S3Deps;
  /** Keys that signatures are made with, one a day. */
  readonly #signingKeys = new Map<string, ArrayBuffer>();

  constructor(place: S3Place, deps: S3Deps) {
    this.#place = place;
    this.#deps = deps;
  }

  async writeAddress({ object, end, contentType, size }: WriteWish): Promise<WriteAddress> {
    const headers: Record<string, string> = { 'Content-Disposition': DISPOSITION };
    if (contentType !== undefined) headers['Content-Type'] = contentType;
    const bound = size === undefined ? headers : { ...headers, 'Content-Length': String(size) };
    return { url: await this.#presigned('PUT', object, end, bound), headers };
  }

  async readAddress(object: AssetObject, end: number | undefined): Promise<string> {
    if (end !== undefined) return this.#presigned('GET', object, end);
    const { publicBase } = this.#place;
    if (publicBase === undefined) throw new HostError('service_unavailable', { cause: 'no assetPublicBase' });
    return objectAddress(publicBase, object.name);
  }

  async head(object: AssetObject): Promise<StoredObject | undefined> {
    const answer = await this.#ask('HEAD', object);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw unavailable(`HEAD was answered ${answer.status}`);
    return stored(answer);
  }

  async remove(objects: readonly AssetObject[]): Promise<void> {
    for (let at = 0; at < objects.length; at += WIDTH) {
      const removals = objects.slice(at, at + WIDTH).map((object) => this.#remove(object));
      // Those beside one that fails are waited for, so that nothing goes on behind the caller's back.
      for (const removal of await Promise.allSettled(removals))
        if (removal.status === 'rejected') throw removal.reason;
    }
  }

  async #remove(object: AssetObject): Promise<void> {
    const { status, text } = await this.#ask('DELETE', object);
    const isGone = status === 204 || status === 200 || (status === 404 && GONE.test(text));
    if (!isGone) throw unavailable(`DELETE was answered ${status}`);
  }

  test(): Promise<StorageStep[]> {
    return walkStorage(this.#place, this.#deps, {
      storage: this,
      ask: (request) => this.#once(request),
      signed: (method, url) => this.#signed(method, url),
    });
  }

  async #presigned(
    method: 'GET' | 'PUT',
    { name }: AssetObject,
    end: number,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const ms = Math.min(end - this.#deps.clock.now(), READ_MAX_MS);
    const url = new URL(objectAddress(this.#base(), name));
    url.searchParams.set('X-Amz-Expires', String(Math.max(1, Math.floor(ms / 1000))));
    // Type and size are left out of signatures unless all headers are wanted in them.
    const signer = this.#signer({ method, url: url.href, headers, signQuery: true, allHeaders: true });
    return (await signer.sign()).url.href;
  }

  async #signed(method: string, url: string): Promise<StorageRequest> {
    const { headers } = await this.#signer({ method, url }).sign();
    return { method, url, headers: Object.fromEntries(headers) };
  }

  #signer(
    request: Pick<
      ConstructorParameters<typeof AwsV4Signer>[0],
      'method' | 'url' | 'headers' | 'signQuery' | 'allHeaders'
    >,
  ): AwsV4Signer {
    const { keyId, secret, region } = this.#place;
    return new AwsV4Signer({
      ...request,
      accessKeyId: keyId,
      secretAccessKey: secret,
      region,
      service: 's3',
      cache: this.#signingKeys,
      datetime: new Date(this.#deps.clock.now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
    });
  }

  #base(): string {
    const [fault] = faultsOf(this.#place);
    if (fault) throw unavailable(`${fault} is missing or is none`);
    return bucketAddress(this.#place);
  }

  /** A try, and one more where the storage was busy or the connection broke; silence is not tried again. */
  async #ask(method: 'HEAD' | 'DELETE', object: AssetObject): Promise<StorageAnswer> {
    const request = await this.#signed(method, objectAddress(this.#base(), object.name));
    const first = await this.#once(request).catch((error: unknown) => {
      if (error instanceof ForbiddenAddress || isSilence(error)) throw unavailable(error);
    });
    if (first && first.status < 500 && first.status !== 429) return first;
    await this.#deps.clock.pause(PAUSE_MS);
    return this.#once(request).catch((error) => {
      throw unavailable(error);
    });
  }

  #once(request: StorageRequest): Promise<StorageAnswer> {
    return guardedRequest(request, this.#deps, ANSWER_MS);
  }
}

function stored({ headers }: StorageAnswer): StoredObject {
  const { 'content-type': contentType = '', 'content-length': size = '', etag = '' } = headers;
  if (!/^\d+$/.test(size)) throw unavailable('HEAD told no size');
  return { contentType, size: Number(size), etag: etag.replaceAll('"', '') };
}

function isSilence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ETIMEDOUT';
}

/** `cause`: without anything of the signature, for it goes to the log. */
function unavailable(cause: unknown): HostError {
  return new HostError('service_unavailable', { cause });
}
