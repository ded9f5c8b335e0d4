import { device } from './device.ts';
import type { AssetSource } from './types.ts';

/** What a storage answered. */
export interface Answer {
  status: number;
  header(name: string): string | null;
  text: string;
}

export interface Asked {
  fetch: typeof fetch;
  method: 'PUT' | 'HEAD';
  url: string;
  headers?: Record<string, string>;
  body?: AssetSource;
  signal?: AbortSignal | undefined;
  /** Bytes of the body that have left. */
  onSent?: (bytes: number) => void;
}

/** A host gives up a connection on which nothing moves for as long. */
const STALL_MS = 60_000;

/**
 * One request to a storage. Rejects where no answer came, where nothing moved for a minute, and with the
 * reason of the signal. By XMLHttpRequest where that exists: nothing else tells how much has left.
 */
export async function request({ signal, onSent, ...asked }: Asked): Promise<Answer> {
  const controller = new AbortController();
  const stop = () => controller.abort(signal?.reason);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const moved = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(new Error('nothing moves')), STALL_MS);
  };
  signal?.addEventListener('abort', stop);
  try {
    signal?.throwIfAborted();
    moved();
    const send = asked.body && device.XMLHttpRequest ? byXhr : byFetch;
    return await send(asked, controller.signal, (bytes) => {
      moved();
      onSent?.(bytes);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

type Plain = Omit<Asked, 'signal' | 'onSent'>;

function byXhr({ method, url, headers = {}, body }: Plain, signal: AbortSignal, sent: (n: number) => void) {
  return new Promise<Answer>((resolve, reject) => {
    const xhr = new (device.XMLHttpRequest as NonNullable<typeof device.XMLHttpRequest>)();
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded }) => sent(loaded);
    xhr.onload = () =>
      resolve({
        status: xhr.status,
        header: (name) => xhr.getResponseHeader(name),
        text: xhr.responseText,
      });
    xhr.onerror = () => reject(new Error('the connection broke off'));
    signal.addEventListener(
      'abort',
      () => {
        xhr.abort();
        reject(signal.reason);
      },
      { once: true },
    );
    xhr.send(body);
  });
}

async function byFetch(
  { fetch, method, url, headers = {}, body }: Plain,
  signal: AbortSignal,
  sent: (n: number) => void,
): Promise<Answer> {
  const file = body as Blob | undefined;
  const counts = file && device.process?.versions?.node;
  const init = {
    method,
    // A stream says nothing of its length, and storages want to know it.
    headers: counts ? { ...headers, 'content-length': String(file.size) } : headers,
    body: counts ? counted(file, sent) : file,
    signal,
    duplex: 'half',
    credentials: 'omit',
  } as RequestInit;
  const response = await fetch(url, init);
  const text = method === 'HEAD' ? '' : await response.text();
  if (file) sent(file.size);
  return { status: response.status, header: (name) => response.headers.get(name), text };
}

/** The bytes of a file, counted as they are taken. */
function counted(file: Blob, sent: (bytes: number) => void): ReadableStream<Uint8Array> {
  let bytes = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      sent(bytes);
      controller.enqueue(chunk);
    },
  });
  return (file.stream() as ReadableStream<Uint8Array>).pipeThrough(count);
}
