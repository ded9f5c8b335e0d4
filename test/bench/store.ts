/**
 * Figures of the embedded store: `node test/bench/store.ts`. They depend on the disk: compare runs on one
 * machine only.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '../../server/store/sqlite/open.ts';
import { storeOver } from '../store/stage.ts';
import { anApp, anId, aUser } from '../support/records.ts';

const folder = mkdtempSync(join(tmpdir(), 'store-bench-'));
const report = (what: string, count: number, ms: number): void => {
  const perSecond = Math.round((count / ms) * 1_000).toLocaleString('en');
  process.stdout.write(
    `${what.padEnd(52)} ${perSecond.padStart(9)}/s ${((ms / count) * 1_000).toFixed(1).padStart(8)} µs\n`,
  );
};
async function measure(what: string, count: number, run: (n: number) => unknown): Promise<void> {
  const start = performance.now();
  for (let n = 0; n < count; n++) await run(n);
  report(what, count, performance.now() - start);
}
/** `width` callers at a time, each starting anew as soon as it was answered. */
async function measureCrowd(
  what: string,
  count: number,
  width: number,
  run: (n: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const start = performance.now();
  const caller = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: width }, caller));
  report(`${what}, ${width} at a time`, count, performance.now() - start);
}

const raw = new DatabaseSync(join(folder, 'raw.db'));
raw.exec(
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id TEXT PRIMARY KEY, doc TEXT) STRICT',
);
const rawInsert = raw.prepare('INSERT INTO t VALUES (:id, :doc)');
await measure('bare node:sqlite insert, a commit each', 3_000, () =>
  rawInsert.run({ id: anId(), doc: 'x'.repeat(500) }),
);
raw.close();

const engine = await openSqlite({ file: join(folder, 'host.db') });
const store = storeOver(engine);
const appId = anId();
const users = Array.from({ length: 20_000 }, () =>
  aUser({ appId, userName: anId(), metaData: { name: 'Ada Lovelace' } }),
);
const userAt = (n: number) => users[n % users.length] ?? aUser();
const app = anApp();
await store.apps.insert(app);

await measure('user insert', 2_000, (n) => store.users.insert(userAt(n)));
await measureCrowd('user insert', 18_000, 64, (n) => store.users.insert(userAt(n + 2_000)));
await measure('user find by id', 50_000, (n) => store.users.find(appId, userAt(n).id));
await measure('user find by handle', 50_000, (n) => store.users.findByHandle(appId, userAt(n).handle));
await measure('app find, from memory', 500_000, () => store.apps.find(app.id));
await measure('user replace', 2_000, (n) => store.users.replace({ ...userAt(n), locale: 'DE' }));
await measureCrowd('user replace', 10_000, 64, (n) =>
  store.users.replace({ ...userAt(n + 2_000), locale: 'DE' }),
);
await measure('last log-in', 2_000, (n) => store.users.recordLogin(userAt(n), n));
await measureCrowd('last log-in', 20_000, 64, (n) => store.users.recordLogin(userAt(n), n));
const policy = { now: 1, free: 5, maxWaitMs: 900_000, forgetAfterMs: 1_000 };
await measureCrowd('attempt of an account of its own', 20_000, 64, (n) =>
  store.counters.attempt([{ key: userAt(n).id, policy }]),
);
await measure('search by a beginning', 50, (n) =>
  store.users.search(appId, { value: userAt(n).handle.slice(0, 8), limit: 20 }),
);

await store.close();
rmSync(folder, { recursive: true });
