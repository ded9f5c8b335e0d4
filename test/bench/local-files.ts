/**
 * A large local file of AssetLink, sent to a real host and read from it, beside Koa with `createReadStream`:
 * `node test/bench/local-files.ts [MB]`. Exit code 1 when it is read at less than 0.6 of that, or the host
 * takes more than 96 MB for it.
 */
import { spawn } from 'node:child_process';
import { createReadStream, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDataDir, send } from '../support/host.ts';
import { serverSecretOf, startHostProcess } from '../support/host-process.ts';

const MB = 1_048_576;
const SIZE = Number(process.argv[2] ?? 1024) * MB;
const ROUNDS = 5;
const LEAST_SHARE = 0.6;
const MOST_GROWTH_MB = 96;

const { dataDir } = makeDataDir();
const secret = await serverSecretOf(dataDir);
const host = startHostProcess({ dataDir });
const file = join(dataDir, 'large.mp4');
writeFileSync(file, '');
truncateSync(file, SIZE);
const script = fileURLToPath(new URL('./plain-files.ts', import.meta.url));
const plain = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const [port] = await new Promise<string[]>((resolve) =>
    plain.stdout.once('data', (text) => resolve(String(text).split('\n'))),
  );
  const plainUrl = `http://127.0.0.1:${port}/`;
  const own = await owner();
  const facts = { filePath: 'large.mp4', contentType: 'video/mp4', size: SIZE };
  const { contentId, writeUrls, headers } = await own('init', facts);
  const before = memoryMb('VmHWM');
  const seconds = await upload(writeUrls.writeUrl, headers);
  const { url } = await own('create', { contentId });
  const read: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await download(plainUrl));
    read.push(await download(url));
  }
  const [hostRate, plainRate] = [median(read), median(bare)];
  const growth = memoryMb('VmHWM') - before;
  const line = (what: string, figure: string) => process.stdout.write(`${what.padEnd(44)}${figure}\n`);
  line(`${SIZE / MB} MB sent`, `${Math.round(SIZE / MB / seconds)} MB/s`);
  line('read from the host', `${Math.round(hostRate)} MB/s`);
  line('read from Koa with createReadStream', `${Math.round(plainRate)} MB/s`);
  line('the host ÷ Koa', (hostRate / plainRate).toFixed(2));
  line('memory the host took for it (largest RSS)', `${growth} MB`);
  if (hostRate < LEAST_SHARE * plainRate || growth > MOST_GROWTH_MB) process.exitCode = 1;
} finally {
  plain.kill('SIGKILL');
  await host.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** A user of an app with local storage, and what they call. */
async function owner() {
  const call = async (path: string, json: unknown, tokens: Record<string, string>) =>
    (await send({ port: await host.listening, method: 'POST', path, input: { headers: tokens, json } })).body;
  const server = { 'server-secret': secret };
  const { appId, appToken } = await call('/api/app', { name: 'large' }, server);
  const settings = { assetStorage: 'local', assetMaxMb: SIZE / MB };
  await call('/api/app/update', { appId, ...settings }, server);
  const account = { handle: 'ada@example.com', passwordText: 'a long walk by the sea' };
  await call('/api/app/addUser', { appId, ...account }, server);
  const tokens = await call('/api/appuser/login', account, { 'app-token': appToken });
  const token = { 'access-token': tokens['access-token'] };
  return (name: string, json: unknown) => call(`/api/asset/${name}`, json, token);
}

function upload(address: string, headers: Record<string, string>): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const target = address.replace('localhost', '127.0.0.1');
    const length = { 'Content-Length': String(SIZE) };
    const sent = request(target, { method: 'PUT', headers: { ...headers, ...length } }, (answer) => {
      answer.resume().on('end', () => {
        if (answer.statusCode === 200) resolve((performance.now() - began) / 1000);
        else reject(new Error(`the upload was answered ${answer.statusCode}`));
      });
    });
    sent.on('error', reject);
    createReadStream(file).pipe(sent);
  });
}

/** MB a second. */
function download(address: string): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(address.replace('localhost', '127.0.0.1'), (answer) => {
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      answer.on('end', () => {
        if (bytes !== SIZE) reject(new Error(`${bytes} bytes came`));
        else resolve((SIZE / MB / (performance.now() - began)) * 1000);
      });
    });
    sent.on('error', reject).end();
  });
}

function median(rates: number[]): number {
  return rates.sort((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0;
}

function memoryMb(field: string): number {
  const status = readFileSync(`/proc/${host.child.pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
}
