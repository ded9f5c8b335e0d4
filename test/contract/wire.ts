import { once } from 'node:events';
import { connect } from 'node:net';

/** An answer read off a socket, byte for byte. */
export interface RawAnswer {
  status: number;
  head: string;
  body: Buffer;
}

/** Sends these bytes over a connection of its own and reads until the host closes it. */
export async function exchange(port: number, bytes: Buffer): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = once(socket, 'close');
  socket.write(bytes);
  await closed;
  const all = Buffer.concat(chunks);
  const end = all.indexOf('\r\n\r\n');
  const head = all.subarray(0, end).toString('latin1');
  const rest = all.subarray(end + 4);
  const body = /transfer-encoding: chunked/i.test(head) ? unchunked(rest) : rest;
  return { status: Number(head.slice('HTTP/1.1 '.length, 12)), head, body };
}

/** A request's bytes: header names and body exactly as given, the length of the body in UTF-8 bytes. */
export function requestBytes(input: {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}): Buffer {
  const { method, path, headers, body } = input;
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  // The clients say keep-alive; closing is how this reader learns of the end.
  const head = [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...lines, ...length, 'Connection: close'];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`);
}

function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (!size) return Buffer.concat(parts);
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
