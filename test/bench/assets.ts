/**
 * A file of 1 GB, or of as many MB as the argument says, up and down through a real host on the embedded
 * database: `node test/bench/assets.ts`. Token checks beside it, a killed host in the middle, and the
 * same file through a bucket where TEST_S3_SERVER names a server. Exit code 1 when memory is not flat.
 */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { s3ServerAvailable, startS3Server } from '../support/s3-server.ts';
import { makeDataSet } from './data-set.ts';
import { USUAL_USERS } from './options.ts';
import { type RunningHost, startGenerator, startHost } from './processes.ts';
import { GENERATOR_CORE, HOST_CORE } from './suite.ts';

const MB = 1_048_576;
const SIZE = Number(process.argv[2] ?? 1024) * MB;
const MOST_GROWTH_MB = 30;
const CHECKS_PER_SECOND = 200;
const BESIDE_SECONDS = 10;
const SAMPLE_MS = 50;
/** Every place of the file has bytes of its own. */
const BLOCK = 65_536;

const dataSet = await makeDataSet(USUAL_USERS);
const { facts } = dataSet;
const token = String(facts.accessTokens[0]);
const generator = startGenerator(GENERATOR_CORE);
let host = await startHost(dataSet, { core: HOST_CORE });
try {
  await set({ assetStorage: 'local', assetMaxMb: SIZE / MB, assetTypes: '*/*' });
  await upload();
  const up = await measured(async () => void (await upload()));
  line('upload', up.told);
  const url = await upload();
  await download(url);
  const down = await measured(() => download(url));
  line('download', down.told);
  if (Math.max(up.growth, down.growth) > MOST_GROWTH_MB) process.exitCode = 1;
  const middle = SIZE / 2 - 1000;
  const part = await send('GET', url, { range: `bytes=${middle}-${middle + 99_999}` });
  line('a range of 100,000 bytes in the middle', (await isRight(part, middle)) ? 'right' : 'WRONG');
  await killed();
  await set({ assetStorage: 'local' });
  line('token checks alone', await checksBeside(() => pause(100)));
  const again = await upload();
  const piece = () =>
    send('GET', again, { range: `bytes=0-${32 * MB - 1}` }).then((one) => finished(one.resume()));
  line('token checks beside downloads', await checksBeside(piece));
  line('token checks beside uploads', await checksBeside(() => upload(32 * MB)));
  if (s3ServerAvailable()) await inBucket();
} finally {
  await host.stop();
  await generator.stop();
  dataSet.remove();
}

/** The host dies in the middle of an upload, which then goes on. */
async function killed(): Promise<void> {
  const begun = await init();
  const { port } = new URL(host.url);
  const onSent = (sent: number) => void (sent > SIZE / 2 && process.kill(Number(host.child.pid), 'SIGKILL'));
  await put(begun.writeUrls.writeUrl, begun.headers, { onSent }).catch(() => undefined);
  await host.stop();
  host = await startHost(dataSet, { core: HOST_CORE });
  const address = begun.writeUrls.writeUrl.replace(`:${port}/`, `:${new URL(host.url).port}/`);
  const offset = Number((await send('HEAD', address)).headers['upload-offset']);
  await put(address, begun.headers, { from: offset });
  const made = await call('create', { contentId: begun.contentId });
  const from = Math.max(0, offset - 50_000);
  const part = await send('GET', made.url, { range: `bytes=${from}-${from + 99_999}` });
  const right = made.size === SIZE && (await isRight(part, from));
  line('killed in the middle, gone on', `from ${(offset / MB).toFixed(0)} MB; ${right ? 'right' : 'WRONG'}`);
}

/** The host only signs: what the bytes cost is the storage's. */
async function inBucket(): Promise<void> {
  const server = await startS3Server();
  try {
    const { bucket, region, endpoint, keyId, secret } = server.place;
    const place = { assetBucket: bucket, assetRegion: region, assetEndpoint: endpoint };
    await set({ assetStorage: 's3', ...place, assetKeyId: keyId, assetSecret: secret });
    const before = host.rss();
    let url = '';
    const up = await timed(async () => {
      url = await upload();
    });
    const down = await timed(() => download(url));
    line('in a bucket, up · down', `${(SIZE / MB / up).toFixed(0)} · ${(SIZE / MB / down).toFixed(0)} MB/s`);
    line('memory of the host meanwhile', `${before.toFixed(0)} to ${host.rss().toFixed(0)} MB`);
  } finally {
    await server.stop();
  }
}

