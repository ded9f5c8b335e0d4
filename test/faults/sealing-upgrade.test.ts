import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { buildConfig } from '../../server/config/load.ts';
import { createLogger } from '../../server/log/logger.ts';
import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import { META } from '../../server/ports/store/meta.ts';
import { openDataKey } from '../../server/security/data-key.ts';
import { buildDeps } from '../../server/wiring.ts';
import { earlierAppDoc, earlierUserDoc } from '../support/earlier-rows.ts';
import { makeDataDir, PASSWORD, send } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { insertApp } from '../support/insert.ts';
import { type Mongod, mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { openRawDatabase, type RawDatabase } from '../support/raw-stage.ts';
import { aUser } from '../support/records.ts';
import { runSetup } from '../support/setup-process.ts';
import { until } from '../support/until.ts';

const USERS = 600;
const KILLS = 3;

for (const kind of ['sqlite', 'mongodb'] as const) {
  const skip = kind === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
  describe(`rows that an earlier version left in the clear, on ${kind}`, { skip, timeout: 180_000 }, () => {
    const { dataDir, settings } = makeDataDir();
    const folder = mkdtempSync(join(tmpdir(), 'sealing-upgrade-'));
    let mongod: (Mongod & { stop(): Promise<void> }) | undefined;
    let env: Record<string, string>;
    let raw: RawDatabase;
    let closeRaw: () => Promise<void>;
    let app: App;
    let users: User[];
    const hosts: HostProcess[] = [];

    before(async () => {
      mongod = kind === 'mongodb' ? await startMongod() : undefined;
      const database = `sealing_upgrade_${process.pid}`;
      env = mongod ? { DB_CONN_STRING: mongod.url(database) } : {};
      const hostEnv = `PASS_KEY='${settings.PASS_KEY}'\nENCRYPT_KEY='${settings.ENCRYPT_KEY}'\n`;
      writeFileSync(join(dataDir, 'host.env'), hostEnv, { mode: 0o600 });
      const config = buildConfig({ ...settings, ...env }, { production: false });
      const deps = await buildDeps(config, createLogger('fatal'));
      app = await insertApp(deps);
      const passwordHash = await deps.passwords.hash(PASSWORD);
      users = Array.from({ length: USERS }, (_, n) =>
        aUser({
          appId: app.id,
          handle: `user${n}@example.com`,
          passwordHash,
          status: n === 1 ? 'suspend' : 'active',
        }),
      );
      await deps.store.users.insertMany(users);
      await deps.store.meta.compareAndSet(META.serverSecretGeneration, undefined, '3');
      await deps.stop();
      ({ raw, close: closeRaw } = await openRawDatabase(mongod?.url(database), join(dataDir, 'host.db')));
      const meta = { get: raw.meta, compareAndSet: async () => false };
      const { cipher, whole } = await openDataKey({ meta, encryptKey: settings.ENCRYPT_KEY ?? '' });
      assert.equal(whole, false);
      for (const user of users) await raw.setDoc('users', user.id, earlierUserDoc(cipher, user));
      await raw.setDoc('apps', app.id, earlierAppDoc(cipher, app));
    });
    after(async () => {
      await Promise.all(hosts.map((host) => host.stop()));
      await closeRaw?.();
      await mongod?.stop();
      for (const path of [dataDir, folder]) rmSync(path, { recursive: true, force: true });
    });

    /** With the key that `host.env` holds. */
    const start = (folder = dataDir, more = env) =>
      startHostProcess({ dataDir: folder, env: { ...more, ENCRYPT_KEY: '' } });
    const logIn = async (host: HostProcess, n: number) => {
      const input = {
        headers: { 'app-token': app.appToken },
        json: { handle: `user${n}@example.com`, password: PASSWORD },
      };
      return send({ port: await host.listening, method: 'POST', path: '/api/appuser/login', input });
    };
    const isClear = async ({ id }: User) => 'status' in (await raw.doc('users', id));
    const marked = async () => JSON.parse((await raw.meta(META.dataKey)) ?? '').wraps[0].whole;
    const setup = (...args: string[]) =>
      runSetup([...args, '--data-dir', dataDir], { ...env, BACKUP_PASS: 'pass phrase of the backup' });

    it('are read by the commands of setup, which leave them as they are', async () => {
      const made = await setup('--backup', join(folder, 'earlier'));
      assert.equal(made.code, 0, made.stderr);
      const rotated = await setup('--rotate-encrypt-key', '--yes');
      assert.equal(rotated.code, 0, rotated.stderr);
      assert.ok(await isClear(users[0] as User));
      assert.equal(await marked(), undefined);
    });

    it('are sealed before the port opens, whatever kills the host and however many start at once', async () => {
      for (let kills = 0; kills < KILLS; kills++) {
        const host = start();
        await Promise.race([host.listening.catch(() => 0), pause(350 + 120 * kills)]);
        await host.stop();
      }
      const clear = await Promise.all(users.map(isClear));
      const pair = [start(), start()];
      hosts.push(...pair);
      await Promise.race(pair.map((host) => host.listening));
      assert.equal(await marked(), true);
      for (const user of users) assert.equal(await isClear(user), false);
      await Promise.all(pair.map((host) => host.listening));
      // On a fast machine one of those that were killed may have sealed the last row, without a word of it.
      const told = pair.flatMap(({ lines }) => lines.filter(({ event }) => event === 'rows_sealed'));
      if (clear.includes(true))
        assert.ok(
          told.some(({ done, total }) => done === total),
          'the log says that rows were sealed',
        );
      for (const host of pair) {
        assert.equal((await logIn(host, 0)).status, 200);
        assert.notEqual((await logIn(host, 1)).status, 200, 'suspended');
        assert.equal((await logIn(host, USERS - 1)).status, 200);
      }
    });

    it('are tampering from then on', async () => {
      const [host] = hosts;
      assert.ok(host);
      const user = users[2] as User;
      const doc = await raw.doc('users', user.id);
      await raw.setDoc('users', user.id, { ...doc, schema: 1, status: 'active' });
      assert.equal((await logIn(host, 2)).body.code, 500);
      const told = () =>
        host.lines.some(({ event, record }) => event === 'tamper_detected' && record === `users/${user.id}`);
      await until('tamper_detected is told', told);
      await raw.setDoc('users', user.id, doc);
      assert.equal((await logIn(host, 2)).status, 200);
      assert.notEqual(await raw.meta(META.serverSecretGeneration), '3', 'sealed');
    });

    it('come back from a backup of before, and ENCRYPT_KEY can be changed as ever', async () => {
      await Promise.all(hosts.splice(0).map((host) => host.stop()));
      const rotated = await setup('--rotate-encrypt-key', '--yes');
      assert.equal(rotated.code, 0, rotated.stderr);
      assert.equal(await marked(), true);
      const target = join(folder, 'restored');
      const restored = await runSetup(['--restore', join(folder, 'earlier'), '--data-dir', target], {
        BACKUP_PASS: 'pass phrase of the backup',
        DB_CONN_STRING: `sqlite:${join(target, 'host.db')}`,
      });
      assert.equal(restored.code, 0, restored.stderr);
      for (const host of [start(), start(target, {})]) {
        hosts.push(host);
        assert.equal((await logIn(host, 5)).status, 200);
      }
    });
  });
}
