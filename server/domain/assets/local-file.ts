import {
  type Asset,
  type AssetPart,
  CUT_MAX_BYTES,
  CUT_TYPES,
  fileNameOf,
  type KeptPart,
  plainType,
} from '../../model/asset.ts';
import { HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { listAgain } from './kept-parts.ts';
import { objectOf } from './shown-asset.ts';
import { refusedAsset } from './upload.ts';

type FileDeps = Pick<Deps, 'store' | 'clock' | 'localAssets'>;

/** An address of a local file, as somebody came with it. */
export interface FileAddress {
  appId: string;
  assetId: string;
  file: string;
  /** 0 = none. */
  end: number;
  signature: string;
}

/** A file that may be read. */
export interface ReadableFile {
  asset: Asset;
  part: AssetPart;
  kept: KeptPart;
  /** Until when; undefined = public. */
  end: number | undefined;
  /** Undefined when the file is not what was taken over any more. */
  open(range: { start: number; end: number }): Promise<NodeJS.ReadableStream | undefined>;
}

/**
 * The file behind a read address. Throws `not_found` for whatever is no such address, has ended, or belongs
 * to somebody who is suspended or an app that is not active.
 */
export async function readableFile(deps: FileDeps, address: FileAddress): Promise<ReadableFile> {
  const { asset, part } = await fileAt(deps, address);
  const kept = asset.parts[part];
  if (!kept || (asset.status !== 'active' && asset.status !== 'changed')) throw unknown();
  const isPublic = asset.expirationHours === 0;
  if (!isPublic) requireSigned(deps, { use: 'read', object: objectOf(asset, part) }, address);
  return {
    asset,
    part,
    kept,
    end: isPublic ? undefined : address.end,
    open: (range) => deps.localAssets.read(objectOf(asset, part), kept, range),
  };
}

/** Bytes of an upload that broke off. Throws `not_found` as `receiveFile` does. */
export async function uploadOffset(deps: FileDeps, address: FileAddress): Promise<number> {
  const { asset, part } = await writableAt(deps, address);
  return deps.localAssets.received(objectOf(asset, part));
}

/** What somebody says about the bytes they send. */
export interface SentBytes {
  contentType: string;
  /** Of this body, where it is known. */
  length: number | undefined;
  /** Of `Content-Range`: where the body begins, and the size of the whole, where it is said. */
  range: { from: number; to: number; total: number | undefined } | undefined;
  bytes: AsyncIterable<Uint8Array>;
}

/**
 * Takes bytes for a write address; answers the ETag of the whole, or how many bytes are there so far.
 * Throws `not_found` for whatever is no such address, has ended or was used already; `invalid_data` with
 * `type_not_allowed`, `too_large` or `unknown_value`; and `service_unavailable` when the disk is nearly full,
 * or too many write the same file at once.
 */
export async function receiveFile(
  deps: FileDeps,
  address: FileAddress,
  sent: SentBytes,
): Promise<{ etag: string } | { received: number }> {
  const { asset, part } = await writableAt(deps, address);
  const object = objectOf(asset, part);
  const contentType = plainType(sent.contentType);
  const isMain = part === 'main';
  const allowed = isMain ? contentType === asset.contentType : CUT_TYPES.includes(contentType);
  if (!allowed) throw refusedAsset('type_not_allowed', 'Content-Type');
  const most = isMain ? asset.size : CUT_MAX_BYTES;
  const { length, range } = sent;
  const field = range ? 'Content-Range' : 'Content-Length';
  const total = range ? range.total : length;
  const last = range ? range.to + 1 : (length ?? 0);
  const size = isMain ? asset.size : total;
  if (last > most || (total ?? 0) > most) throw refusedAsset('too_large', field);
  const from = range?.from ?? 0;
  const isWhole = total === undefined || total === size;
  const isStretch = length === undefined || length === last - from;
  if (!isWhole || !isStretch || !(from < last || !range)) throw refusedAsset('unknown_value', field);
  const outcome = await deps.localAssets.receive(object, {
    from,
    contentType,
    size,
    most,
    bytes: sent.bytes,
    state: () => stateOf(deps, asset),
  });
  switch (outcome) {
    case 'whole':
      await listAgain(deps, deps.localAssets, asset);
      return { etag: (await deps.localAssets.head(object))?.etag ?? '' };
    case 'partial':
      return { received: await deps.localAssets.received(object) };
    case 'too_large':
      throw refusedAsset('too_large', 'Content-Length');
    case 'elsewhere':
      throw refusedAsset('unknown_value', 'Content-Range');
    case 'closed':
      throw unknown();
    case 'busy':
      throw new HostError('service_unavailable', { retryAfterSeconds: 5 });
    case 'no_room':
      throw new HostError('service_unavailable', { retryAfterSeconds: 60 });
  }
}

async function stateOf({ store }: FileDeps, { appId, id }: Asset): Promise<'open' | 'taken' | 'gone'> {
  const status = (await store.assets.find(appId, id))?.status ?? 'removing';
  if (status === 'reserved') return 'open';
  return status === 'removing' ? 'gone' : 'taken';
}

async function writableAt(deps: FileDeps, address: FileAddress): Promise<{ asset: Asset; part: AssetPart }> {
  const found = await fileAt(deps, address);
  const { asset, part } = found;
  if (asset.status !== 'reserved') throw unknown();
  const { contentType, size } = asset;
  const bound = part === 'main' ? { contentType, size } : {};
  requireSigned(deps, { use: 'write', object: objectOf(asset, part), ...bound }, address);
  return found;
}

async function fileAt(deps: FileDeps, address: FileAddress): Promise<{ asset: Asset; part: AssetPart }> {
  const { appId, assetId, file } = address;
  const app = await deps.store.apps.find(appId);
  if (app?.status !== 'active' || app.assetStorage === 'off') throw unknown();
  const asset = await deps.store.assets.find(appId, assetId);
  if (asset?.storage !== 'local') throw unknown();
  const named = Object.entries(asset.names) as [AssetPart, string][];
  const part = named.find(([, name]) => fileNameOf(name) === file)?.[0];
  const user = part && (await deps.store.users.find(appId, asset.userId));
  if (!part || user?.status !== 'active') throw unknown();
  return { asset, part };
}

function requireSigned(
  { clock, localAssets }: FileDeps,
  claim: Omit<Parameters<Deps['localAssets']['isSigned']>[0], 'end'>,
  { end, signature }: FileAddress,
): void {
  if (end <= clock.now() || !localAssets.isSigned({ ...claim, end }, signature)) throw unknown();
}

/** One refusal for all: nothing tells a stranger what is there. */
function unknown(): HostError {
  return new HostError('not_found');
}
