import type { App } from './app.ts';
import { ADDRESS_LENGTH, isWebAddress } from './brand.ts';
import { isLoopback } from './config.ts';

/** Pictures of an asset that devices make: 300, 600 and 900 pixels wide, and the first look of a video. */
export const CUTS = ['small', 'medium', 'large', 'videoPreview'] as const;
export type Cut = (typeof CUTS)[number];
/** The object that an asset is, or one of its cuts. */
export type AssetPart = 'main' | Cut;

export const MB = 1_048_576;
/** A cut is a picture of one of these types, and no larger. */
export const CUT_TYPES: readonly string[] = ['image/jpeg', 'image/png', 'image/webp'];
export const CUT_MAX_BYTES = 2 * MB;
/** So long may be uploaded after `init`. */
export const WRITE_MS = 60 * 60 * 1000;
export const EXPIRATION_HOURS = { initial: 24, max: 8760 } as const;

/** The settings of an app that say where its users' files go, and what may go there. */
export type AssetSettings = Pick<
  App,
  | 'assetStorage'
  | 'assetBucket'
  | 'assetRegion'
  | 'assetEndpoint'
  | 'assetKeyId'
  | 'assetSecret'
  | 'assetPublicBase'
  | 'assetMaxMb'
  | 'assetQuotaMb'
  | 'assetTypes'
>;
export const INITIAL_ASSET_SETTINGS = {
  assetStorage: 'off',
  assetMaxMb: 25,
  assetQuotaMb: 0,
  assetTypes: 'image/*,video/*,application/pdf',
} as const satisfies AssetSettings;

/** Where objects lie, with what it takes to get there; `assetSecret` is sealed wherever it is kept. */
export type StoragePlace = { kind: 'local' } | S3Place;
export interface S3Place {
  kind: 's3';
  bucket: string;
  region: string;
  /** An https address, or an http one of this machine; absent: AWS. */
  endpoint: string | undefined;
  keyId: string;
  secret: string;
  /** What public objects are read below. */
  publicBase: string | undefined;
}

/** Where an app's objects of that kind lie by its settings as they are. */
export function placeOf(app: AssetSettings, kind: StoragePlace['kind']): StoragePlace {
  if (kind === 'local') return { kind };
  return {
    kind,
    bucket: app.assetBucket ?? '',
    region: app.assetRegion || 'us-east-1',
    endpoint: app.assetEndpoint || undefined,
    keyId: app.assetKeyId ?? '',
    secret: app.assetSecret ?? '',
    publicBase: app.assetPublicBase || undefined,
  };
}

/** One object in a storage. */
export interface AssetObject {
  appId: string;
  /** 32 hex digits. */
  assetId: string;
  userId: string;
  part: AssetPart;
  /** Its key in a bucket, and its path as users see it: `<userId>/<cleaned path>-<contentId>….<ext>`. */
  name: string;
}

/** What an object turned out to be when its asset was made. */
export interface KeptPart {
  name: string;
  contentType: string;
  size: number;
  etag: string;
}

/**
 * A file of a user. `reserved`: something may be uploaded; `active`: it is there; `changed`: what lies in the
 * storage is no longer what was taken over; `removing`: it is gone for everybody, and its objects are on
 * their way out.
 */
export interface Asset {
  /** The `contentId`: 32 hex digits. */
  id: string;
  appId: string;
  revision: number;
  userId: string;
  status: 'reserved' | 'active' | 'changed' | 'removing';
  storage: StoragePlace['kind'];
  path: string;
  contentType: string;
  /** Of the main object, as `init` announced it. */
  size: number;
  /** Bytes that count against the quota: what is reserved, then what is there. */
  storageSize: number;
  /** Names of the parts that may be uploaded. */
  names: Partial<Record<AssetPart, string>>;
  /** Parts that are there. */
  parts: Partial<Record<AssetPart, KeptPart>>;
  /** Hours that a read address lives; 0 = public. */
  expirationHours: number;
  access: 'private' | 'app';
  caption?: string;
  extra?: Record<string, unknown>;
  xRes?: number;
  yRes?: number;
  duration?: number;
  color?: string;
  /** Until when objects may be written. */
  writableUntil: number;
  createdAt: number;
  updatedAt: number;
  /** When the storage was last asked whether the objects are those that were taken over. */
  comparedAt?: number;
  /** Of a reservation: when it is swept; of what is being removed: when that is tried again. */
  dueAt?: number;
  /** Of what is being removed: where it lies, for its app may be gone. Sealed at rest. */
  place?: StoragePlace;
  /** Of what is being removed. */
  tries?: number;
}

/** A media type without parameters, in lower case. */
export function plainType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}

const TYPE = /^[a-z\d][a-z\d!#$&^_.+-]{0,126}\/[a-z\d][a-z\d!#$&^_.+-]{0,126}$/;
const PATTERN = /^(?:\*\/\*|[a-z\d][a-z\d!#$&^_.+-]{0,126}\/(?:\*|[a-z\d][a-z\d!#$&^_.+-]{0,126}))$/;

/** Whether a text is a media type as it is kept. */
export function isMediaType(text: string): boolean {
  return TYPE.test(text);
}

/** Whether a text is a comma-separated list of media types, where `*` stands for any. */
export function isTypeList(text: string): boolean {
  return patternsOf(text).length > 0 && patternsOf(text).every((pattern) => PATTERN.test(pattern));
}

/** Whether a media type is on such a list. */
export function isOnTypeList(list: string, contentType: string): boolean {
  const [group] = contentType.split('/');
  return patternsOf(list).some(
    (pattern) => pattern === contentType || pattern === '*/*' || pattern === `${group}/*`,
  );
}

function patternsOf(list: string): string[] {
  return list
    .toLowerCase()
    .split(',')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '');
}

/** Whether a text is an address that a storage may have: https, or http on this machine. */
export function isStorageEndpoint(text: string): boolean {
  if (isWebAddress(text)) return true;
  if (text.length > ADDRESS_LENGTH) return false;
  const url = URL.parse(text);
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return url?.protocol === 'http:' && isPlain && isLoopback(url.hostname);
}

/** The last name of a path: how an address names an object. */
export function fileNameOf(objectName: string): string {
  return objectName.slice(objectName.lastIndexOf('/') + 1);
}
