import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type NetworkFault, networkFault } from '../tools/network-kind.ts';
import { type Guard, partsOf } from './may-ask.ts';

// An import would load all of Node's `fetch`.
const http = process.getBuiltinModule('node:http');

/** Nothing that a storage says of an object is longer. */
const ANSWER_MAX_BYTES = 65_536;

/** The storage was not asked: its address lies where nobody may send this host. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
  readonly fault: NetworkFault;
  constructor(fault: NetworkFault) {
    super(fault);
    this.fault = fault;
  }
}

export interface StorageRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}
export interface StorageAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Throws `ForbiddenAddress` where a machine with these addresses may not be asked. */
function judge(protocol: string, addresses: readonly string[], { privateEndpoints }: Guard): void {
  const fault = networkFault(protocol, addresses, privateEndpoints);
  if (fault) throw new ForbiddenAddress(fault);
}

/**
 * Asks a storage once, in `ms` at most, the answer read to its end. The connection goes to an address that
 * was judged for it, no redirect is followed, and more than 64 KiB is a failure. Rejects with
 * `ForbiddenAddress` or with what Node says; `ETIMEDOUT` is silence.
 */
export async function guardedRequest(
  { method, url, headers, body }: StorageRequest,
  guard: Guard,
  ms: number,
): Promise<StorageAnswer> {
  const { protocol, host } = partsOf(url);
  if (isIP(host)) judge(protocol, [host], guard);
  const { request } = protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method, headers, agent: false, lookup: judgedLookup(protocol, guard) },
      (answer) =>
        read(answer)
          .then(resolve, reject)
          .finally(() => clearTimeout(timer)),
    );
    const timer = setTimeout(() => sent.destroy(withCode('ETIMEDOUT')), ms);
    sent.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });
}

/** Asks the name servers, and refuses where any address of the name is one that may not be asked. */
function judgedLookup(protocol: string, guard: Guard): LookupFunction {
  return (name, { all }, callback) => {
    resolved(protocol, name, guard).then(
      (found) => (all ? callback(null, found) : callback(null, found[0]?.address ?? '', found[0]?.family)),
      (error) => callback(error, []),
    );
  };
}

async function resolved(protocol: string, name: string, guard: Guard) {
  const addresses = await guard.records.host(name);
  if (!addresses?.length) throw withCode('ENOTFOUND');
  judge(protocol, addresses, guard);
  return addresses.map((address) => ({ address, family: isIP(address) }));
}

async function read(answer: IncomingMessage): Promise<StorageAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ANSWER_MAX_BYTES) throw withCode('EMSGSIZE');
    chunks.push(chunk);
  }
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() };
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}
