import type { AssetObject, StoragePlace } from '../../model/asset.ts';

/**
 * What may be written: the main object with its type and size, both bound into the address; or a cut, of
 * which neither is known beforehand.
 */
export type WriteWish = { object: AssetObject; end: number } & (
  | { contentType: string; size: number }
  | { contentType?: undefined; size?: undefined }
);

/** An address, and the headers that have to go with it. */
export interface WriteAddress {
  url: string;
  headers: Record<string, string>;
}

/** What lies in the storage; `etag` without quotes. */
export interface StoredObject {
  contentType: string;
  size: number;
  etag: string;
}

/** Steps of trying a storage, in their order. */
export type StorageStepName = 'dns' | 'tcp' | 'tls' | 'auth' | 'put' | 'head' | 'get' | 'delete';

/** A step that was done. `seen`: a fact for the operator, without any secret. */
export interface StorageStep {
  step: StorageStepName;
  ok: boolean | 'unknown';
  ms: number;
  seen: string;
  /** With `ok: false`: one sentence on what to do. */
  repair?: string;
}

/** Where objects lie. Times are epoch milliseconds. */
export interface AssetStorage {
  /** Where one object may be written until `end`. */
  writeAddress(wish: WriteWish): Promise<WriteAddress>;
  /** Where an object is read until `end`; without one the plain address of a public object. */
  readAddress(object: AssetObject, end: number | undefined): Promise<string>;
  /** What is there. Rejects with `service_unavailable` when the storage does not answer. */
  head(object: AssetObject): Promise<StoredObject | undefined>;
  /** What is not there is removed. Rejects when the storage does not answer or refuses; can be repeated. */
  remove(objects: readonly AssetObject[]): Promise<void>;
  /** Goes the way of an object there and back; those that were not reached are left out. */
  test(): Promise<StorageStep[]>;
}

/** The storages of the host. */
export interface AssetStorages {
  /** The storage at that place. */
  at(place: StoragePlace): Promise<AssetStorage>;
  /**
   * Whether a storage may be asked at this address, by what its name resolves to now. A name that nobody
   * knows may stand in the settings: it is judged again whenever it is asked.
   */
  mayAsk(endpoint: string): Promise<boolean>;
}
