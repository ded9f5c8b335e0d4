import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';

/** Records by name; a name that is not there does not exist. */
export interface Zone {
  [name: string]: {
    A?: string[];
    AAAA?: string[];
    MX?: [priority: number, exchange: string][];
    TXT?: string[];
    NS?: string[];
  };
}
type RecordType = keyof Zone[string];

export interface DnsServer {
  /** `address:port`, as a resolver is told. */
  readonly address: string;
  /** `TXT example.com`. */
  readonly asked: string[];
  /** `silent`: no answer at all; `failing`: SERVFAIL. */
  mood: 'fine' | 'silent' | 'failing';
  zone: Zone;
  stop(): Promise<void>;
}

const TYPES: Readonly<Record<number, RecordType>> = { 1: 'A', 2: 'NS', 15: 'MX', 16: 'TXT', 28: 'AAAA' };

/** A small name server (RFC 1035) over UDP on a free port of the loopback address. */
export async function startDnsServer(zone: Zone = {}): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const server: DnsServer = {
    address: '',
    asked: [],
    mood: 'fine',
    zone,
    async stop() {
      socket.close();
      await once(socket, 'close');
    },
  };
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    const { name, type, end } = question(query);
    server.asked.push(`${TYPES[type] ?? type} ${name}`);
    if (server.mood !== 'silent')
      socket.send(reply(query, { name, type, end }, server), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return Object.assign(server, { address: `127.0.0.1:${socket.address().port}` });
}

function question(query: Buffer): { name: string; type: number; end: number } {
  const words: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    words.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: words.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function reply(
  query: Buffer,
  { name, type, end }: { name: string; type: number; end: number },
  { zone, mood }: DnsServer,
): Buffer {
  const found = zone[name];
  const kind = TYPES[type];
  const answers = mood === 'failing' || !found || !kind ? [] : dataOf(kind, found);
  const header = Buffer.from(query.subarray(0, 12));
  // An answer, recursion available; 2 = SERVFAIL, 3 = NXDOMAIN.
  header.writeUInt16BE(0x8580 | (mood === 'failing' ? 2 : found ? 0 : 3), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  header.writeUInt32BE(0, 8);
  const records = answers.flatMap((data) => {
    const head = Buffer.alloc(12);
    head.writeUInt16BE(0xc00c, 0);
    head.writeUInt16BE(type, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt32BE(60, 6);
    head.writeUInt16BE(data.length, 10);
    return [head, data];
  });
  return Buffer.concat([header, query.subarray(12, end), ...records]);
}

function dataOf(type: RecordType, found: Zone[string]): Buffer[] {
  switch (type) {
    case 'A':
      return (found.A ?? []).map((address) => Buffer.from(address.split('.').map(Number)));
    case 'AAAA':
      return (found.AAAA ?? []).map((address) => Buffer.from(address.replaceAll(':', ''), 'hex'));
    case 'NS':
      return (found.NS ?? []).map(encodedName);
    case 'MX':
      return (found.MX ?? []).map(([priority, exchange]) =>
        Buffer.concat([Buffer.from([0, priority]), encodedName(exchange)]),
      );
    case 'TXT':
      return (found.TXT ?? []).map(encodedText);
  }
}

function encodedName(name: string): Buffer {
  const words = name.split('.').filter(Boolean);
  return Buffer.concat([
    ...words.map((word) => Buffer.concat([Buffer.from([word.length]), Buffer.from(word)])),
    Buffer.from([0]),
  ]);
}

/** In strings of at most 255 bytes. */
function encodedText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const parts = Array.from({ length: Math.ceil(bytes.length / 255) || 1 }, (_, index) =>
    bytes.subarray(index * 255, (index + 1) * 255),
  );
  return Buffer.concat(parts.flatMap((part) => [Buffer.from([part.length]), part]));
}
