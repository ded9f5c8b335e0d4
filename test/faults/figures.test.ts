import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../server/security/clock.ts';
import { makeDataDir } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';

const OTHER = '155ba8e102f3beb97892c3400b65031c';

describe('figures over processes', { timeout: 400_000 }, () => {
  let dataDir: string;
  const running: HostProcess[] = [];
  before(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'figures-test-'));
    makeDataDir(dataDir);
  });
  after(async () => {
    await Promise.all(running.map((host) => host.stop()));
    rmSync(dataDir, { recursive: true, force: true });
  });

  const start = () => {
    const host = startHostProcess({ dataDir });
    running.push(host);
    return host;
  };
  const call = async (host: HostProcess, path: string, headers: Record<string, string>, body?: object) => {
    const answer = await fetch(`http://127.0.0.1:${await host.listening}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes.
    return { status: answer.status, body: (await answer.json()) as any };
  };
  const today = () => new Date(systemClock.now()).toISOString().slice(0, 10);
  const yesterday = () => new Date(systemClock.now() - 86_400_000).toISOString().slice(0, 10);

  it('add up, and an orderly stop loses nothing; a kill at most what was not written yet', async () => {
    const secret = { 'server-secret': await serverSecretOf(dataDir) };
    let [one, other] = [start(), start()];
    const app = (await call(one, '/api/app', secret, { name: 'counted' })).body;
    await call(one, '/api/app/updateAppSetting', secret, {
      appId: app.appId,
      setting: 'appType',
      type: 'commercial',
    });
    await call(one, '/api/app/addUser', secret, {
      appId: app.appId,
      handle: 'ada@example.com',
      password: OTHER,
    });
    const logIn = async (host: HostProcess, times: number) => {
      const login = { handle: 'ada@example.com', password: OTHER };
      for (let n = 0; n < times; n++) {
        const answer = await call(host, '/api/appuser/login', { 'app-token': app.appToken }, login);
        assert.equal(answer.status, 200);
      }
    };
    const counted = async (host: HostProcess, metric: string) => {
      const query = `appId=${app.appId}&from=${yesterday()}&to=${today()}&metric=${metric}`;
      const { body } = await call(host, `/api/app/figures?${query}`, secret);
      return body.series[0].days.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
    };
    await Promise.all([logIn(one, 7), logIn(other, 5)]);
    // At once, so that the last are in memory only.
    for (const { child } of [one, other]) child.kill('SIGTERM');
    await Promise.all([one.ended, other.ended]);
    [one, other] = [start(), start()];
    assert.equal(await counted(one, 'login'), 12);
    assert.equal(await counted(other, 'active_day'), 1);

    await logIn(other, 3);
    await counted(other, 'login');
    await logIn(other, 2);
    other.child.kill('SIGKILL');
    await other.ended;
    const left = await counted(one, 'login');
    assert.ok(left >= 15 && left <= 17, `${left} log-ins`);
  });
});
