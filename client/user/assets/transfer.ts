import type { AuthError } from '../error.ts';
import type { AssetParts } from './asset-parts.ts';
import { backoff } from './backoff.ts';
import { type Answer, request } from './request.ts';
import type { AssetSource } from './types.ts';

export interface Transfer {
  /** The write address. */
  url: string;
  headers: Record<string, string>;
  file: AssetSource;
  signal: AbortSignal | undefined;
  /** Bytes that have left, those of earlier tries that arrived included. */
  onSent: (bytes: number) => void;
}

/** Tries in a row that bring nothing further: a host that starts again needs some of them. */
const TRIES = 10;
const TRIES_ANEW = 3;
const PATIENCE_S = 10;

/**
 * Sends a file to its write address. Where that is one of the host, what broke off goes on behind the bytes
 * that arrived; at an address signed for a bucket it begins anew, three times at most. Throws an `AuthError`
 * for what is refused and for what could not be sent, and the reason of the signal.
 */
export async function transfer(parts: AssetParts, { url, headers, file, signal, onSent }: Transfer) {
  const { fetch } = parts;
  const part = file instanceof Blob && !/[?&]X-Amz-Signature=/i.test(url) ? file : undefined;
  const tries = part ? TRIES : TRIES_ANEW;
  let arrived = 0;
  for (let tried = 1; ; tried++) {
    const failed = await attempt();
    if (!failed) return;
    if (signal?.aborted) throw signal.reason;
    if (tried >= tries) throw failed;
    await backoff(tried, signal);
    if (!part) continue;
    const reached = await offset().catch(() => arrived);
    if (reached > arrived) tried = 0;
    arrived = reached;
  }

  /** Why another try makes sense; nothing when all has arrived. */
  async function attempt(): Promise<Error | undefined> {
    if (arrived === file.size) return;
    onSent(arrived);
    const rest = arrived > 0 && part;
    const range = { 'content-range': `bytes ${arrived}-${file.size - 1}/${file.size}` };
    try {
      const answer = await request({
        fetch,
        method: 'PUT',
        url,
        headers: rest ? { ...headers, ...range } : headers,
        body: rest ? rest.slice(arrived) : file,
        signal,
        onSent: (bytes) => onSent(arrived + bytes),
      });
      if (isGood(answer)) return;
      const error = refused(parts, answer);
      if (!isPassing(answer, error)) throw error;
      return error;
    } catch (cause) {
      const { AuthError } = parts.errors;
      if (cause instanceof AuthError) throw cause;
      return new AuthError('network', 'the upload broke off', { cause });
    }
  }

  async function offset(): Promise<number> {
    const answer = await request({ fetch, method: 'HEAD', url, signal });
    return isGood(answer) ? Number(answer.header('upload-offset')) || 0 : 0;
  }
}

/** 202: the host waits for the rest. */
const isGood = ({ status }: Answer) => status >= 200 && status < 300 && status !== 202;

/** Not who asks for more patience than anybody has. `Content-Range`: more has arrived than was thought. */
function isPassing({ status }: Answer, { field, retryAfter = 0 }: AuthError): boolean {
  if (retryAfter > PATIENCE_S) return false;
  return status >= 500 || status === 202 || status === 408 || status === 429 || field === 'Content-Range';
}

/** A host answers JSON, a bucket XML; both say 404 or 403 of a write address that has ended. */
function refused({ errors }: AssetParts, { status, header, text }: Answer): AuthError {
  const headers = new Headers();
  for (const name of ['x-request-id', 'retry-after']) {
    const value = header(name);
    if (value) headers.set(name, value);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {}
  const told = errors.refusal(status, headers, body);
  if (told.code !== 'bad_response' && status !== 404) return told;
  const word = /<Code>(\w+)<\/Code>/.exec(text)?.[1];
  const message = `the write address does not work, or not any more: HTTP ${status} ${word ?? ''}`;
  const { requestId } = told;
  return new errors.AuthError('invalid_data', message, { reason: 'not_uploaded', requestId });
}
