import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { recallDoubt } from '../../../server/domain/attempts/client-addresses.ts';
import { AddressWatch } from '../../../server/http/frame/address-watch.ts';
import type { Config } from '../../../server/model/config.ts';
import { makeDataDir, send, startTestHost, type TestHost } from '../../support/host.ts';
import { startHostProcess } from '../../support/host-process.ts';
import { startSetup } from '../../support/setup-process.ts';
import { until } from '../../support/until.ts';
import { probeRoutes } from '../probes.ts';

const DAY_MS = 86_400_000;

describe('a number of proxies that makes one address of all clients', () => {
  const hosts: TestHost[] = [];
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.stop();
  });

  async function start(config: Partial<Config> = {}) {
    const host = await startTestHost({
      routes: probeRoutes,
      config: { apiUrl: 'http://auth.example', ...config },
    });
    hosts.push(host);
    const told = () =>
      host.events.filter(
        ({ event, setting }) => event === 'insecure_setting' && setting === 'TRUST_PROXY_HOPS',
      );
    const reasons = () => told().map(({ reason }) => reason);
    const trustProxyHops = config.trustProxyHops ?? 0;
    const recalled = () => recallDoubt(host.deps.store.meta, { now: host.clock.now(), trustProxyHops });
    /** It is written behind the request that showed it. */
    const remembered = (reason: string | undefined) =>
      until(`what is remembered is ${reason}`, async () => (await recalled()) === reason);
    return { host, watch: new AddressWatch(host.deps), reasons, recalled, remembered };
  }

  it('is told of once a day when a proxy says for whom it asks and nobody listens', async () => {
    const { host, reasons, remembered } = await start();
    const app = await host.createApp();
    const headers = { 'app-token': app.appToken, 'x-forwarded-for': '203.0.113.9' };
    const ask = () => host.request('POST', '/api/appuser/done', { headers, json: {} });
    for (let n = 0; n < 3; n++) assert.equal((await ask()).status, 200);
    assert.deepEqual(reasons(), ['forwarded_ignored']);
    await remembered('forwarded_ignored');
    host.clock.advance(DAY_MS);
    await ask();
    assert.deepEqual(reasons(), ['forwarded_ignored', 'forwarded_ignored']);
    host.clock.advance(31 * DAY_MS);
    await remembered(undefined);
  });

  it('is not remembered because of a header that a stranger sent', async () => {
    const { watch, reasons, recalled } = await start();
    watch.see('203.0.113.9', true);
    assert.deepEqual(reasons(), ['forwarded_ignored']);
    await pause(50);
    assert.equal(await recalled(), undefined);
  });

  it('counts for the number it was found with', async () => {
    const { host, watch, reasons, remembered } = await start({ trustProxyHops: 1 });
    for (let n = 0; n < 199; n++) watch.see('172.18.0.4', true);
    assert.deepEqual(reasons(), []);
    watch.see('172.18.0.4', false);
    assert.deepEqual(reasons(), ['one_private_peer']);
    await remembered('one_private_peer');
    const now = host.clock.now();
    assert.equal(await recallDoubt(host.deps.store.meta, { now, trustProxyHops: 2 }), undefined);
  });

  for (const address of ['10.1.2.3', '192.168.1.1', '127.0.0.1', '::1', 'fd00::1']) {
    it(`is told of when everybody comes from ${address}, until somebody comes from elsewhere`, async () => {
      const { watch, reasons, remembered } = await start();
      for (let n = 0; n < 199; n++) watch.see(address, false);
      assert.deepEqual(reasons(), []);
      watch.see(address, false);
      assert.deepEqual(reasons(), ['one_private_peer']);
      await remembered('one_private_peer');
      watch.see('203.0.113.9', false);
      await remembered(undefined);
    });
  }

  it('is said again at the next start and by --check', async () => {
    const first = startHostProcess();
    try {
      const port = await first.listening;
      const input = { headers: { 'x-forwarded-for': '203.0.113.9' }, json: {} };
      await send({ port, method: 'POST', path: '/api/appuser/login', input });
      first.child.kill('SIGTERM');
      await first.ended;
      const second = startHostProcess({ dataDir: first.dataDir });
      await second.listening;
      const again = second.lines.filter(({ setting }) => setting === 'TRUST_PROXY_HOPS');
      assert.deepEqual(
        again.map(({ reason }) => reason),
        ['forwarded_ignored'],
      );
      await second.stop();
      const { settings } = makeDataDir(first.dataDir);
      const { stdout } = await startSetup(['--check', '--json'], settings).ended;
      const checks: { name: string; ok: boolean; detail: string }[] = JSON.parse(stdout).checks;
      const { ok, detail } = checks.find(({ name }) => name === 'proxies') ?? {};
      assert.equal(ok, false);
      assert.match(detail ?? '', /TRUST_PROXY_HOPS/);
    } finally {
      await first.stop();
    }
  });

  it('is nothing to tell of one public address, of several, or on this machine', async () => {
    const open = await start();
    for (let n = 0; n < 500; n++) open.watch.see('203.0.113.9', false);
    const several = await start();
    several.watch.see('10.0.0.1', false);
    for (let n = 0; n < 500; n++) several.watch.see('10.0.0.2', false);
    const local = await start({ apiUrl: 'http://localhost:3000' });
    for (let n = 0; n < 500; n++) local.watch.see('127.0.0.1', false);
    assert.deepEqual([open.reasons(), several.reasons(), local.reasons()], [[], [], []]);
  });
});
