/**
 * Export and import of 100,000 users through a real host on the embedded database: `node
 * test/bench/transfer.ts`. Exit code 1 when the two take more than a minute or the host more than 300 MB.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, openAsBlob, readFileSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDataDir, startTestHost } from '../support/host.ts';
import { serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { aUser } from '../support/records.ts';

const USERS = 100_000;
const BATCH = 1_000;
const MOST_SECONDS = 60;
const MOST_MB = 300;

const { dataDir } = makeDataDir();
const appId = await fill(dataDir);
const secret = await serverSecretOf(dataDir);
const host = startHostProcess({ dataDir });
try {
  const url = `http://127.0.0.1:${await host.listening}/api/app`;
  const headers = { 'server-secret': secret };
  const file = join(dataDir, 'export.zip');
  const exportSeconds = await timed(async () => {
    const answer = await fetch(`${url}/export?appId=${appId}`, { headers });
    if (answer.status !== 200 || !answer.body) throw new Error(`export answered ${answer.status}`);
    const output: FileHandle = await open(file, 'w');
    for await (const chunk of answer.body) await output.write(chunk);
    await output.close();
  });
  const afterExport = peakMb(host.child.pid);
  const importSeconds = await timed(async () => {
    const form = new FormData();
    form.append('appName', 'copy');
    form.append('file', await openAsBlob(file), 'export.zip');
    const answer = await fetch(`${url}/importDatabase`, { method: 'POST', headers, body: form });
    if (answer.status !== 200) throw new Error(`import answered ${answer.status}: ${await answer.text()}`);
  });
  const peak = peakMb(host.child.pid);
  const line = (what: string, figure: string) => process.stdout.write(`${what.padEnd(34)}${figure}\n`);
  line(
    `export of ${USERS.toLocaleString('en')} users`,
    `${exportSeconds.toFixed(1)} s, ${(statSync(file).size / 1e6).toFixed(1)} MB`,
  );
  line('import of the same file', `${importSeconds.toFixed(1)} s`);
  line('largest memory of the host (RSS)', `${peak} MB (${afterExport} MB after the export)`);
  if (exportSeconds + importSeconds > MOST_SECONDS || peak > MOST_MB) process.exitCode = 1;
} finally {
  await host.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** An app with all those users, straight in the database. */
async function fill(folder: string): Promise<string> {
  const filler = await startTestHost({ dataDir: folder });
  const app = await filler.createApp({
    name: 'large',
    metaData: [{ id: '1', path: 'person.name', fieldName: 'name', required: true, canEdit: true }],
  });
  const parameters = '$argon2id$v=19$m=19456,t=2,p=1';
  for (let start = 0; start < USERS; start += BATCH) {
    const users = Array.from({ length: BATCH }, (_, index) =>
      aUser({
        appId: app.id,
        handle: `user${start + index}@example.com`,
        userName: `user${start + index}`,
        passwordHash: `${parameters}$${randomBase64(16)}$${randomBase64(32)}`,
        metaData: {
          person: { name: `Person number ${start + index}`, city: 'São Paulo' },
          coupon: `C-${index}`,
        },
      }),
    );
    await filler.deps.store.users.insertMany(users);
  }
  await filler.stop();
  return app.id;
}

/** As hard to pack as a real salt or hash, in the base64 without padding that PHC strings have. */
function randomBase64(bytes: number): string {
  return randomBytes(bytes).toString('base64').replaceAll('=', '');
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

/** The kernel's high-water mark; 0 where there is no /proc. */
function peakMb(pid = 0): number {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return 0;
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1]) / 1_024);
}
