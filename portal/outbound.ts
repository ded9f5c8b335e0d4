import { lookup } from 'node:dns/promises';
import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { type NetworkFault, networkFault } from '../server/tools/network-kind.ts';

const TIMEOUT_MS = 10_000;
/** What is read whole is never larger; files are passed on as they arrive. */
const ANSWER_MAX_BYTES = 8 * 1024 * 1024;
const FILES = /\/api\/app\/(?:export|exportHost|importRefused)$/;

/** Why a host is not asked, the name of a text. */
export type OutboundFault = 'unknownName' | NetworkFault;

/** Nobody was asked. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly fault: OutboundFault;
  constructor(fault: OutboundFault) {
    super(fault);
    this.fault = fault;
  }
}

/**
 * Where a host may be asked: every address of its name is judged, and the connection goes to the one that
 * was. Throws `OutboundError`.
 */
export async function resolveHost(
  url: URL,
  privateAllowed: boolean,
): Promise<{ address: string; family: number }> {
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const found = isIP(name)
    ? [{ address: name, family: isIP(name) }]
    : await lookup(name, { all: true }).catch(() => []);
  const [first] = found;
  if (!first) throw new OutboundError('unknownName');
  const addresses = found.map(({ address }) => address);
  const fault = networkFault(url.protocol, addresses, privateAllowed);
  if (fault) throw new OutboundError(fault);
  return first;
}

/**
 * A `fetch` for the hosts of the portal: https unless the address is loopback, no private address unless
 * allowed, never a metadata service, no redirects. Each connection is judged anew. An answer has ten seconds
 * and 8 MiB, else reading it fails; a file that is downloaded has ten seconds to begin. A form with files is
 * sent as it is read, for as long as the caller's signal lets it; the ten seconds begin behind it.
 */
export function outboundFetch({
  privateAllowed,
  timeoutMs = TIMEOUT_MS,
}: {
  privateAllowed: boolean;
  timeoutMs?: number;
}): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const { address, family } = await resolveHost(url, privateAllowed);
    const headers = Object.fromEntries(new Headers(init.headers));
    const body = init.body === undefined || init.body === null ? undefined : new Response(init.body);
    const type = body?.headers.get('content-type');
    if (type && headers['content-type'] === undefined) headers['content-type'] = type;
    if (init.body instanceof Blob) headers['content-length'] = String(init.body.size);
    const isFile = FILES.test(url.pathname);
    const isUpload = init.body instanceof Blob;
    const late = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const startTimer = () => {
      const error = new DOMException('the host did not answer in time', 'TimeoutError');
      timer = setTimeout(() => late.abort(error), timeoutMs).unref();
    };
    if (!isUpload) startTimer();
    const signals = [late.signal, ...(init.signal ? [init.signal] : [])];
    const answer = await ask(
      url,
      {
        method: init.method ?? 'GET',
        headers,
        signal: AbortSignal.any(signals),
        // The name was judged: whatever it means by now, this is where the connection goes.
        lookup: (_name, options, callback) =>
          options.all ? callback(null, [{ address, family }]) : callback(null, address, family),
      },
      isUpload && body?.body ? Readable.fromWeb(body.body as never) : await body?.bytes(),
      isUpload ? startTimer : undefined,
    );
    const status = answer.statusCode ?? 502;
    const isDownload = isFile && status === 200;
    if (isDownload) clearTimeout(timer);
    else answer.once('close', () => clearTimeout(timer));
    const told = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    );
    const isEmpty = [204, 205, 304].includes(status);
    const content = Readable.toWeb(answer) as ReadableStream<Uint8Array>;
    return new Response(isEmpty ? null : isDownload ? content : content.pipeThrough(counted()), {
      status,
      headers: told,
    });
  };
}

function counted(): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > ANSWER_MAX_BYTES) throw new RangeError('the answer is too large');
      controller.enqueue(chunk);
    },
  });
}

/** `sent` is called when the whole body is on its way. */
function ask(
  url: URL,
  options: RequestOptions,
  body: Uint8Array | Readable | undefined,
  sent?: () => void,
): Promise<IncomingMessage> {
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const asked = request(url, { ...options, agent: false }, resolve).on('error', reject);
    if (sent) asked.once('finish', sent);
    if (body instanceof Readable) body.once('error', (error) => asked.destroy(error)).pipe(asked);
    else asked.end(body);
  });
}
