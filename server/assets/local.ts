import { timingSafeEqual } from 'node:crypto';
import { close, createReadStream, fstat, open, type Stats } from 'node:fs';
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type AssetObject, CUT_TYPES, fileNameOf } from '../model/asset.ts';
import type { StoredObject } from '../ports/assets/asset-storage.ts';
import type { AddressClaim, LocalAssets } from '../ports/assets/local-assets.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import { Uploads } from './uploads.ts';

const PIECE_BYTES = 128 * 1024;
const openFile = promisify<string, string, number>(open);
const statFile = promisify<number, Stats>(fstat);
const closeFile = promisify(close);

/**
 * Files in `<dataDir>/assets/<appId>/<userId>/`, named by the asset alone: what a user called a file never
 * becomes a path. `baseUrl`: the host's public address, asked for each time.
 */
export function createLocalAssets({
  dataDir,
  baseUrl,
  lookups,
  newId,
}: {
  dataDir: string;
  baseUrl: () => string;
  lookups: Lookups;
  newId: () => string;
}): LocalAssets {
  const root = join(dataDir, 'assets');
  const uploads = new Uploads(join(root, 'uploading'), newId);
  const folderOf = ({ appId, userId }: AssetObject) => join(root, appId, userId);
  const sign = ({ use, object, end, contentType, size }: AddressClaim) => {
    const { appId, assetId, userId, part, name } = object;
    const bound = [use, appId, assetId, userId, part, name, end, contentType ?? '', size ?? ''];
    return lookups.key('host', 'assetAddress', JSON.stringify(bound));
  };
  const plainAddress = ({ appId, assetId, name }: AssetObject) =>
    `${baseUrl()}/assets/${appId}/${assetId}/${encodeURIComponent(fileNameOf(name))}`;

  return {
    async writeAddress({ object, end, contentType, size }) {
      const signature = sign({ use: 'write', object, end, contentType, size });
      const url = `${plainAddress(object)}?use=write&end=${end}&signature=${signature}`;
      const headers: Record<string, string> =
        contentType === undefined ? {} : { 'Content-Type': contentType };
      return { url, headers };
    },
    async readAddress(object, end) {
      if (end === undefined) return plainAddress(object);
      return `${plainAddress(object)}?end=${end}&signature=${sign({ use: 'read', object, end })}`;
    },
    isSigned(claim, signature) {
      const right = Buffer.from(sign(claim));
      const given = Buffer.from(signature);
      return right.length === given.length && timingSafeEqual(right, given);
    },
    async head(object) {
      const found = await Promise.all(
        namesOf(object).map(({ name, contentType }) => described(join(folderOf(object), name), contentType)),
      );
      // Of several uploads of a cut the last one counts.
      return found.filter((each) => each !== undefined).sort((one, other) => other.at - one.at)[0]?.stored;
    },
    async remove(objects) {
      for (const object of objects) {
        await uploads.forget(uploadName(object));
        for (const { name } of namesOf(object)) await rm(join(folderOf(object), name), { force: true });
        await removeEmpty(folderOf(object));
        await removeEmpty(dirname(folderOf(object)));
      }
    },
    async test() {
      return uploads.test();
    },
    received: (object) => uploads.received(uploadName(object)),
    async receive(object, arrival) {
      await mkdir(folderOf(object), { recursive: true, mode: 0o700 });
      const target = join(folderOf(object), nameOf(object, arrival.contentType));
      return uploads.receive(uploadName(object), target, arrival);
    },
    async read(object, { contentType, size }, range) {
      const path = join(folderOf(object), nameOf(object, contentType));
      const fd = await openFile(path, 'r').catch(absent);
      if (fd === undefined) return undefined;
      const found = await statFile(fd);
      // Larger pieces than usual: with a `FileHandle`, or in pieces of 64 KiB, it takes twice the time.
      if (found.size === size) return createReadStream(path, { fd, ...range, highWaterMark: PIECE_BYTES });
      await closeFile(fd);
      return undefined;
    },
    sweep: (now) => uploads.sweep(now),
  };
}

/** A cut's type shows in its name, for nobody knows it beforehand. */
function nameOf({ assetId, part }: AssetObject, contentType: string): string {
  return part === 'main' ? assetId : `${assetId}-${part}.${contentType.replace('image/', '')}`;
}

function namesOf(object: AssetObject): { name: string; contentType: string }[] {
  if (object.part === 'main') return [{ name: object.assetId, contentType: '' }];
  return CUT_TYPES.map((contentType) => ({ name: nameOf(object, contentType), contentType }));
}

function uploadName({ assetId, part }: AssetObject): string {
  return `${assetId}-${part}`;
}

async function described(
  path: string,
  contentType: string,
): Promise<{ stored: StoredObject; at: number } | undefined> {
  const found = await stat(path).catch(absent);
  if (!found) return undefined;
  const etag = `${found.ino.toString(16)}-${found.size.toString(16)}-${Math.trunc(found.mtimeMs).toString(16)}`;
  return { stored: { contentType, size: found.size, etag }, at: found.mtimeMs };
}

async function removeEmpty(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).length === 0) await rmdir(folder);
  } catch {
    // Something else is in it by now, or it is gone.
  }
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
