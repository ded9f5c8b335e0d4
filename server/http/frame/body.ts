import type { IncomingMessage } from 'node:http';
import getRawBody from 'raw-body';
import { type ErrorName, HostError } from '../../model/errors.ts';
import { parseJsonText } from '../../tools/json-text.ts';
import { decodeForm } from './form.ts';
import type { RawInput } from './input.ts';

/** 100 kB (contract §2.2). */
const BODY_LIMIT = 102_400;
const BODY_TIME_MS = 30_000;
/**
 * A body that is too large is read up to here and thrown away, so that the client gets to read the answer.
 */
const DISCARD_LIMIT = 4 * 1024 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true });
const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

/**
 * Reads a JSON or form body; either encoding works on every POST (contract §2.2). Throws `body_too_large`,
 * `unsupported_media_type` and `malformed_request`.
 */
export async function readBody(request: IncomingMessage, names: ReadonlySet<string>): Promise<RawInput> {
  const type = declaredType(request);
  const text = decodeUtf8(await receive(request));
  if ((type ?? guessType(text)) === FORM) return decodeForm(text, names);
  if (text === '') return { values: {}, repeated: undefined };
  const parsed = parseJsonText(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw unreadable('malformed_request');
  }
  return { values: parsed as Record<string, unknown>, repeated: undefined };
}

/** A body that cannot be read, whatever the reason, is none in JSON. */
function unreadable(error: ErrorName): HostError {
  return new HostError(error, { because: { reason: 'not_json' } });
}

function declaredType(request: IncomingMessage): string | undefined {
  const { 'content-type': header, 'content-encoding': encoding } = request.headers;
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw unreadable('unsupported_media_type');
  }
  if (!header) return undefined;
  // The two spellings shipped clients use, without further ado.
  if (header === JSON_TYPE || header === FORM) return header;
  const [type = '', ...parameters] = header
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice(8);
  if (charset && !['utf-8', 'utf8', '"utf-8"', 'us-ascii'].includes(charset)) {
    throw unreadable('unsupported_media_type');
  }
  if (type !== JSON_TYPE && type !== FORM) throw unreadable('unsupported_media_type');
  return type;
}

function guessType(text: string): string {
  return /^\s*[{[]/.test(text) ? JSON_TYPE : FORM;
}

/** The bytes of a body. Throws `body_too_large` beyond 100 kB, and `malformed_request`. */
export async function receive(request: IncomingMessage): Promise<Buffer> {
  const slow = setTimeout(() => request.destroy(), BODY_TIME_MS);
  try {
    return await getRawBody(request, { length: request.headers['content-length'], limit: BODY_LIMIT });
  } catch (error) {
    if (isTooLarge(error)) {
      await discard(request);
      throw new HostError('body_too_large', { because: { reason: 'too_long' } });
    }
    throw unreadable('malformed_request');
  } finally {
    clearTimeout(slow);
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type === 'entity.too.large';
}

/** Reads what is left of a body and throws it away, up to a limit. */
export function discard(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = DISCARD_LIMIT;
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) resolve();
    });
    request.once('close', resolve);
    request.once('end', resolve);
    request.resume();
  });
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw unreadable('malformed_request');
  }
}
