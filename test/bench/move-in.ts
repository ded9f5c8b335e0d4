/**
 * 100,000 people move in from Firebase through a real host on the embedded database: `node
 * test/bench/move-in.ts`. Exit code 1 when the host takes more than 300 MB.
 */
import { createWriteStream, openAsBlob, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { FIREBASE_KEYS } from '../support/foreign-files.ts';
import { makeDataDir } from '../support/host.ts';
import { serverSecretOf, startHostProcess } from '../support/host-process.ts';

const PEOPLE = Number(process.argv[2] ?? 100_000);
const MOST_MB = 300;

const { dataDir } = makeDataDir();
const secret = await serverSecretOf(dataDir);
const host = startHostProcess({ dataDir });
try {
  const file = join(dataDir, 'users.json');
  await write(file);
  const { appId } = await call('/api/app', { method: 'POST', body: new URLSearchParams({ name: 'large' }) });
  const setting = { appId: String(appId), setting: 'appType', type: 'commercial' };
  await call('/api/app/updateAppSetting', { method: 'POST', body: new URLSearchParams(setting) });
  const form = new FormData();
  const fields = { appId: String(appId), format: 'firebase', ...FIREBASE_KEYS };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', await openAsBlob(file), 'users.json');
  const began = performance.now();
  const { job } = await call('/api/app/import', { method: 'POST', body: form });
  let now = await call(`/api/app/import?job=${job}`);
  while (now.state === 'waiting' || now.state === 'running') {
    await pause(500);
    now = await call(`/api/app/import?job=${job}`);
  }
  const seconds = (performance.now() - began) / 1000;
  const peak = peakMb(host.child.pid);
  const line = (what: string, figure: string) => process.stdout.write(`${what.padEnd(34)}${figure}\n`);
  const size = `${(statSync(file).size / 1e6).toFixed(1)} MB`;
  line(`${PEOPLE.toLocaleString('en')} people, ${size}`, `${String(now.state)} in ${seconds.toFixed(1)} s`);
  line('largest memory of the host (RSS)', `${peak} MB`);
  if (now.state !== 'done' || peak > MOST_MB) process.exitCode = 1;
} finally {
  await host.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function call(path: string, request: RequestInit = {}): Promise<Record<string, unknown>> {
  const url = `http://127.0.0.1:${await host.listening}${path}`;
  const answer = await fetch(url, { ...request, headers: { 'server-secret': secret } });
  return (await answer.json()) as Record<string, unknown>;
}

async function write(path: string): Promise<void> {
  const output = createWriteStream(path);
  output.write('{"users": [\n');
  for (let n = 0; n < PEOPLE; n++) {
    const hash = Buffer.alloc(64, `${n}`).toString('base64');
    const person = {
      ...{ localId: `fb${n}`, email: `person${n}@example.com`, emailVerified: true, passwordHash: hash },
      ...{ salt: 'N8FKDaznOMo=', createdAt: '1609459200000', providerUserInfo: [] },
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
