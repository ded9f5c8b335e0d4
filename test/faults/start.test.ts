import assert from 'node:assert/strict';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { makeDataDir, send } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { NO_OWN_MONGOD, ownMongodAvailable, startOwnMongod } from '../support/mongod.ts';

const started: HostProcess[] = [];
const folders: string[] = [];
function newDataDir(): string {
  const { dataDir } = makeDataDir();
  folders.push(dataDir);
  return dataDir;
}
function start(options: Parameters<typeof startHostProcess>[0]): HostProcess {
  const host = startHostProcess(options);
  started.push(host);
  return host;
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((host) => host.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/**
 * The host refuses to start with that exit code, in one list on stderr that names `DB_CONN_STRING` and says
 * what `expected` says; no stack.
 */
async function assertRefused(host: HostProcess, code: number, expected: RegExp): Promise<void> {
  const end = await host.ended;
  assert.equal(end.code, code, end.stderr);
  assert.match(end.stderr, /^The host cannot start:\n {2}DB_CONN_STRING /);
  assert.match(end.stderr, expected);
  assert.doesNotMatch(end.stderr, /\n {4}at /);
  assert.deepEqual(
    host.lines.map(({ event, exitCode }) => [event, exitCode]),
    [['start_refused', code]],
  );
}

describe('a host with broken texts of its own', () => {
  it('does not start, and names every file with what is wrong', async () => {
    const dataDir = newDataDir();
    const folder = join(dataDir, 'templates/messages/EN');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'signUp.hbs'), 'subject: Hi\n\nno code\n');
    writeFileSync(join(folder, 'invite.hbs'), '');
    const { code, stderr } = await start({ dataDir }).ended;
    assert.equal(code, 78, stderr);
    assert.match(stderr, /^ {2}templates\/messages\/EN\/signUp\.hbs cannot be used: %CODE% is missing$/m);
    assert.match(stderr, /^ {2}templates\/messages\/EN\/invite\.hbs is empty$/m);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });
});

describe('a host in the environment of a log-in shell or of conda', () => {
  const env = { MAIL: '/var/mail/root', HOST: 'x86_64-conda-linux-gnu' };
  it('starts, and says in a line each what it ignores', async () => {
    const host = start({ env });
    assert.equal((await send({ port: await host.listening, method: 'GET', path: '/readyz' })).status, 200);
    const ignored = host.lines.filter(({ msg }) => msg.includes('ignored'));
    assert.deepEqual(ignored.map(({ level, setting }) => [level, setting]).sort(), [
      ['warn', 'HOST'],
      ['warn', 'MAIL'],
    ]);
  });

  it('still refuses the same words in host.env, each by its name', async () => {
    const dataDir = newDataDir();
    writeFileSync(join(dataDir, 'host.env'), `MAIL=${env.MAIL}\nHOST=${env.HOST}\n`);
    const host = start({ dataDir, env: { HOST: '' } });
    const { code, stderr } = await host.ended;
    assert.equal(code, 78, stderr);
    assert.match(stderr, /^ {2}MAIL is none of/m);
    assert.match(stderr, /^ {2}HOST is "x86_64-conda-linux-gnu", which is no address of this machine$/m);
  });
});

describe('a host whose embedded database', () => {
  /** A data folder in which a host has run. */
  async function usedDataDir(): Promise<{ dataDir: string; file: string }> {
    const dataDir = newDataDir();
    const host = start({ dataDir });
    await host.listening;
    host.child.kill('SIGTERM');
    assert.equal((await host.ended).code, 0);
    return { dataDir, file: join(dataDir, 'host.db') };
  }
  function locked(file: string): DatabaseSync {
    const db = new DatabaseSync(file);
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; PRAGMA user_version = 1');
    return db;
  }

  it('is locked for some seconds starts as soon as it is free', async () => {
    const { dataDir, file } = await usedDataDir();
    const lock = locked(file);
    const host = start({ dataDir });
    await pause(2_000);
    assert.deepEqual(host.lines, []);
    lock.close();
    assert.equal((await send({ port: await host.listening, method: 'GET', path: '/readyz' })).status, 200);
  });

  it('stays locked says who has to let go, and ends with 69', async () => {
    const { dataDir, file } = await usedDataDir();
    const lock = locked(file);
    await assertRefused(
      start({ dataDir, env: { DATABASE_WAIT_SECONDS: '1' } }),
      69,
      /locked by another program/,
    );
    lock.close();
  });

  it('is of a newer version is left alone, and says so with 78', async () => {
    const { dataDir, file } = await usedDataDir();
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    await assertRefused(start({ dataDir }), 78, /schema 99.*newer version/);
  });

  const damage: Record<string, (file: string) => void> = {
    'is no database': (file) =>
      writeFileSync(file, 'Dear diary, today I overwrote the wrong file.\n'.repeat(200)),
    'lost its second half': (file) => truncateSync(file, 40 * 1024),
    'has garbage in its tables': (file) => {
      const db = new DatabaseSync(file);
      const pages = db.prepare('PRAGMA page_count').get()?.page_count as number;
      db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
      db.close();
      writeFileSync(file, Buffer.alloc((pages - 2) * 4096, 'garbage'), { flag: 'r+', flush: true });
    },
  };
  for (const [what, ruin] of Object.entries(damage)) {
    it(`${what} says that it is damaged and how to go on, and ends with 78`, async () => {
      const { dataDir, file } = await usedDataDir();
      ruin(file);
      await assertRefused(start({ dataDir }), 78, /damaged[\s\S]*--restore/);
    });
  }

  it('is a folder ends with 73', async () => {
    const dataDir = newDataDir();
    mkdirSync(join(dataDir, 'host.db'));
    await assertRefused(start({ dataDir }), 73, /cannot be opened/);
  });
});

describe('a host whose MongoDB', { skip: ownMongodAvailable() ? false : NO_OWN_MONGOD }, () => {
  it('comes up during the wait starts then; one that never comes ends with 69; a newer one with 78', async () => {
    const mongod = await startOwnMongod();
    try {
      const dataDir = newDataDir();
      const env = { DB_CONN_STRING: mongod.url('start'), DATABASE_WAIT_SECONDS: '60' };
      await mongod.kill();
      await assertRefused(
        start({ dataDir, env: { ...env, DATABASE_WAIT_SECONDS: '1' } }),
        69,
        /cannot be reached/,
      );
      const patient = start({ dataDir, env });
      await pause(2_000);
      await mongod.restart();
      assert.equal(
        (await send({ port: await patient.listening, method: 'GET', path: '/readyz' })).status,
        200,
      );

      const client = new MongoClient(mongod.url('start'));
      await client
        .db()
        .collection<{ _id: string }>('meta')
        .updateOne({ _id: 'schema' }, { $set: { value: '99' } });
      await client.close();
      await assertRefused(start({ dataDir, env }), 78, /schema 99.*newer version/);
    } finally {
      await mongod.stop();
    }
  });
});
