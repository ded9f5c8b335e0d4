import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ForeignFileError } from '../../ports/foreign-files.ts';

/** A larger text would be old to V8 from its first moment, and stay for long. */
const CHUNK = 32 * 1024;
const BYTE_ORDER_MARK = 0xfeff;

/** The first bytes of a file. Throws `ForeignFileError` when it is not there. */
export async function beginning(path: string, bytes: number): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    throw new ForeignFileError('file_gone');
  }
}

/**
 * The text of a file piece by piece, unpacked where it was packed, without its byte order mark. Throws
 * `ForeignFileError` for what is no UTF-8 and for more than `maxBytes`, whatever a packed file says of
 * itself.
 */
export async function* textOf(
  path: string,
  { maxBytes, gone }: { maxBytes: number; gone?: AbortSignal },
): AsyncGenerator<string> {
  const [first, second] = await beginning(path, 2);
  const isPacked = first === 0x1f && second === 0x8b;
  const file = createReadStream(path, { highWaterMark: CHUNK });
  const bytes: Readable = isPacked ? file.pipe(createGunzip({ chunkSize: CHUNK })) : file;
  file.on('error', (error) => bytes.destroy(error));
  const leave = () => file.destroy(new Error('gone'));
  gone?.addEventListener('abort', leave);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let read = 0;
  let isFirst = true;
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      read += chunk.length;
      if (read > maxBytes) throw new ForeignFileError('too_large');
      // Of UTF-16 every other byte is none.
      if (chunk.includes(0)) throw new ForeignFileError('not_utf8');
      const text = decoded(decoder, chunk);
      yield isFirst && text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
      if (text !== '') isFirst = false;
    }
    decoded(decoder);
  } catch (error) {
    if (error instanceof ForeignFileError) throw error;
    throw new ForeignFileError(isPacked && !gone?.aborted ? 'broken_gzip' : 'file_gone');
  } finally {
    gone?.removeEventListener('abort', leave);
    file.destroy();
    bytes.destroy();
  }
}

function decoded(decoder: TextDecoder, chunk?: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new ForeignFileError('not_utf8');
  }
}
