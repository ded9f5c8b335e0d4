import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import { makeDataDir, PASSWORD } from '../support/host.ts';
import { describeOverRawStores, rotten } from '../support/raw-stage.ts';
import { anActivity, anInvite, aQueuedMessage, aSignup, aTemplate } from '../support/records.ts';
import { runSetup } from '../support/setup-process.ts';
import { download } from '../support/transfers.ts';
import { until } from '../support/until.ts';
import { rowsOf, unzipped } from '../support/zip.ts';

const NO_DOCUMENT = '{"schema":1,"status":"acti';

describeOverRawStores('rows that do not open', (stage) => {
  let app: App;
  let damagedApp: App;
  let damaged: User;
  let waiting: string;
  /** Rows by table, in the way they are named. */
  const names = new Set<string>();
  const PEOPLE = 8;

  before(async () => {
    const { host, raw } = stage();
    const { store } = host.deps;
    const now = host.clock.now();
    app = await host.createApp();
    damagedApp = await host.createApp();
    const users: User[] = [];
    for (let n = 0; n < PEOPLE; n++)
      users.push(await host.createUser(app, { handle: `person${n}@example.com`, createdAt: now + n }));
    await host.createUser(damagedApp, { handle: 'neighbour@example.com' });
    const ofApp = { appId: app.id, createdAt: now };
    const rows = {
      users,
      signups: [0, 1].map((n) => aSignup({ ...ofApp, handle: `waiting${n}@example.com` })),
      invites: [0, 1].map((n) => anInvite({ ...ofApp, handle: `invited${n}@example.com` })),
      templates: [aTemplate({ ...ofApp, name: 'signUpSuccess' }), aTemplate(ofApp)],
      activity: [0, 1].map(() => anActivity(ofApp)),
      messages: [0, 1].map((n) => {
        const message = aQueuedMessage({ ...ofApp, dueAt: now + 60_000, giveUpAt: now + 9e6 });
        const to = `mail${n}@example.com`;
        return { ...message, to, content: message.content && { ...message.content, to } };
      }),
    };
    await store.signups.insertMany(rows.signups);
    await store.invites.insertMany(rows.invites);
    await store.templates.insertMany(rows.templates);
    await store.activity.insertMany(rows.activity);
    for (const message of rows.messages) await store.messages.insert(message);
    // One of each table; of two of them the document is no document any more.
    for (const [table, [, victim]] of Object.entries(rows)) {
      assert.ok(victim);
      const broken = table === 'templates' || table === 'invites';
      const doc = await raw.doc(table, victim.id);
      await raw.setDoc(table, victim.id, broken ? NO_DOCUMENT : rotten(doc));
      names.add(`${table}/${victim.id}`);
    }
    await raw.setDoc('apps', damagedApp.id, rotten(await raw.doc('apps', damagedApp.id)));
    names.add(`apps/${damagedApp.id}`);
    damaged = users[1] as User;
    waiting = rows.messages[1]?.id ?? '';
    host.clock.advance(4_000);
  });

  const told = () =>
    stage()
      .host.events.filter(({ event }) => event === 'tamper_detected')
      .map(({ record }) => String(record));

  it('are left out of what lists, searches, counts and exports, which go on', async () => {
    const { host } = stage();
    const query = `appId=${app.id}`;
    const get = async (path: string) => {
      const answer = await host.portal('GET', `/api/app/${path}`);
      assert.equal(answer.status, 200, `${path}: ${answer.text}`);
      return answer.body;
    };
    const stat = await get(`stat?${query}`);
    assert.deepEqual(
      [stat.users.length, stat.totalUser, stat.invites.length, stat.signups.length],
      [PEOPLE - 1, PEOPLE, 1, 1],
    );
    assert.equal((await get(`searchUser?${query}&value=person`)).length, PEOPLE - 1);
    assert.deepEqual(await get(`searchUser?${query}&value=${damaged.handle}`), []);
    assert.equal((await get(`searchInvite?${query}&value=invited`)).length, 1);
    assert.equal((await get(`searchSingUp?${query}&value=waiting`)).length, 1);
    const logs = await get(`logs?${query}`);
    assert.ok(logs.logs.length >= 1);
    await get(`emailTemplates?${query}`);
    const apps: App[] = await get('allApps');
    assert.deepEqual(
      [JSON.stringify(apps).includes(app.id), JSON.stringify(apps).includes(damagedApp.id)],
      [true, false],
    );
    const files = await unzipped(await download(host, `/api/app/export?${query}`));
    const users = rowsOf(files['user-collection.csv']);
    assert.equal(users.length, PEOPLE - 1);
    await unzipped(await download(host, '/api/app/exportHost'));
    assert.equal((await host.portal('GET', '/api/app/patchAppLocales')).status < 500, true);
  });

  it('refuse whoever they belong to, and nobody else', async () => {
    const { host } = stage();
    const login = (handle: string) =>
      host.request('POST', '/api/appuser/login', {
        headers: { 'app-token': app.appToken },
        json: { handle, password: PASSWORD },
      });
    for (let n = 0; n < PEOPLE; n++) {
      const { status, body } = await login(`person${n}@example.com`);
      assert.deepEqual([status, body.code], n === 1 ? [400, 500] : [200, undefined]);
    }
    const token = await host.accessToken(app, damaged);
    const headers = { 'access-token': token };
    const { status, body } = await host.request('GET', '/api/appuser/getUser', { headers });
    assert.deepEqual([status, body.code], [400, 500]);
    const ofDamaged = { headers: { 'app-token': damagedApp.appToken } };
    const answer = await host.request('GET', '/api/appuser/getApplication', ofDamaged);
    assert.deepEqual([answer.status, answer.body.code], [400, 500]);
    assert.equal(host.events.filter(({ event }) => event === 'unexpected_error').length, 0);
  });

  it('do not stop mails, and leave the queue instead of coming back', async () => {
    const { host, raw } = stage();
    host.clock.advance(120_000);
    const { messages } = host.deps.store;
    // Its app may be put back: it waits as for a provider that is away.
    const now = host.clock.now();
    const patient = aQueuedMessage({ appId: damagedApp.id, dueAt: now, giveUpAt: now + 9e6 });
    await messages.insert(patient);
    host.deps.wakeDelivery();
    await until('the row leaves the queue', async () => (await raw.dueAt('messages', waiting)) === null);
    await until('the other message is sent', async () => (await messages.count()) <= 2);
    await until(
      'the message of a damaged app is put off',
      async () => (await raw.doc('messages', patient.id)).tries === 1,
    );
    assert.ok(Number(await raw.dueAt('messages', patient.id)) > now);
    assert.equal(await raw.dueAt('messages', waiting), null);
    await messages.remove(patient.id);
  });

  it('are named in the log once, and only by table and id', () => {
    assert.deepEqual(told().toSorted(), [...new Set(told())].toSorted(), 'once each');
    assert.deepEqual(told().toSorted(), [...names].toSorted());
  });

  it('are counted and named by --check, and kept by a backup and its restore', async () => {
    const { host, env } = stage();
    const { settings } = makeDataDir(host.dataDir);
    const { PASS_KEY = '', ENCRYPT_KEY = '' } = settings;
    const folder = mkdtempSync(join(tmpdir(), 'damaged-rows-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'backup');
    const target = join(folder, 'restored');
    const secrets = { PASS_KEY, ENCRYPT_KEY, BACKUP_PASS: 'pass phrase of the backup' };
    const run = (args: string[], more = env) => runSetup(args, { ...secrets, ...more });
    const records = async (dataDir: string) => {
      const { stdout } = await run(['--check', '--json', '--data-dir', dataDir]);
      const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; detail: string }[] };
      const check = checks.find(({ name }) => name === 'records');
      assert.equal(check?.ok, false);
      return check?.detail ?? '';
    };
    const before = await records(host.dataDir);
    assert.match(before, new RegExp(`^${names.size} rows do not open`));
    for (const name of names) assert.ok(before.includes(name), `${name}: ${before}`);
    assert.ok(!before.includes('example.com'));

    const made = await run(['--backup', file, '--data-dir', host.dataDir]);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stderr, new RegExp(`${names.size} rows do not open`));
    const verified = await run(['--verify-backup', file, '--data-dir', host.dataDir]);
    assert.equal(verified.code, 0, verified.stderr);
    assert.match(verified.stderr, new RegExp(`${names.size} damaged`));
    const restored = await run(['--restore', file, '--data-dir', target], {});
    assert.equal(restored.code, 0, restored.stderr);
    writeFileSync(join(target, 'outbox.jsonl'), '', { mode: 0o600 });
    const { stdout } = await runSetup(['--check', '--json', '--data-dir', target]);
    for (const name of names) assert.ok(stdout.includes(name), name);
  });
});
