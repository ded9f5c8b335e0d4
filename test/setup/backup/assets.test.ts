import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { anOwner, call, Owner } from '../../http/asset/stage.ts';
import { makeDataDir, startTestHost, type TestHost } from '../../support/host.ts';
import { anAsset } from '../../support/records.ts';
import { runSetup } from '../../support/setup-process.ts';

const SIZE = 1_300_000;

describe('files of users in a backup', { timeout: 400_000 }, () => {
  let folder: string;
  let dataDir: string;
  let host: TestHost;
  let owner: Owner;
  let id: string;
  const bytes = randomBytes(SIZE);
  const env = { BACKUP_PASS: 'pass phrase of the backup' };
  const at = (name: string) => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'backup-assets-'));
    dataDir = at('data');
    mkdirSync(dataDir, { mode: 0o700 });
    const { settings } = makeDataDir(dataDir);
    const lines = `PASS_KEY='${settings.PASS_KEY}'\nENCRYPT_KEY='${settings.ENCRYPT_KEY}'\n`;
    writeFileSync(join(dataDir, 'host.env'), lines, { mode: 0o600 });
    host = await startTestHost({ dataDir });
    owner = await anOwner(host);
    id = (await owner.upload(bytes)).body._id;
    const gone = { appId: 'gone', status: 'removing', tries: 1, dueAt: host.clock.now() + 1e12 } as const;
    await host.deps.store.assets.insert(anAsset({ ...gone, place: { kind: 'local' } }));
    await host.stop();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function setup(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runSetup(args, env);
    assert.equal(code, 0, stderr);
    return stdout + stderr;
  }

  it('are left out, and it says so', async () => {
    const told = await setup('--backup', at('without'), '--data-dir', dataDir);
    assert.match(told, /Local files of users \(1, 1\.3 MB\) are NOT in it: --with-assets/);
    await setup('--restore', at('without'), '--data-dir', at('bare'), '--keep-sessions');
    assert.ok(!existsSync(join(at('bare'), 'assets')));
    const bare = await startTestHost({ dataDir: at('bare') });
    const there = new Owner(bare, owner.app, owner.user, owner.token);
    const { url, size } = (await there.get(`/${id}`)).body;
    assert.deepEqual([size, (await call('GET', url)).status], [SIZE, 404]);
    await bare.stop();
  });

  it('come back with it, where they are asked for', async () => {
    const told = await setup('--backup', at('with'), '--with-assets', '--data-dir', dataDir);
    assert.match(told, /Local files of users \(1, 1\.3 MB\) are in it/);
    assert.match(await setup('--verify-backup', at('with')), /3 assetFile/);
    await setup('--restore', at('with'), '--data-dir', at('whole'), '--keep-sessions');
    assert.equal(statSync(join(at('whole'), 'assets')).mode & 0o777, 0o700);
    const whole = await startTestHost({ dataDir: at('whole') });
    const there = new Owner(whole, owner.app, owner.user, owner.token);
    const { url } = (await there.get(`/${id}`)).body;
    assert.ok((await call('GET', url)).bytes.equals(bytes));
    assert.deepEqual((await there.get('/usage')).body, { bytes: SIZE, count: 1, quota: 0 });
    const removals = await Array.fromAsync(whole.deps.store.assets.streamRemovals());
    assert.equal(removals.length, 1, 'what is on its way out goes on');
    await whole.stop();
  });

  it('go with a backup alone', async () => {
    const { code, stderr } = await runSetup(['--check', '--with-assets', '--data-dir', dataDir], env);
    assert.equal(code, 64);
    assert.match(stderr, /--with-assets goes with --backup FILE only/);
  });
});
