import type { AssetParts } from './asset-parts.ts';
import { backoff } from './backoff.ts';
import { canMake, type Looks, measured } from './cuts.ts';
import { device } from './device.ts';
import { transfer } from './transfer.ts';
import type { Asset, AssetCut, AssetSource, UploadOptions } from './types.ts';

interface Begun {
  contentId: string;
  writeUrls: Record<string, string | undefined> & { writeUrl: string };
  headers: Record<string, string>;
}

const ADDRESSES: Readonly<Record<AssetCut, string>> = {
  small: 'writeUrlSmall',
  medium: 'writeUrlMedium',
  large: 'writeUrlLarge',
  videoPreview: 'writeUrlVideoPreview',
};
const TRIES = 8;

/**
 * Looks at the file, asks for write addresses, sends the file and its cuts, and has the asset listed. Throws
 * `AuthError`: `aborted` before it is listed, never after.
 */
export async function upload(parts: AssetParts, file: AssetSource, options: UploadOptions): Promise<Asset> {
  const { keeper, errors } = parts;
  const { caption, extra, expirationHours, onProgress, signal } = options;
  const { contentType = file.type ?? '', path = nameOf(file) } = options;
  if (!(file instanceof Blob) && !device.XMLHttpRequest) {
    throw new TypeError('a file by its address needs XMLHttpRequest');
  }
  const goesOn = () => {
    if (signal?.aborted) {
      throw new errors.AuthError('aborted', 'given up by the caller', { cause: signal.reason });
    }
  };
  goesOn();
  const looking = looksOf(file, contentType, options.cuts);
  const { cuts, ...facts } = await (signal ? Promise.race([looking, aborted(signal)]) : looking);
  goesOn();
  const begun = await keeper.call<Begun>(
    '/asset/init',
    { filePath: path, contentType, size: file.size, expirationHours, cuts: [...cuts.keys()] },
    { signal },
  );
  const { contentId, writeUrls, headers } = begun;
  const jobs = [{ url: writeUrls.writeUrl, file, headers: headersOf(headers, { atLeast: contentType }) }];
  for (const [cut, made] of cuts) {
    const url = writeUrls[ADDRESSES[cut]];
    if (url) jobs.push({ url, file: made, headers: headersOf(headers, { of: made.type ?? '' }) });
  }
  const total = jobs.reduce((sum, job) => sum + job.file.size, 0);
  let done = 0;
  try {
    for (const job of jobs) {
      const onSent = (bytes: number) =>
        onProgress?.({ loaded: done + Math.min(bytes, job.file.size), total });
      await transfer(parts, { ...job, signal, onSent });
      done += job.file.size;
      onSent(0);
    }
    goesOn();
  } catch (error) {
    // The room that was reserved is wanted back; else it would be a day until the host takes it.
    keeper.call('/asset/remove', { ids: [contentId] }).catch(() => {});
    goesOn();
    throw error;
  }
  // Asked twice it answers the same asset, so that a lost answer costs nothing. Nobody ends it half-way.
  for (let tried = 1; ; tried++) {
    try {
      return await keeper.call<Asset>('/asset/create', { contentId, caption, extra, ...facts });
    } catch (error) {
      if (!errors.isPassing(error) || tried === TRIES) throw error;
      await backoff(tried);
    }
  }
}

/** Looking at a film may take a while, and nobody who ends it waits for that. Resolves with nothing seen. */
function aborted(signal: AbortSignal): Promise<Looks> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ cuts: new Map() }), { once: true });
  });
}

async function looksOf(file: AssetSource, contentType: string, wanted: UploadOptions['cuts'] = true) {
  if (typeof wanted === 'object' && !isList(wanted)) {
    const { cuts: _, ...facts } = await measured(file, contentType, []);
    const given = Object.entries(wanted) as [AssetCut, AssetSource | undefined][];
    return { ...facts, cuts: new Map(given.flatMap(([cut, made]) => (made ? [[cut, made] as const] : []))) };
  }
  const cuts = wanted === true ? canMake(contentType) : wanted === false ? [] : wanted;
  return measured(file, contentType, cuts);
}

function isList(cuts: object): cuts is readonly AssetCut[] {
  return Array.isArray(cuts);
}

function nameOf(file: AssetSource): string {
  return (file as { name?: string }).name || 'file';
}

/** What goes with a write. The length is said by whoever sends it: no page may. */
function headersOf(given: Record<string, string>, type: { of?: string; atLeast?: string }) {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = value;
  delete headers['content-length'];
  const contentType = type.of ?? headers['content-type'] ?? type.atLeast ?? '';
  return { ...headers, 'content-type': contentType };
}
