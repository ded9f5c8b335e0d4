import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../server/security/clock.ts';
import { openMongo } from '../../server/store/mongodb/open.ts';
import { openSqlite } from '../../server/store/sqlite/open.ts';
import { HOST_SCOPE } from '../../server/store/tables.ts';
import { BCRYPT } from '../support/foreign-files.ts';
import { makeDataDir } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { type Mongod, mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';

const PEOPLE = 20_000;
const KILLS = 10;
const NAMELESS = PEOPLE / 100;
const DOUBLES = PEOPLE / 40 - PEOPLE / 200;
/** One in a hundred has no address, one in forty the address of another. */
const FILE = Array.from({ length: PEOPLE }, (_, n) =>
  JSON.stringify({
    user_id: `auth0|${n}`,
    email: n % 100 === 99 ? undefined : n % 40 === 39 ? 'P1@example.com' : `p${n}@example.com`,
    email_verified: true,
    passwordHash: BCRYPT,
  }),
).join('\n');

/** Additions §4: the next start goes on, wherever the one before was killed. */
for (const store of ['sqlite', 'mongodb'] as const) {
  const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
  describe(`a host killed while people move in, on ${store}`, { skip, timeout: 600_000 }, () => {
    let mongod: (Mongod & { stop(): Promise<void> }) | undefined;
    let dataDir: string;
    let start: () => HostProcess;
    let host: HostProcess;
    let secret: string;
    before(async () => {
      mongod = store === 'mongodb' ? await startMongod() : undefined;
      ({ dataDir } = makeDataDir());
      secret = await serverSecretOf(dataDir);
      const database = mongod?.url('killed') ?? `sqlite:${join(dataDir, 'host.db')}`;
      start = () => startHostProcess({ dataDir, env: { DB_CONN_STRING: database } });
      host = start();
    });
    after(async () => {
      await host.stop();
      await mongod?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });

    async function send(path: string, request: RequestInit = {}) {
      const url = `http://127.0.0.1:${await host.listening}${path}`;
      return fetch(url, { ...request, headers: { 'server-secret': secret } });
    }
    async function call(path: string, request: RequestInit = {}) {
      const answer = await send(path, request);
      return (await answer.json()) as Record<string, unknown> & { report?: Record<string, number> };
    }
    /** What the host says of the job once it got further than `behind`, or ended. */
    async function look(job: unknown, behind: string) {
      for (let n = 0; n < 3_000; n++) {
        const body = await call(`/api/app/import?job=${job}`);
        const place = `${body.total === undefined ? 'check' : 'write'} ${body.read}`;
        const isOver = body.state !== 'waiting' && body.state !== 'running';
        if (isOver || place !== behind) return { body, place, isOver };
        await pause(20);
      }
      return assert.fail('it does not move');
    }
    const openEngine = () =>
      mongod
        ? openMongo({ url: mongod.url('killed'), database: 'killed', clock: systemClock })
        : openSqlite({ file: join(dataDir, 'host.db') });

    it(`ends as if it had not been, after ${KILLS} kills`, async () => {
      const made = await call('/api/app', { method: 'POST', body: new URLSearchParams({ name: 'shop' }) });
      const appId = String(made.appId);
      const setting = new URLSearchParams({ appId, setting: 'appType', type: 'commercial' });
      await call('/api/app/updateAppSetting', { method: 'POST', body: setting });
      const form = new FormData();
      for (const [name, value] of Object.entries({ appId, format: 'auth0' })) form.append(name, value);
      form.append('file', new Blob([FILE]), 'users.json');
      const { job } = await call('/api/app/import', { method: 'POST', body: form });
      let seen = await look(job, '');
      let kills = 0;
      for (; kills < KILLS && !seen.isOver; kills++) {
        await pause(Math.random() * 250);
        host.child.kill('SIGKILL');
        await host.ended;
        const engine = await openEngine();
        // As if the lease of the dead process were over, which takes half a minute.
        await engine.setDue('jobs', HOST_SCOPE, String(job), 0);
        await engine.close();
        host = start();
        seen = await look(job, seen.place);
      }
      while (!seen.isOver) seen = await look(job, seen.place);
      assert.ok(kills >= 3, `only ${kills} kills`);
      const { state, reason, read, report } = seen.body;
      assert.deepEqual([state, reason, read], ['done', undefined, PEOPLE]);
      const created = PEOPLE - NAMELESS - DOUBLES;
      const refused = NAMELESS + DOUBLES;
      assert.deepEqual([report?.created, report?.skipped, report?.refused], [created, 0, refused]);
      const listed = await call(`/api/app/users?appId=${appId}&limit=1`);
      assert.equal(listed.total, created);
      const csv = await (await send(`/api/app/importRefused?job=${job}`)).text();
      const lines = csv.trim().split('\n').slice(1);
      const numbers = lines.map((line) => Number(line.split(',')[0]));
      assert.equal(lines.length, refused);
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].sort((one, other) => one - other),
      );
      await host.stop();
      const engine = await openEngine();
      const page = await engine.counterPage('', 1_000);
      await engine.close();
      const counted = (prefix: string) =>
        page
          .filter(({ key }) => key.startsWith(`${prefix}/${appId}`))
          .reduce((sum, { row }) => sum + row.value, 0);
      assert.deepEqual([counted('seats'), counted('password-kind')], [created, created]);
    });
  });
}
