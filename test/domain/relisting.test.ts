import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { relistRows } from '../../server/domain/relisting.ts';
import { META } from '../../server/ports/store/meta.ts';
import type { Store } from '../../server/ports/store/store.ts';
import { makeDataDir, startTestHost } from '../support/host.ts';
import { mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { aCode, anActivity, anInvite, aUser } from '../support/records.ts';

const PEOPLE = 300;
const PATIENCE_MS = 60_000;

for (const store of ['sqlite', 'mongodb'] as const) {
  const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
  describe(`a ${store} database of a version whose rows no list finds`, { skip }, () => {
    it('is listed from the start, and off its indexes once they are renewed', async (t) => {
      const mongod = store === 'mongodb' ? await startMongod() : undefined;
      const { dataDir } = makeDataDir();
      t.after(async () => {
        await mongod?.stop();
        rmSync(dataDir, { recursive: true, force: true });
      });
      const mongoUrl = mongod?.url(`relisting-${process.pid}`);
      const options = { dataDir, ...(mongoUrl && { store, mongoUrl }) };
      const maker = await startTestHost(options);
      const app = await maker.createApp();
      const now = maker.clock.now();
      const of = (n: number) => ({ appId: app.id, createdAt: now + n });
      await maker.deps.store.users.insertMany(
        Array.from({ length: PEOPLE }, (_, n) => aUser({ ...of(n), locale: n % 100 === 0 ? 'DE' : 'EN' })),
      );
      const code = aCode({ expiresAt: now + 1_000 });
      await maker.deps.store.invites.insertMany([
        anInvite({ ...of(0), code, senderHandle: 'eve@example.com' }),
        anInvite({ ...of(1), code, status: 'verified' }),
      ]);
      await maker.deps.store.activity.insertMany([anActivity(of(0)), anActivity(of(1))]);
      await maker.stop();
      await (mongoUrl ? ageMongo(mongoUrl) : ageSqlite(join(dataDir, 'host.db')));

      const counts = async ({ users, invites, activity }: Store) => {
        const page = { limit: 100 };
        const listed = await Promise.all([
          users.list(app.id, { locale: 'DE' }, { ...page, sort: '-created' }),
          invites.list(app.id, { state: 'waiting', now }, page),
          invites.list(app.id, { state: 'accepted', now }, page),
          invites.list(app.id, { senderHandle: 'eve@example.com', now }, page),
          activity.list(app.id, { handle: 'ada@example.com' }, page),
        ]);
        return listed.map(({ rows }) => rows.length);
      };
      const host = await startTestHost({ ...options, now });
      t.after(() => host.stop());
      const { store: upgraded } = host.deps;
      assert.deepEqual(await counts(upgraded), [3, 1, 1, 1, 2]);
      const deadline = performance.now() + PATIENCE_MS;
      const listedAt = () => upgraded.meta.get(META.rowsListed);
      while ((await listedAt()) === undefined && performance.now() < deadline) await pause(20);
      assert.equal(await listedAt(), 'once', 'an older host may write some still');
      assert.deepEqual(await counts(upgraded), [3, 1, 1, 1, 2]);
      await relistRows(host.deps);
      assert.equal(await listedAt(), 'yes', 'nothing was missing any more');
    });
  });
}

/** What the version before wrote: no marks, no time at which an invite ends, no handle of a log row. */
function ageSqlite(file: string): void {
  const db = new DatabaseSync(file);
  db.exec(`
    DELETE FROM users_prefixes; DELETE FROM invites_prefixes;
    UPDATE invites SET dueAt = NULL; UPDATE activity SET lookup_handle = NULL;
    DELETE FROM meta WHERE name = '${META.rowsListed}'`);
  db.close();
}

async function ageMongo(url: string): Promise<void> {
  const client = new MongoClient(url);
  const db = client.db();
  await db.collection('users').updateMany({}, { $set: { prefixes: [] } });
  await db.collection('invites').updateMany({}, { $set: { prefixes: [], dueAt: null } });
  await db.collection('activity').updateMany({}, { $unset: { 'lookups.handle': '' } });
  await db.collection<{ _id: string }>('meta').deleteOne({ _id: META.rowsListed });
  await client.close();
}
