import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { StartError } from '../../server/start/exit.ts';
import { networkFileSystem } from '../../server/start/network-folder.ts';
import { openEngine } from '../../server/start/open-engine.ts';
import { checkDatabase, checkDatabaseToUse } from '../../setup/checks/database-check.ts';
import { startHostProcess } from '../support/host-process.ts';
import { until } from '../support/until.ts';

const onNfs = () => 'NFS';
/** Loaded before a host: every folder lies on NFS. */
const ALL_NFS = `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { statfsSync } = fs;
  fs.statfsSync = (path) => Object.assign(statfsSync(path), { type: 0x6969 });
  syncBuiltinESMExports();
`;

describe('an embedded database on a network file system', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'network-folder-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is known by what statfs(2) says of its folder, made or not yet', () => {
    const file = join(folder, 'not', 'yet', 'host.db');
    const types = { NFS: 0x6969, CIFS: 0xff534d42, SMB: 0xfe534d42, '9p': 0x01021997 };
    for (const [name, type] of Object.entries(types)) {
      const asked: string[] = [];
      const typeOf = (path: string) => {
        asked.push(path);
        return type;
      };
      assert.equal(networkFileSystem(file, typeOf), name);
      assert.deepEqual(asked, [folder]);
    }
    const ext4 = 0xef53;
    assert.equal(
      networkFileSystem(file, () => ext4),
      undefined,
    );
    assert.equal(networkFileSystem(file), undefined);
  });

  it('is refused when it would be new, with reason and way out, and fails the check', async () => {
    const database = { kind: 'sqlite', file: join(folder, 'host.db') } as const;
    for (const check of [checkDatabase, checkDatabaseToUse]) {
      const { ok, detail } = await check({ database }, onNfs);
      assert.equal(ok, false);
      assert.match(detail, /NFS.+disk of this machine.+MongoDB/);
    }
  });

  it('goes on with a warning when it is there', async () => {
    const database = { kind: 'sqlite', file: join(folder, 'there.db') } as const;
    await (await openEngine({ database, databaseWaitSeconds: 0 }, onNfs)).close();
    assert.equal((await checkDatabase({ database }, onNfs)).ok, false);
    const { ok, detail } = await checkDatabaseToUse({ database }, onNfs);
    assert.equal(ok, true);
    assert.match(detail, /network file system \(NFS\)/);
  });

  it('lets the host start with a warning when it is there, each time', async () => {
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir, { mode: 0o700 });
    const warnings = async (env: Record<string, string> = {}) => {
      const host = startHostProcess({ dataDir, env });
      try {
        await host.listening;
        // Logged behind the warnings.
        await until('started', () => host.lines.some(({ event }) => event === 'host_started'));
      } finally {
        await host.stop();
      }
      return host.lines.filter(({ setting }) => setting === 'DB_CONN_STRING');
    };
    assert.deepEqual(await warnings(), []);
    const preload = join(folder, 'all-nfs.mjs');
    writeFileSync(preload, ALL_NFS);
    for (let start = 1; start <= 2; start++) {
      const [warning, ...more] = await warnings({ NODE_OPTIONS: `--import ${preload}` });
      assert.deepEqual(more, []);
      assert.ok(warning);
      const { level, event, reason } = warning;
      const expected = ['warn', 'insecure_setting', 'network_file_system'];
      assert.deepEqual([level, event, reason], expected);
    }
    assert.deepEqual(await warnings(), []);
  });

  it('ends the start with 78 when it does not open there', async () => {
    const file = join(folder, 'damaged.db');
    writeFileSync(file, 'no database at all, but long enough to be looked at as one'.repeat(20));
    const opening = openEngine({ database: { kind: 'sqlite', file }, databaseWaitSeconds: 0 }, onNfs);
    await assert.rejects(opening, (error) => {
      assert.ok(error instanceof StartError);
      assert.equal(error.exitCode, 78);
      assert.match(error.message, /network file system \(NFS\)/);
      return true;
    });
  });
});
