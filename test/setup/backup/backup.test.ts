import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { BackupEntry } from '../../../setup/backup/backup.ts';
import { beginBackupFile, readBackupFile } from '../../../setup/backup/backup-file.ts';
import { makeDataDir } from '../../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../../support/host-process.ts';
import { mongodAvailable, NO_MONGOD, startMongod } from '../../support/mongod.ts';
import { runSetup, type SetupOutcome, startSetup } from '../../support/setup-process.ts';
import { until } from '../../support/until.ts';

/** MD5 text of a password that is not among the commonest. */
const PASSWORD = '155ba8e102f3beb97892c3400b65031c';
const PASS = { BACKUP_PASS: 'pass phrase of the backup' };
const FIRST = 200;
const WRITERS = 4;

describe('a backup', { timeout: 400_000 }, () => {
  let folder: string;
  let dataDir: string;
  let file: string;
  let host: HostProcess | undefined;
  let app: { appId: string; appToken: string };
  /** Users the host acknowledged before the backup began. */
  const acknowledged: string[] = [];
  /** What the host issued before the backup. */
  let issued: { access: string; superUser: string; secret: string };

  let noted: string | undefined;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'backup-test-'));
    dataDir = join(folder, 'data');
    file = join(folder, 'backup');
    mkdirSync(dataDir, { mode: 0o700 });
    const { settings } = makeDataDir(dataDir);
    writeFileSync(
      join(dataDir, 'host.env'),
      `PASS_KEY='${settings.PASS_KEY}'\nENCRYPT_KEY='${settings.ENCRYPT_KEY}'\nSERVER_NAME=mine\n`,
      { mode: 0o600 },
    );
    mkdirSync(join(dataDir, 'templates', 'pages'), { recursive: true });
    copyFileSync(
      new URL('../../../templates/pages/verified.hbs', import.meta.url),
      join(dataDir, 'templates', 'pages', 'verified.hbs'),
    );
    host = startHostProcess({ dataDir });
    const portal = await portalOf(host);
    app = await portal('', { name: 'kept' });
    await portal('updateAppSetting', { appId: app.appId, setting: 'appType', type: 'commercial' });
    let next = 0;
    const add = async (): Promise<string> => {
      const handle = `user${next++}@example.com`;
      await portal('addUser', { appId: app.appId, handle, password: PASSWORD });
      return handle;
    };
    while (acknowledged.length < FIRST) {
      acknowledged.push(...(await Promise.all(Array.from({ length: WRITERS }, add))));
    }
    const logIn = { handle: acknowledged[0], password: PASSWORD };
    const { body } = await call(await host.listening, 'login', { 'app-token': app.appToken }, logIn);
    const superUser = await portal('superUserToken', { appId: app.appId, expiresInMinutes: 600 });
    const secret = (await setup(['--print-secret', '--data-dir', dataDir])).stdout.trim();
    issued = { access: String(body['access-token']), superUser: superUser['access-token'], secret };
    let writing = true;
    const writers = Array.from({ length: WRITERS }, async () => {
      while (writing) await add();
    });
    const { code, stderr } = await setup(['--backup', file, '--data-dir', dataDir]);
    writing = false;
    await Promise.all(writers);
    const url = `http://127.0.0.1:${await host.listening}/api/host`;
    const seen = await fetch(url, { headers: { 'server-secret': secret } });
    noted = ((await seen.json()) as { lastBackupAt?: string }).lastBackupAt;
    await host.stop();
    assert.equal(code, 0, stderr);
  });
  after(async () => {
    await host?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const setup = (args: string[], env: Record<string, string> = PASS): Promise<SetupOutcome> =>
    runSetup(args, env);
  const verify = (path: string, env?: Record<string, string>) =>
    setup(['--verify-backup', path, '--data-dir', dataDir], env);

  async function call(port: number, route: string, headers: Record<string, string>, body?: object) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/appuser/${route}`, {
      method: body ? 'POST' : 'GET',
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  /** The answers to what was issued before the backup: by code, 200 where it counts. */
  async function countOn(target: string): Promise<Record<string, number>> {
    const host = startHostProcess({ dataDir: target });
    const port = await host.listening;
    const codes = async (route: string, headers: Record<string, string>, body?: object) => {
      const answer = await call(port, route, headers, body);
      return answer.status === 200 ? 200 : Number(answer.body.code);
    };
    const connect = async (secret: string) =>
      (await fetch(`http://127.0.0.1:${port}/api/app/connection`, { headers: { 'server-secret': secret } }))
        .status;
    const shown = (await setup(['--print-secret', '--data-dir', target])).stdout.trim();
    const counts = {
      access: await codes('getUser', { 'access-token': issued.access }),
      superUser: await codes('setAppData', { 'access-token': issued.superUser }, { appData: {} }),
      appToken: await codes('getApplication', { 'app-token': app.appToken }),
      secret: (await connect(issued.secret)) === 200 ? 200 : 0,
      shown: await connect(shown),
    };
    await host.stop();
    return counts;
  }

  async function portalOf(host: HostProcess) {
    const headers = {
      'server-secret': await serverSecretOf(host.dataDir),
      'content-type': 'application/json',
    };
    const url = `http://127.0.0.1:${await host.listening}/api/app/`;
    return async (route: string, body: object) => {
      const answer = await fetch(url + route, { method: 'POST', headers, body: JSON.stringify(body) });
      const text = await answer.text();
      assert.equal(answer.status, 200, `${route}: ${text}`);
      return JSON.parse(text);
    };
  }

  async function requireEverybody(target: string, env: Record<string, string> = {}): Promise<void> {
    const host = startHostProcess({ dataDir: target, env });
    const url = `http://127.0.0.1:${await host.listening}/api/appuser/login`;
    const headers = { 'app-token': app.appToken, 'content-type': 'application/json' };
    const statuses = await Promise.all(
      acknowledged.map(async (handle) => {
        const answer = await fetch(url, {
          method: 'POST',
          headers,
          body: JSON.stringify({ handle, password: PASSWORD }),
        });
        return answer.status;
      }),
    );
    assert.deepEqual(
      statuses.filter((status) => status !== 200),
      [],
    );
    await host.stop();
  }

  it('with a setting that this version takes no more is restored, and the start names it', async () => {
    const old = join(folder, 'old-backup');
    const changed = (async function* () {
      for await (const line of readBackupFile(file, PASS.BACKUP_PASS)) {
        const entry = line as BackupEntry;
        if (entry.kind !== 'settings') yield entry;
        else yield { ...entry, settings: { ...entry.settings, API_URL: 'https:\\\\auth.example.com' } };
      }
    })();
    await (await beginBackupFile(old)).write(PASS.BACKUP_PASS, changed, 0);
    const target = join(folder, 'from-old');
    const restored = await setup(['--restore', old, '--data-dir', target], PASS);
    assert.equal(restored.code, 0, restored.stderr);
    const secret = await setup(['--print-secret', '--data-dir', target]);
    assert.equal(secret.code, 78);
    assert.match(secret.stderr, /API_URL /);
  });

  it('is noted, so that the running host tells how old it is', () => {
    assert.ok(Math.abs(Date.parse(noted ?? '') - Date.now()) < 600_000, String(noted));
  });

  it('is private, whole, and holds nothing readable', async () => {
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const text = readFileSync(file, 'latin1');
    for (const secret of ['example.com', 'PRIVATE KEY', 'encrypt key', app.appToken])
      assert.ok(!text.includes(secret));
    const outcome = await verify(file);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stderr, /1 app/);
    assert.deepEqual(
      readdirSync(dataDir).filter((name) => name.startsWith('.backup')),
      [],
    );
  });

  it('restores a host where everybody acknowledged before it logs in', async () => {
    const target = join(folder, 'restored');
    const outcome = await setup(['--restore', file, '--data-dir', target]);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(readFileSync(join(target, 'host.env'), 'utf8'), /SERVER_NAME=mine/);
    assert.equal(statSync(target).mode & 0o777, 0o700);
    for (const name of ['host.env', 'host.db', 'keys/privatekey.pem']) {
      assert.equal(statSync(join(target, name)).mode & 0o077, 0, name);
    }
    assert.ok(statSync(join(target, 'templates', 'pages', 'verified.hbs')).isFile());
    await requireEverybody(target);
  });

  it('revives nothing that may have been revoked since, and says so', async () => {
    const target = join(folder, 'revoked');
    const outcome = await setup(['--restore', file, '--data-dir', target]);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stderr, /log in again/);
    assert.match(outcome.stderr, /--print-secret/);
    const counts = await countOn(target);
    assert.deepEqual(counts, { access: 405, superUser: 405, appToken: 200, secret: 0, shown: 200 });
  });

  it('keeps sessions and secrets with --keep-sessions, which belongs to a restore alone', async () => {
    const target = join(folder, 'moved');
    const outcome = await setup(['--restore', file, '--keep-sessions', '--data-dir', target]);
    assert.equal(outcome.code, 0, outcome.stderr);
    const counts = await countOn(target);
    assert.deepEqual(counts, { access: 200, superUser: 200, appToken: 200, secret: 200, shown: 200 });
    const other = await setup(['--backup', join(folder, 'other'), '--keep-sessions', '--data-dir', target]);
    assert.equal(other.code, 64);
  });

  it('moves a host to MongoDB', { skip: mongodAvailable() ? false : NO_MONGOD }, async () => {
    const mongod = await startMongod();
    assert.ok(mongod);
    const target = join(folder, 'on-mongodb');
    const env = { DB_CONN_STRING: mongod.url(`restore_${process.pid}`) };
    const outcome = await setup(['--restore', file, '--data-dir', target], { ...PASS, ...env });
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(readFileSync(join(target, 'host.env'), 'utf8'), /DB_CONN_STRING=.*mongodb:/);
    await requireEverybody(target, env);
    const again = await setup(['--restore', file, '--data-dir', join(folder, 'again')], { ...PASS, ...env });
    assert.equal(again.code, 73, 'the database is not empty');
    await mongod.stop();
  });

  describe('that cannot be written', () => {
    const remains = () => readdirSync(dataDir).filter((name) => name.startsWith('.backup'));
    const small = () => join(folder, 'small');
    const isMounted = () =>
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small()], { stdio: 'ignore' }).status ===
      0;

    it('is refused with a sentence where the folder is missing or none, and leaves nothing', async () => {
      writeFileSync(join(folder, 'no-folder'), '');
      for (const place of ['missing', 'no-folder']) {
        const outcome = await setup(['--backup', join(folder, place, 'backup'), '--data-dir', dataDir]);
        assert.equal(outcome.code, 73, outcome.stderr);
        assert.match(outcome.stderr, /^Cannot write .* folder .*\.$/m);
        assert.doesNotMatch(outcome.stderr, /\n {4}at /);
        assert.deepEqual(remains(), []);
      }
    });

    it('is refused with a sentence on a full disk, and leaves nothing', async (t) => {
      mkdirSync(small());
      if (!isMounted()) return t.skip('needs root to mount a small disk');
      try {
        const outcome = await setup(['--backup', join(small(), 'backup'), '--data-dir', dataDir]);
        assert.equal(outcome.code, 73, outcome.stderr);
        assert.match(outcome.stderr, /the disk is full/);
        assert.deepEqual([readdirSync(small()), remains()], [[], []]);
      } finally {
        spawnSync('umount', [small()]);
      }
    });

    it('is refused with a sentence where the data folder is full', async (t) => {
      const full = join(folder, 'full');
      mkdirSync(full);
      const size = statSync(join(dataDir, 'host.db')).size + 64 * 1024;
      const mounted =
        spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', full]).status === 0;
      if (!mounted) return t.skip('needs root to mount a small disk');
      try {
        for (const name of ['host.env', 'host.db', 'keys']) {
          cpSync(join(dataDir, name), join(full, name), { recursive: true });
        }
        const outcome = await setup(['--backup', join(folder, 'of-full'), '--data-dir', full]);
        assert.equal(outcome.code, 73, outcome.stderr);
        assert.match(outcome.stderr, /free space/);
        assert.deepEqual(
          readdirSync(full).filter((name) => name.startsWith('.backup')),
          [],
        );
        assert.deepEqual(
          readdirSync(folder).filter((name) => name.startsWith('of-full')),
          [],
        );
      } finally {
        spawnSync('umount', [full]);
      }
    });

    it('sweeps what crashes left, when it is stopped too, and lets a running one alone', async () => {
      const dead = spawnSync('true').pid;
      for (const name of ['.backup-Ab12Cd', `.backup-${dead}-Ab12Cd`, `.backup-${process.pid}-Ab12Cd`]) {
        mkdirSync(join(dataDir, name));
        writeFileSync(join(dataDir, name, 'host.db'), 'people');
      }
      const swept = join(folder, 'swept');
      writeFileSync(`${swept}.0123456789ab.tmp`, 'half');
      const foreign = join(folder, 'foreign.0123456789ab.tmp');
      writeFileSync(foreign, 'not ours');
      const outcome = await setup(['--backup', swept, '--data-dir', dataDir]);
      assert.equal(outcome.code, 0, outcome.stderr);
      assert.deepEqual(remains(), [`.backup-${process.pid}-Ab12Cd`]);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith('swept')),
        ['swept'],
      );
      assert.ok(statSync(foreign).isFile());
      rmSync(join(dataDir, `.backup-${process.pid}-Ab12Cd`), { recursive: true });
    });

    it('leaves nothing when it is interrupted', async () => {
      const target = join(folder, 'interrupted');
      const command = startSetup(['--backup', target, '--data-dir', dataDir], PASS);
      const begun = () => readdirSync(folder).some((name) => name.startsWith('interrupted.'));
      await until('the file is begun', begun, { everyMs: 2 });
      command.child.kill('SIGINT');
      const { code } = await command.ended;
      if (code === 0) return;
      assert.equal(code, 130);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith('interrupted')),
        [],
      );
    });
  });

  it('never overwrites: neither a backup, nor a data folder', async () => {
    assert.equal((await setup(['--backup', file, '--data-dir', dataDir])).code, 73);
    const envFile = readFileSync(join(dataDir, 'host.env'));
    assert.equal((await setup(['--restore', file, '--data-dir', dataDir])).code, 73);
    assert.deepEqual(readFileSync(join(dataDir, 'host.env')), envFile);
  });

  it('is refused with a wrong pass phrase, cut off, or changed anywhere', async () => {
    assert.equal((await verify(file, { BACKUP_PASS: 'another pass phrase' })).code, 78);
    assert.equal((await verify(file, {})).code, 78);
    const whole = readFileSync(file);
    const bad = join(folder, 'bad');
    const flipped = (at: number) => {
      const copy = Buffer.from(whole);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    };
    const cases = {
      'cut in the middle': whole.subarray(0, whole.length >> 1),
      'without its last byte': whole.subarray(0, -1),
      'with a byte more': Buffer.concat([whole, Buffer.from([0])]),
      'a flipped bit in the header': flipped(30),
      'a flipped bit in the middle': flipped(whole.length >> 1),
      'a flipped bit at the end': flipped(whole.length - 1),
      'no backup': Buffer.from('hello\n'),
      empty: Buffer.alloc(0),
    };
    for (const [what, content] of Object.entries(cases)) {
      writeFileSync(bad, content);
      const outcome = await verify(bad);
      assert.equal(outcome.code, 78, `${what}: ${outcome.stderr}`);
    }
    const target = join(folder, 'never');
    assert.equal((await setup(['--restore', bad, '--data-dir', target])).code, 78);
    assert.throws(() => statSync(target));
  });
});
