import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sweep } from '../../server/domain/housekeeping.ts';
import { rowOf, SIGNUP_TABLE, type TransferTable, USER_TABLE } from '../../server/domain/transfer/tables.ts';
import { makeDataDir, startTestHost } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { aSignup, aUser } from '../support/records.ts';
import { csvOf, unzipped, zipOf } from '../support/zip.ts';

const KILLS = 10;
/** Until one has come while rows were written. */
const MOST_KILLS = 50;
const PEOPLE = 2_500;
const NAME = 'moved';

describe('a host killed while it imports', { timeout: 400_000 }, () => {
  let dataDir: string;
  let host: HostProcess;
  let secret: string;
  let file: Buffer<ArrayBuffer>;

  before(async () => {
    ({ dataDir } = makeDataDir());
    secret = await serverSecretOf(dataDir);
    host = startHostProcess({ dataDir });
    const created = await call('/api/app', { method: 'POST', body: new URLSearchParams({ name: 'source' }) });
    const { appId } = (await created.json()) as { appId: string };
    const exported = await call(`/api/app/export?appId=${appId}`);
    const files = await unzipped(Buffer.from(await exported.arrayBuffer()));
    const table = <T>(shape: TransferTable<T>, record: (n: number) => T) => {
      const names = shape.columns.map(({ name }) => name);
      const rows = Array.from({ length: PEOPLE }, (_, n) =>
        rowOf(shape, record(n), { withSecrets: false, spreadsheet: false }),
      );
      return csvOf(rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? '']))));
    };
    file = await zipOf({
      ...files,
      'user-collection.csv': table(USER_TABLE, (n) =>
        aUser({ appId, handle: `user${n}@example.com`, userName: undefined }),
      ),
      'signup-collection.csv': table(SIGNUP_TABLE, (n) => aSignup({ appId, handle: `new${n}@example.com` })),
    });
  });
  after(async () => {
    await host.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function call(path: string, request: RequestInit = {}): Promise<Response> {
    const url = `http://127.0.0.1:${await host.listening}${path}`;
    return fetch(url, { ...request, headers: { 'server-secret': secret } });
  }
  function importing(): Promise<Response | undefined> {
    const form = new FormData();
    form.append('appName', NAME);
    form.append('file', new Blob([file]), 'export.zip');
    return call('/api/app/importDatabase', { method: 'POST', body: form }).catch(() => undefined);
  }
  function rows(): Record<string, unknown> {
    const database = new DatabaseSync(join(dataDir, 'host.db'), { readOnly: true });
    const count = (table: string) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n;
    const found = { apps: count('apps'), users: count('users') };
    database.close();
    return found;
  }
  async function apps(): Promise<{ appId: string; name: string }[]> {
    return (await (await call('/api/app/allApps')).json()) as { appId: string; name: string }[];
  }
  const names = async () => (await apps()).map(({ name }) => name);
  async function removeImported(): Promise<void> {
    const { appId = '' } = (await apps()).find(({ name }) => name === NAME) ?? {};
    await call(`/api/app/${appId}`, { method: 'DELETE' });
  }

  it('leaves no trace, the name free, and nothing the sweeper would not remove', async () => {
    const start = performance.now();
    assert.equal((await importing())?.status, 200);
    const wholeMs = performance.now() - start;
    await removeImported();
    assert.equal(rows().users, 0);
    let broken = 0;
    for (let kills = 0; kills < KILLS || (broken === 0 && kills < MOST_KILLS); kills++) {
      const answer = importing();
      await pause(randomInt(Math.max(2, Math.floor(wholeMs))));
      await host.stop();
      const answered = (await answer) !== undefined;
      const written = rows().users !== 0;
      host = startHostProcess({ dataDir });
      // The kill may also come when the import is through: before its answer, or after it.
      const whole = (await names()).includes(NAME);
      assert.ok(whole || !answered);
      if (whole) await removeImported();
      else if (written) broken++;
      assert.deepEqual(await names(), ['source']);
    }
    assert.ok(broken > 0, 'some kill must have come while rows were written');
    assert.equal((await importing())?.status, 200, 'the name is free');
    await host.stop();

    const later = await startTestHost({ dataDir, now: Date.now() + 120_000 });
    await sweep(later.deps);
    await later.stop();
    // The source and the import; the old signups in the file are past their time.
    assert.deepEqual(rows(), { apps: 2, users: PEOPLE });
  });
});
