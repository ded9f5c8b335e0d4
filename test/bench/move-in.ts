/**
 * People move in from Firebase through a real host: `node test/bench/move-in.ts 100000 sqlite`, or `mongodb`.
 * Beside it says how fast the store takes such users bare, how much memory the host had at most, and what a
 * token check took meanwhile. Exit code 1 when the host takes more than 200 MB.
 */
import { createWriteStream, mkdirSync, openAsBlob, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { FIREBASE_KEYS } from '../support/foreign-files.ts';
import { makeDataDir, startTestHost } from '../support/host.ts';
import { serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { startMongod } from '../support/mongod.ts';
import { aRowId, aUser } from '../support/records.ts';

const PEOPLE = Number(process.argv[2] ?? 100_000);
const STORE = process.argv[3] === 'mongodb' ? 'mongodb' : 'sqlite';
const BARE = Math.min(PEOPLE, 20_000);
const MOST_MB = 200;
const CHECK_MS = 20;

const line = (what: string, figure: string) => process.stdout.write(`${what.padEnd(34)}${figure}\n`);
const mongod = STORE === 'mongodb' ? await startMongod() : undefined;
const { dataDir } = makeDataDir();
const secret = await serverSecretOf(dataDir);
const database = mongod?.url('bench') ?? `sqlite:${join(dataDir, 'bench.db')}`;
const bare = await bareRate();
const host = startHostProcess({ dataDir, env: { DB_CONN_STRING: database } });
try {
  const file = join(dataDir, 'users.json');
  await write(file);
  const { appId, appToken } = await call('/api/app', { body: new URLSearchParams({ name: 'large' }) });
  for (const one of [
    { setting: 'appType', type: 'commercial' },
    { setting: 'anonLogin', anonymousLoginEnabled: true },
  ]) {
    await call('/api/app/updateAppSetting', { body: JSON.stringify({ appId, ...one }) });
  }
  const token = await accessToken(String(appToken));
  const known = await call('/api/appuser/getUser', { headers: { 'access-token': token } });
  if (known.handle !== 'ANON_bench') throw new Error(JSON.stringify(known));
  const form = new FormData();
  const fields = { appId: String(appId), format: 'firebase', ...FIREBASE_KEYS };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', await openAsBlob(file), 'users.json');
  const { job } = await call('/api/app/import', { body: form });
  const cpuBefore = cpuSeconds(host.child.pid);
  const began = performance.now();
  const took: number[] = [];
  let now = await call(`/api/app/import?job=${job}`);
  for (let looks = 0; now.state === 'waiting' || now.state === 'running'; looks++) {
    const asked = performance.now();
    await call('/api/appuser/getUser', { headers: { 'access-token': token } });
    took.push(performance.now() - asked);
    await pause(CHECK_MS);
    if (looks % 10 === 0) now = await call(`/api/app/import?job=${job}`);
  }
  const seconds = (performance.now() - began) / 1000;
  const cpu = cpuSeconds(host.child.pid) - cpuBefore;
  const peak = peakMb(host.child.pid);
  const rate = PEOPLE / seconds;
  took.sort((one, other) => one - other);
  const at = (share: number) => `${(took[Math.floor(took.length * share)] ?? 0).toFixed(1)} ms`;
  const size = `${(statSync(file).size / 1e6).toFixed(1)} MB`;
  line(`${PEOPLE.toLocaleString('en')} people, ${size}, ${STORE}`, `${now.state} in ${seconds.toFixed(1)} s`);
  line('moved in, of the bare rate', `${rate.toFixed(0)}/s, ${(rate / bare).toFixed(2)}`);
  line('CPU of the host', `${((cpu / PEOPLE) * 1e6).toFixed(0)} µs a person`);
  line('largest memory of the host (RSS)', `${peak} MB`);
  line('token checks meanwhile, p50 and p99', `${at(0.5)}, ${at(0.99)} of ${took.length}`);
  if (now.state !== 'done' || peak > MOST_MB) process.exitCode = 1;
} finally {
  await host.stop();
  await mongod?.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function call(
  path: string,
  { headers, body }: { headers?: Record<string, string>; body?: FormData | URLSearchParams | string } = {},
): Promise<Record<string, unknown>> {
  const url = `http://127.0.0.1:${await host.listening}${path}`;
  const method = body ? 'POST' : 'GET';
  const answer = await fetch(url, {
    method,
    headers: {
      ...(headers ?? { 'server-secret': secret }),
      ...(typeof body === 'string' && { 'content-type': 'application/json' }),
    },
    ...(body && { body }),
  });
  return (await answer.json()) as Record<string, unknown>;
}

/** Of an anonymous user. */
async function accessToken(appToken: string): Promise<string> {
  const headers = { 'app-token': appToken };
  const body = new URLSearchParams({ handle: 'ANON_bench' });
  const joined = await call('/api/appuser/loginAnonymous', { headers, body });
  if (!joined['access-token']) throw new Error(JSON.stringify(joined));
  return String(joined['access-token']);
}

/** Users a second that the store inserts, 1,000 at a time, as an import makes them. */
async function bareRate(): Promise<number> {
  const mongoUrl = mongod?.url('bare');
  const folder = join(dataDir, 'bare');
  mkdirSync(folder);
  const plain = await startTestHost({
    dataDir: folder,
    store: STORE,
    ...(mongoUrl !== undefined && { mongoUrl }),
  });
  const { store } = plain.deps;
  const appId = aRowId();
  const form = `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=${'k'.repeat(88)}$N8FKDaznOMo=$${'h'.repeat(88)}`;
  const users = Array.from({ length: BARE }, (_, n) =>
    aUser({
      appId,
      id: aRowId(),
      handle: `person${n}@example.com`,
      passwordHash: form,
      importedFrom: `firebase:fb${n}`,
    }),
  );
  const began = performance.now();
  for (let at = 0; at < BARE; at += 1_000) await store.users.insertMany(users.slice(at, at + 1_000));
  const rate = BARE / ((performance.now() - began) / 1000);
  await plain.stop();
  return rate;
}

async function write(path: string): Promise<void> {
  const output = createWriteStream(path);
  output.write('{"users": [\n');
  for (let n = 0; n < PEOPLE; n++) {
    const hash = Buffer.alloc(64, `${n}`).toString('base64');
    const person = {
      localId: `fb${n}`,
      email: `person${n}@example.com`,
      emailVerified: true,
      passwordHash: hash,
      salt: 'N8FKDaznOMo=',
      createdAt: '1609459200000',
      providerUserInfo: [],
    };
    const isRoomy = output.write(`${JSON.stringify(person)}${n === PEOPLE - 1 ? '' : ','}\n`);
    if (!isRoomy) await new Promise((resolve) => output.once('drain', resolve));
  }
  output.end(']}\n');
  await finished(output);
}

function peakMb(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/** User and system, in a hundredth of a second each. */
function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