/** How fast, at what cost, and how far the memory of the host moved either way meanwhile. */
async function measured(work: () => Promise<void>): Promise<{ told: string; growth: number }> {
  const seen = [host.rss()];
  const sampling = setInterval(() => seen.push(host.rss()), SAMPLE_MS);
  const cpu = host.cpu();
  const seconds = await timed(work);
  clearInterval(sampling);
  const cost = ((host.cpu() - cpu) / SIZE) * 1024 * MB;
  const [least, most] = [Math.min(...seen), Math.max(...seen)];
  const speed = `${(SIZE / MB / seconds).toFixed(0)} MB/s, ${cost.toFixed(2)} s of CPU a GB`;
  return {
    told: `${speed}, memory ${least.toFixed(0)} to ${most.toFixed(0)} MB`,
    growth: (most - least) / 2,
  };
}

/** Token checks at a steady rate, and the work again and again until they are over. */
async function checksBeside(work: () => Promise<unknown>): Promise<string> {
  const job = { url: host.url, traffic: 'getUser', facts, connections: 32 } as const;
  const checks = generator.run([{ ...job, seconds: BESIDE_SECONDS, rate: CHECKS_PER_SECOND }]);
  let isOver = false;
  void checks.then(() => {
    isOver = true;
  });
  while (!isOver) await work();
  const [{ p50, p99 } = { p50: 0, p99: 0 }] = await checks;
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms at ${CHECKS_PER_SECOND} a second`;
}

interface Begun {
  contentId: string;
  writeUrls: { writeUrl: string };
  headers: Record<string, string>;
}
function init(size = SIZE): Promise<Begun> {
  const json = { filePath: 'large.bin', contentType: 'application/octet-stream', size };
  return call('init', json);
}

async function upload(size = SIZE): Promise<string> {
  const begun = await init(size);
  await put(begun.writeUrls.writeUrl, begun.headers, { size });
  return (await call('create', { contentId: begun.contentId })).url;
}

async function put(
  address: string,
  headers: Record<string, string>,
  {
    from = 0,
    size = SIZE,
    onSent = () => {},
  }: { from?: number; size?: number; onSent?: (sent: number) => void },
): Promise<void> {
  const length = { 'content-length': String(size - from) };
  const range = from > 0 ? { 'content-range': `bytes ${from}-${size - 1}/${size}` } : {};
  const sent = request(local(address), { method: 'PUT', headers: { ...headers, ...length, ...range } });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => {});
  for (let at = from; at < size; ) {
    const end = Math.min(size, (Math.floor(at / BLOCK) + 1) * BLOCK);
    if (!sent.write(bytesAt(at, end))) await Promise.race([once(sent, 'drain'), answered]);
    if (sent.destroyed) break;
    at = end;
    onSent(at);
  }
  sent.end();
  const [{ statusCode }] = await answered;
  if (statusCode !== 200) throw new Error(`PUT was answered ${statusCode}`);
}

async function download(address: string): Promise<void> {
  const answer = await send('GET', address);
  let length = 0;
  answer.on('data', (chunk: Buffer) => {
    length += chunk.length;
  });
  await finished(answer);
  if (answer.statusCode !== 200 || length !== SIZE)
    throw new Error(`GET: ${answer.statusCode}, ${length} bytes`);
}

async function isRight(answer: IncomingMessage, from: number): Promise<boolean> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return answer.statusCode === 206 && bytes.equals(bytesAt(from, from + bytes.length));
}

function bytesAt(from: number, end: number): Buffer {
  const bytes = Buffer.alloc(end - from);
  for (let at = from; at < end; ) {
    const next = Math.min(end, (Math.floor(at / BLOCK) + 1) * BLOCK);
    bytes.fill(Math.floor(at / BLOCK) % 251, at - from, next - from);
    at = next;
  }
  return bytes;
}

function send(
  method: string,
  address: string,
  headers: Record<string, string> = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(local(address), { method, headers }, (answer) => {
      if (method === 'HEAD') answer.resume();
      resolve(answer);
    });
    sent.once('error', reject);
    sent.end();
  });
}

/** The public address of a host on this machine has a name that needs no look-up. */
function local(address: string): string {
  return address.replace('//localhost', '//127.0.0.1');
}

async function call(name: string, json: object) {
  return answered(`/api/asset/${name}`, { 'access-token': token }, json);
}
async function set(settings: object) {
  await answered(
    '/api/app/update',
    { 'server-secret': facts.serverSecret },
    { appId: facts.appId, ...settings },
  );
}
async function answered(path: string, headers: Record<string, string>, json: object) {
  const answer = await fetch(`${(host as RunningHost).url}${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(json),
  });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Begun & { url: string; size: number };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
function line(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(42)}${figure}\n`);
}
