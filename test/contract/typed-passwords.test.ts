import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MongoClient } from 'mongodb';
import { typedMembers } from '../../server/http/frame/typed-text.ts';
import { routes } from '../../server/http/routes/index.ts';
import { readBackupFile } from '../../setup/backup/backup-file.ts';
import { type Answer, makeDataDir, type RequestOptions, send } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { type Mongod, mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { readOutbox } from '../support/outbox.ts';
import { runSetup } from '../support/setup-process.ts';
import { until } from '../support/until.ts';

type Json = Record<string, unknown>;
const BACKUP_PASS = 'pass phrase of the backup';
const md5 = (text: string) => createHash('md5').update(text).digest('hex');
/** A clear password that stands nowhere else, and would meet any filter. */
const planted = (name: string) => `Planted-1-clear-${name}`;

/** Additions §1.2, threats F18. */
for (const store of ['sqlite', 'mongodb'] as const) {
  const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
  describe(`passwords as they were typed, on ${store}`, { skip, timeout: 300_000 }, () => {
    const used = new Set<string>();
    const secrets = new Set<string>();
    const answers: string[] = [];
    let mongod: (Mongod & { stop(): Promise<void> }) | undefined;
    let host: HostProcess;
    let folder: string;
    let port: number;
    let secret: string;
    let output = '';
    let stderr = '';
    let rows = '';
    const database = `typed_${process.pid}`;

    before(async () => {
      mongod = store === 'mongodb' ? await startMongod() : undefined;
      folder = mkdtempSync(join(tmpdir(), 'typed-passwords-'));
      const dataDir = join(folder, 'data');
      mkdirSync(dataDir, { mode: 0o700 });
      const { settings } = makeDataDir(dataDir);
      const connection = mongod ? { DB_CONN_STRING: mongod.url(database) } : undefined;
      const lines = Object.entries({ ...settings, ...connection }).map(
        ([name, text]) => `${name}='${text}'\n`,
      );
      writeFileSync(join(dataDir, 'host.env'), lines.join(''), { mode: 0o600 });
      const env = { LOG_LEVEL: 'trace', MAIL: 'outbox', SMS: 'outbox', ...connection };
      host = startHostProcess({ dataDir, env });
      host.child.stdout?.on('data', (chunk: Buffer) => {
        output += chunk;
      });
      port = await host.listening;
      secret = await serverSecretOf(dataDir);
      await live();
      host.child.kill('SIGTERM');
      ({ stderr } = await host.ended);
    });
    after(async () => {
      await host?.stop();
      await mongod?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    async function call(method: string, path: string, input: RequestOptions): Promise<Answer> {
      const answer = await send({ port, method, path, input });
      answers.push(answer.text);
      for (const body of [input.json, input.form] as (Json | undefined)[]) {
        for (const [name, value] of Object.entries(body ?? {})) {
          if (!/Text$/.test(name) || typeof value !== 'string') continue;
          used.add(`${method} ${path} ${name}`);
          for (const form of [value, Buffer.from(value).toString('base64')]) secrets.add(form);
        }
      }
      return answer;
    }
    const portal = (route: string, json: Json) =>
      call('POST', `/api/app${route}`, { headers: { 'server-secret': secret }, json });
    const codeFor = async (to: string, message: string) => {
      const find = () =>
        readOutbox(host.dataDir).findLast((line) => line.to === to && line.message === message);
      await until(`${message} was sent to ${to}`, () => find() !== undefined);
      return find() ?? assert.fail();
    };

    /** Every route that takes a clear password, with a right one, a wrong one and one that is refused. */
    async function live(): Promise<void> {
      const { body: app } = await portal('', { name: 'Planted' });
      const { appId } = app;
      const headers = { 'app-token': app.appToken };
      const asApp = (route: string, json: Json) => call('POST', `/api/appuser/${route}`, { headers, json });
      const set = (setting: string, fields: Json) =>
        portal('/updateAppSetting', { appId, setting, ...fields });
      const ok = ({ status, text }: Answer) => assert.equal(status, 200, text);

      const handle = 'ada@example.com';
      const first = planted('signup');
      await asApp('signup', { handle, passwordText: `${first}\u0000`, password: md5('other') });
      ok(await asApp('signup', { handle, passwordText: first }));
      ok(await asApp('signup', { handle, passwordText: planted('contested') }));
      const { code } = await codeFor(handle, 'signUp');
      const joined = await asApp('completeSignup', { handle, code, passwordText: first });
      ok(joined);
      ok(await call('POST', '/api/appuser/login', { headers, form: { handle, passwordText: first } }));
      await asApp('login', { handle, passwordText: planted('wrong') });
      ok(await asApp('signupState', { handle, passwordText: first }));
      ok(await asApp('signupState', { handle, passwordText: planted('whose state') }));
      const asUser = { 'access-token': joined.body['access-token'] };
      const changed = planted('changed');
      const change = { passwordText: first, newPasswordText: changed };
      await call('POST', '/api/appuser/changePassword', {
        headers: asUser,
        json: { passwordText: planted('guess'), newPasswordText: planted('unused') },
      });
      ok(await call('POST', '/api/appuser/changePassword', { headers: asUser, json: change }));

      const again = await asApp('login', { handle, passwordText: changed });
      await call('POST', '/api/appuser/setHandle', {
        headers: { 'access-token': again.body['access-token'] },
        json: { handle: 'ada.new@example.com', passwordText: changed },
      });

      ok(await asApp('forgotPassword', { handle }));
      const reset = await codeFor(handle, 'resetPassword');
      await asApp('resetPassword', { handle, code: '000000', newPasswordText: planted('no-reset') });
      ok(await asApp('resetPassword', { handle, code: reset.code, passwordText: planted('reset') }));

      await set('invite', { invitationEnabled: true });
      await portal('/createAppInvite', { appId, handle: 'bo@example.com' });
      const invite = await codeFor('bo@example.com', 'invite');
      const register = { handle: 'bo@example.com', code: invite.code, passwordText: planted('register') };
      ok(await asApp('register', register));

      const added = await portal('/addUser', {
        appId,
        handle: 'cy@example.com',
        passwordText: planted('added'),
      });
      ok(added);
      const userId = added.body._id;
      ok(await portal('/resetUserPassword', { appId, userId, passwordText: planted('portal') }));
      const login = await asApp('login', { handle: 'cy@example.com', passwordText: planted('portal') });
      await call('POST', '/api/appuser/deleteAccount', {
        headers: { 'access-token': login.body['access-token'] },
        json: { handle: 'cy@example.com', passwordText: planted('not-mine') },
      });
      ok(
        await call('POST', '/api/appuser/deleteAccount', {
          headers: { 'access-token': login.body['access-token'] },
          json: { handle: 'cy@example.com', passwordText: planted('portal') },
        }),
      );

      await set('passwordFilter', { passwordFilter: true });
      await set('passwordSetting', { passwordMinLength: 500 });
      for (const route of ['signup', 'register', 'resetPassword']) {
        await asApp(route, {
          handle: 'dy@example.com',
          code: '123456',
          passwordText: planted(`short-${route}`),
        });
      }
      await asApp('login', { handle, passwordText: [planted('in-a-list')] });
      secrets.add(planted('in-a-list'));
      await until('the refusals are logged', () =>
        host.lines.some(({ reason }) => reason === 'password_rules'),
      );
      rows = (
        await call('GET', `/api/app/logs?appId=${appId}&limit=500`, { headers: { 'server-secret': secret } })
      ).text;
    }

    const found = (text: string) => [...secrets].filter((each) => text.includes(each));

    it('are tried on every route that takes one', () => {
      const declared = routes.flatMap((route) =>
        route.page
          ? []
          : typedMembers(route.input?.shape ?? {}).map(({ name }) => `${route.method} ${route.path} ${name}`),
      );
      assert.ok(declared.length >= 10);
      assert.deepEqual(
        declared.filter((member) => !used.has(member)),
        [],
      );
      assert.ok(secrets.size > 20);
    });

    it('stand in no line of the log at its finest level, and not on stderr', () => {
      assert.ok(output.includes('"event":"login_succeeded"'));
      assert.deepEqual([found(output), found(stderr)], [[], []]);
    });

    it('stand in no answer and no row of the app’s log', () => {
      assert.match(rows, /"action":"completeSignup"/);
      assert.deepEqual([found(rows), found(answers.join('\n'))], [[], []]);
    });

    it('stand in no message', () => {
      const outbox = readFileSync(join(host.dataDir, 'outbox.jsonl'), 'utf8');
      assert.match(outbox, /passwordSetByPortal/);
      assert.deepEqual(found(outbox), []);
    });

    it('stand in no file of the data folder and no row of the database', async () => {
      for (const name of readdirSync(host.dataDir, { recursive: true, withFileTypes: true })) {
        if (!name.isFile()) continue;
        const file = join(name.parentPath, name.name);
        assert.deepEqual([file, found(readFileSync(file, 'latin1'))], [file, []]);
      }
      if (!mongod) return;
      const client = await MongoClient.connect(mongod.url(database));
      try {
        for (const { collectionName: name } of await client.db().collections()) {
          const stored = JSON.stringify(await client.db().collection(name).find().toArray());
          assert.deepEqual([name, found(stored)], [name, []]);
        }
      } finally {
        await client.close();
      }
    });

    it('stand in no backup', async () => {
      const file = join(folder, 'backup');
      const { code, stderr: told } = await runSetup(['--backup', file, '--data-dir', host.dataDir], {
        BACKUP_PASS,
      });
      assert.equal(code, 0, told);
      let entries = 0;
      for await (const entry of readBackupFile(file, BACKUP_PASS)) {
        entries++;
        assert.deepEqual(found(JSON.stringify(entry)), []);
      }
      assert.ok(entries > 5);
    });
  });
}
