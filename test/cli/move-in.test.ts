import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { describeOnBothStores } from '../support/both-stores.ts';
import { COSYNC_START, emptyPlace, runCosync } from '../support/cosync-process.ts';
import { FIREBASE_KEYS, FIXTURES } from '../support/foreign-files.ts';
import type { LogLine } from '../support/host.ts';
import { until } from '../support/until.ts';

describeOnBothStores('cosync move-in', (host) => {
  const { folder, env } = emptyPlace();
  after(() => rmSync(folder, { recursive: true, force: true }));
  const put = (name: string, content: string | Buffer = '') => writeFileSync(join(folder, name), content);
  const run = (app: string, ...args: string[]) =>
    runCosync(['move-in', ...args, '--app', app], {
      cwd: folder,
      env: { ...env, COSYNC_URL: host().url, COSYNC_SECRET: host().serverSecret },
    });
  const sizeOf = async (name: string) => {
    const apps = (await host().portal('GET', `/api/app/search?name=${name}&case=true`)).body;
    return host().deps.store.users.size(apps[0].appId);
  };

  it('tells what would be, then does it, and again leaves who is in', async () => {
    const { name } = await host().createApp({ name: `firebase-${process.pid}` });
    put('users.json', FIXTURES['firebase, JSON']?.file);
    put('key.txt', `${FIREBASE_KEYS.base64_signer_key}\n`);
    const args = ['users.json', '--from', 'firebase', '--signer-key-file', 'key.txt'];
    const dry = await run(name, ...args, '--dry-run');
    assert.deepEqual([dry.code, await sizeOf(name)], [0, 0], dry.stderr);
    assert.match(dry.stdout, /2 would move into .*\n.*at once: 0\nWith a new client or a reset: 1\n/);
    const done = await run(name, ...args, '--json');
    assert.deepEqual([done.code, await sizeOf(name)], [0, 2], done.stderr);
    assert.equal(JSON.parse(done.stdout).canLogIn.socialOnly, 1);
    const again = await run(name, ...args, '--resume');
    assert.match(again.stdout, /^0 moved into .*, 0 updated, 2 left as they are, 0 refused\./);
  });

  it('takes the second file, and writes what was refused', async () => {
    const { name } = await host().createApp({ name: `auth0-${process.pid}` });
    const { file, second } = FIXTURES.auth0 ?? {};
    put('users.ndjson', `${file}\n{"user_id":"auth0|9"}\n`);
    put('hashes.ndjson', second?.text);
    const args = ['users.ndjson', '--from', 'auth0', '--with', 'hashes.ndjson', '--refused', 'refused.csv'];
    const { code, stdout, stderr } = await run(name, ...args);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /3 moved .*1 refused\.\n[\s\S]*line 4: no_handle \(auth0\|9\)/);
    assert.equal(readFileSync(join(folder, 'refused.csv'), 'utf8'), 'line,reason,id\n4,no_handle,auth0|9\n');
    assert.equal(statSync(join(folder, 'refused.csv')).mode & 0o777, 0o600);
  });

  it('says after Ctrl-C that the host goes on, and what stops it', async () => {
    const app = await host().createApp({ name: `many-${process.pid}` });
    const people = Array.from({ length: 9_000 }, (_, n) => ({
      user_id: `auth0|${n}`,
      email: `p${n}@example.com`,
    }));
    put('many.ndjson', people.map((person) => JSON.stringify(person)).join('\n'));
    const args = [COSYNC_START, 'move-in', 'many.ndjson', '--from', 'auth0', '--app', app.name];
    const access = { COSYNC_URL: host().url, COSYNC_SECRET: host().serverSecret };
    const before = host().lines.length;
    const child = spawn(process.execPath, args, { cwd: folder, env: { ...env, ...access } });
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    const ended = once(child, 'close');
    await until('the host has begun', async () => {
      const { body } = await host().portal('GET', `/api/app/jobs?appId=${app.id}`);
      host().deps.wakeJobs();
      return body.rows[0]?.read > 0;
    });
    const asksHow = ({ msg, method, route }: LogLine) =>
      msg === 'request' && method === 'GET' && route === '/api/app/import';
    await until('it follows', () => host().lines.slice(before).some(asksHow));
    child.kill('SIGINT');
    await ended;
    assert.equal(child.exitCode, 130, told);
    const { body } = await host().portal('GET', `/api/app/jobs?appId=${app.id}`);
    const [{ job, format, dryRun }] = body.rows;
    assert.deepEqual([format, dryRun], ['auth0', false]);
    assert.match(
      told,
      new RegExp(`goes on[^\\n]*\\n {2}cosync api POST /api/app/stopImport -f job=${job}\\n`),
    );
    assert.equal((await host().portal('POST', '/api/app/stopImport', { json: { job } })).text, 'true');
  });

  it('doubts a file that looks like one of another system', async () => {
    const { name } = await host().createApp({ name: `doubt-${process.pid}` });
    put('people.json', FIXTURES['firebase, JSON']?.file);
    put('auth0.ndjson', FIXTURES.auth0?.file);
    const args = ['people.json', '--from', 'auth0'];
    const looks = /The file looks like one of firebase, and is read as one of auth0\./;
    const dry = await run(name, ...args, '--dry-run');
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stderr, looks);
    assert.match(dry.stderr, /Hardly a password came along: 1 of 1 need a reset\./);
    const inEarnest = await run(name, ...args);
    assert.equal(inEarnest.code, 64);
    assert.match(inEarnest.stderr, looks);
    assert.match(inEarnest.stderr, /--yes/);
    assert.equal(await sizeOf(name), 0);
    const meant = await run(name, ...args, '--yes');
    assert.equal(meant.code, 0, meant.stderr);
    assert.equal(await sizeOf(name), 1);
    const right = await run(name, 'auth0.ndjson', '--from', 'auth0', '--dry-run');
    assert.doesNotMatch(right.stderr, /looks like/);
  });

  it('says in a sentence what is wrong', async () => {
    const { name } = await host().createApp({ name: `wrong-${process.pid}`, maxUsers: 1 });
    put('broken.json', '{"users": [{"id": "1"');
    put('empty.txt', '');
    put('two.ndjson', FIXTURES.auth0?.file);
    const wrong: [args: string[], code: number, err: RegExp][] = [
      [['nowhere.json', '--from', 'auth0'], 66, /nowhere.json cannot be read/],
      [['broken.json', '--from', 'myspace'], 64, /Where from\?/],
      [['broken.json', '--from', 'firebase'], 64, /base64_signer_key of [^\n]*\n {2}--signer-key-file FILE/],
      [['.', '--from', 'auth0'], 66, /\. cannot be read \(no file\)/],
      [['two.ndjson', '--from', 'firebase', '--signer-key-file', 'empty.txt'], 65, /empty.txt is empty/],
      [['broken.json', '--from', 'clerk', '--with', 'two.ndjson'], 64, /clerk knows no second file/],
      [['broken.json', '--from', 'keycloak'], 65, /broken off or damaged\./],
      [['two.ndjson', '--from', 'auth0'], 65, /too few free seats[\s\S]*maxUsers=[^\n]*type=commercial/],
      [['two.ndjson', '--from', 'auth0', '--conflict', 'perhaps'], 64, /--conflict "perhaps"/],
      [['two.ndjson', '--from', 'auth0', '--map', 'broken.json'], 65, /broken.json is not JSON/],
    ];
    for (const [args, code, err] of wrong) {
      const outcome = await run(name, ...args);
      assert.equal(outcome.code, code, `${args.join(' ')}: ${outcome.stderr}`);
      assert.match(outcome.stderr, err);
      assert.doesNotMatch(outcome.stderr, /\n {4}at /);
    }
    assert.equal(await sizeOf(name), 0);
  });
});
