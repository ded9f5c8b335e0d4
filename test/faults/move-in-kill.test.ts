import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { BCRYPT } from '../support/foreign-files.ts';
import { makeDataDir } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';

const PEOPLE = 5_000;
const FILE = Array.from({ length: PEOPLE }, (_, n) =>
  JSON.stringify({ user_id: `auth0|${n}`, email: `p${n}@example.com`, passwordHash: BCRYPT }),
).join('\n');

/** Additions §4: the next start goes on when the lease of the dead process is over, 30 s at most. */
describe('a host killed while people move in', { timeout: 400_000 }, () => {
  let dataDir: string;
  let host: HostProcess;
  let secret: string;
  before(async () => {
    ({ dataDir } = makeDataDir());
    secret = await serverSecretOf(dataDir);
    host = startHostProcess({ dataDir });
  });
  after(async () => {
    await host.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function call(path: string, request: RequestInit = {}) {
    const url = `http://127.0.0.1:${await host.listening}${path}`;
    const answer = await fetch(url, { ...request, headers: { 'server-secret': secret } });
    return (await answer.json()) as Record<string, unknown> & { report?: Record<string, number> };
  }
  async function look(job: unknown, holds: (state: { state?: unknown; written: number }) => boolean) {
    for (let n = 0; n < 1_500; n++) {
      const body = await call(`/api/app/import?job=${job}`);
      const written = body.total === undefined ? 0 : Number(body.read);
      if (holds({ state: body.state, written })) return body;
      await pause(100);
    }
    return assert.fail('it goes on and on');
  }

  it('goes on where it was, and tells the same', async () => {
    const { appId } = await call('/api/app', { method: 'POST', body: new URLSearchParams({ name: 'shop' }) });
    await call('/api/app/updateAppSetting', {
      method: 'POST',
      body: new URLSearchParams({ appId: String(appId), setting: 'appType', type: 'commercial' }),
    });
    const form = new FormData();
    for (const [name, value] of Object.entries({ appId: String(appId), format: 'auth0' }))
      form.append(name, value);
    form.append('file', new Blob([FILE]), 'users.json');
    const { job } = await call('/api/app/import', { method: 'POST', body: form });
    await look(job, ({ written }) => written > 0);
    host.child.kill('SIGKILL');
    await host.ended;
    host = startHostProcess({ dataDir });
    const ended = await look(job, ({ state }) => state === 'done' || state === 'failed');
    assert.deepEqual([ended.state, ended.reason, ended.read], ['done', undefined, PEOPLE]);
    assert.deepEqual([ended.report?.created, ended.report?.skipped, ended.report?.refused], [PEOPLE, 0, 0]);
    const stat = await call(`/api/app/users?appId=${appId}&limit=1`);
    assert.equal(stat.total, PEOPLE);
  });
});
