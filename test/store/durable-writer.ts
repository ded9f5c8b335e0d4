/**
 * Inserts users for ever, notes a log-in and a try of each, and names each acknowledged one on stdout:
 * `node durable-writer.ts FILE`. Its parent kills it.
 */
import { writeSync } from 'node:fs';
import { openSqlite } from '../../server/store/sqlite/open.ts';
import { aUser } from '../support/records.ts';
import { storeOver } from './stage.ts';

const store = storeOver(await openSqlite({ file: process.argv[2] ?? '' }));

async function writeForEver(): Promise<never> {
  for (;;) {
    const user = aUser();
    await store.users.insert(user);
    const stored = await store.users.replace({ ...user, locale: 'DE' });
    await store.users.recordLogin(stored ?? user, 7);
    await store.counters.increment(`code/${user.id}`, { now: 1 });
    writeSync(process.stdout.fd, `${user.id}\n`);
  }
}
await Promise.all(Array.from({ length: 16 }, writeForEver));
