import { z } from 'zod';
import {
  type FileAddress,
  type ReadableFile,
  readableFile,
  receiveFile,
  uploadOffset,
} from '../../../domain/assets/local-file.ts';
import { fileNameOf } from '../../../model/asset.ts';
import { HostError } from '../../../model/errors.ts';
import type { Deps } from '../../../ports/deps.ts';
import { attachment } from '../../../tools/attachment.ts';
import { type ByteRequest, bytesOf, FileReply, openRoute } from '../../route.ts';
import { contentRangeOf, rangeOf } from '../../wire/byte-range.ts';

const text = z.string().max(512);
const input = z.object({
  appId: text,
  assetId: text,
  file: text,
  use: text.optional(),
  end: text.optional(),
  signature: text.optional(),
});
/** Whatever is wrong with an address, it is none. */
const NONE = { caller: 'not_found', missing: 'not_found', malformed: 'not_found' } as const;
const MINUTE_SECONDS = 60;

function addressOf({ appId, assetId, file, end, signature = '' }: z.infer<typeof input>): FileAddress {
  return { appId, assetId, file, end: Number(end ?? 0), signature };
}

/** Files that the host itself keeps, on addresses that it signed (additions §9). */
export const localFileRoutes = [
  openRoute({
    method: 'GET',
    path: '/assets/:appId/:assetId/:file',
    summary: 'A file of a user, or with HEAD on a write address how far its upload came.',
    input,
    answer: { media: '*/*' },
    errors: ['not_found'],
    form: 'code',
    refuse: NONE,
    bytes: {},
    respond: async ({ deps, input: sent, request }) => {
      const bytes = bytesOf(request);
      if (sent.use === undefined) return download(deps, await readableFile(deps, addressOf(sent)), bytes);
      if (!bytes.isHead) throw new HostError('not_found');
      return written(200, ['Upload-Offset', String(await uploadOffset(deps, addressOf(sent)))]);
    },
  }),
  openRoute({
    method: 'PUT',
    path: '/assets/:appId/:assetId/:file',
    summary: 'Takes a file, whole or with `Content-Range` from where an upload broke off.',
    input,
    answer: { media: '*/*' },
    errors: ['not_found', 'invalid_data'],
    reasons: ['type_not_allowed', 'too_large'],
    form: 'code',
    refuse: NONE,
    bytes: {},
    respond: async ({ deps, input: sent, request }) => {
      const { contentType, length, contentRange, body } = bytesOf(request);
      const range = contentRangeOf(contentRange);
      const address = addressOf(sent);
      const taken = await receiveFile(deps, address, { contentType, length, range, bytes: body });
      if ('received' in taken) return written(202, ['Upload-Offset', String(taken.received)]);
      return written(200, ['ETag', `"${taken.etag}"`]);
    },
  }),
];

function written(status: 200 | 202, headers: readonly string[]): FileReply {
  return new FileReply(undefined, { status, contentType: 'text/plain; charset=utf-8', headers });
}

async function download(
  { clock }: Pick<Deps, 'clock'>,
  file: ReadableFile,
  { range, ifRange, isHead }: ByteRequest,
): Promise<FileReply> {
  const { kept, end } = file;
  const { size, contentType } = kept;
  const etag = `"${kept.etag}"`;
  const seconds = end === undefined ? 5 * MINUTE_SECONDS : Math.floor((end - clock.now()) / 1000);
  const common = {
    contentType,
    etag,
    // Whoever is suspended meanwhile is not read for long.
    cacheControl: `private, max-age=${Math.min(seconds, 5 * MINUTE_SECONDS)}`,
  };
  const headers = ['Accept-Ranges', 'bytes', 'Content-Disposition', attachment(fileNameOf(kept.name))];
  const asked = ifRange === undefined || ifRange === etag ? rangeOf(range, size) : undefined;
  if (asked === 'unsatisfiable') {
    const answer = {
      ...common,
      status: 416,
      headers: [...headers, 'Content-Range', `bytes */${size}`],
    } as const;
    return new FileReply(undefined, answer);
  }
  const { start, end: last } = asked ?? { start: 0, end: size - 1 };
  headers.push('Content-Length', String(last - start + 1));
  if (asked) headers.push('Content-Range', `bytes ${start}-${last}/${size}`);
  const stream = isHead ? undefined : await file.open({ start, end: last });
  if (!isHead && !stream) throw new HostError('not_found');
  return new FileReply(stream, { ...common, status: asked ? 206 : 200, headers });
}
