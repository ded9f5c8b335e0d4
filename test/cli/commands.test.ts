import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { describeOnBothStores } from '../support/both-stores.ts';
import { runCosync } from '../support/cosync-process.ts';
import { cosyncStage } from '../support/cosync-stage.ts';

const PASSWORD = 'a quiet morning by the lake';

describeOnBothStores('the command line on pipes', (host) => {
  const { folder, bare, env, run, check, story, table } = cosyncStage(host);

  story('tells which host, and knows no app before there is one', () => [
    { args: ['status'], out: /why +COSYNC_URL/ },
    {
      args: ['status', '--json'],
      json: ({ url, apps }) => assert.deepEqual({ url, apps }, { url: host().url, apps: 0 }),
    },
    { args: ['app', 'list'], err: /No app yet/ },
    { args: ['user', 'list'], code: 1, err: /no app yet.\n +cosync app create/ },
  ]);

  story('keeps hosts that it has tried', () => [
    {
      args: ['host', 'add', 'here', '--url', host().url],
      input: `${host().serverSecret}\n`,
      out: /Kept the host here/,
    },
    {
      args: ['host', 'add', 'wrong', '--url', host().url],
      input: 'eyJ.no.secret',
      code: 77,
      err: /refused by .*\n +npx setup --print-secret/,
    },
    {
      args: ['host', 'add', 'bad', '--url', 'ftp://x'],
      input: 'x',
      code: 78,
      err: /--url is not an address/,
    },
    { args: ['host', 'add', 'none', '--url', host().url], code: 64, err: /nobody can be asked/ },
    {
      args: ['host', 'add', 'none', '--url', host().url, '--secret-file', 'nowhere'],
      code: 78,
      err: /nowhere cannot be read/,
    },
    { args: ['host', 'use', 'here'], out: /Commands go to here/ },
    { args: ['host', 'use', 'nobody'], code: 1, err: /No host is called "nobody"/ },
    {
      args: ['host', 'list', '--json'],
      json: ({ rows }) => assert.deepEqual(rows, [{ name: 'here', url: host().url, current: true }]),
    },
    { args: ['status', '--host', 'here'], out: /why +--host here/ },
    { args: ['--host', 'nobody', 'status'], code: 78, err: /There is: here/ },
  ]);

  it('writes secrets where only their owner reads them, and refuses a file that others can read', async () => {
    const file = join(folder, 'config', 'cosync', 'hosts.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
      current: 'here',
      hosts: { here: { url: host().url, secret: host().serverSecret } },
      apps: {},
    });
    const without = { ...bare, XDG_CONFIG_HOME: join(folder, 'open') };
    mkdirSync(join(folder, 'open', 'cosync'), { recursive: true });
    writeFileSync(join(folder, 'open', 'cosync', 'hosts.json'), '{}', { mode: 0o644 });
    const outcome = await runCosync(['host', 'list'], { cwd: folder, env: without });
    assert.equal(outcome.code, 78);
    assert.match(outcome.stderr, /Others on this machine can read .*\n +chmod 600/);
  });

  it('takes the host in use, and then the data folder, when the environment names none', async () => {
    const cwd = join(folder, 'work');
    const chosen = await runCosync(['status'], { cwd, env: bare });
    assert.match(chosen.stdout, /why +chosen by cosync host use/);
    await check({ args: ['host', 'use', '-'] });
    const none = await runCosync(['status'], { cwd, env: bare });
    assert.deepEqual([none.code, none.stdout], [69, '']);
    const noSecret = await runCosync(['status'], { cwd, env: { ...bare, COSYNC_URL: host().url } });
    assert.equal(noSecret.code, 78);
    const gone = await runCosync(['status'], { cwd, env: { ...env, COSYNC_URL: 'http://127.0.0.1:9' } });
    assert.equal(gone.code, 69);
    const refused = await runCosync(['status'], { cwd, env: { ...env, COSYNC_SECRET: 'eyJ.other.one' } });
    assert.equal(refused.code, 77);
    assert.match(refused.stderr, /request \S+\)/);
    const file = { ...env, COSYNC_SECRET: undefined, COSYNC_SECRET_FILE: join(folder, 'nowhere') };
    assert.equal((await runCosync(['status'], { cwd, env: file })).code, 78);
    await check({ args: ['host', 'remove', 'here'], out: /Forgot/ });
    await check({ args: ['host', 'remove', 'here'], code: 1, err: /No host is called/ });
  });

  story('makes apps and changes their settings', () => [
    { args: ['app', 'create', 'shop', '--flow', 'link'], out: /signupFlow +link\nappToken +eyJ/ },
    {
      args: ['app', 'create', 'shop', '--flow', 'dance'],
      code: 64,
      err: /no signup flow.\n +One of code, link, none/,
    },
    {
      args: ['app', 'list', '--csv'],
      out: /^name,id,status,type,users,new 7d,waiting,last login,warnings\r\nshop,[\da-f]{32},/,
    },
    { args: ['app', 'list', '--after', 'nonsense'], code: 1, err: /after has a value that cannot be/ },
    {
      args: ['app', 'show', '--json'],
      json: ({ name, appToken }) =>
        assert.deepEqual({ name, appToken }, { name: 'shop', appToken: undefined }),
    },
    { args: ['app', 'show', '--app', 'nobody'], code: 1, err: /There is no app "nobody"/ },
    { args: ['app', 'settings'], out: /signupFlow +link/ },
    {
      args: [
        'app',
        'set',
        'signupFlow=code',
        'maxUsers=500',
        'userNamesEnabled=true',
        'userJWTAudience=["one"]',
        '--json',
      ],
      json: (value) =>
        assert.deepEqual(value, {
          signupFlow: 'code',
          maxUsers: 500,
          userNamesEnabled: true,
          userJWTAudience: ['one'],
        }),
    },
    { args: ['app', 'set', 'maxUsers=many'], code: 65, err: /maxUsers wants a number/ },
    {
      args: ['app', 'set', 'signupFlow=dance'],
      code: 1,
      err: /signupFlow has a value that cannot be.*request.*\n.*One of code, link, none\./,
    },
    { args: ['app', 'set', 'assetStorage=tape'], code: 1, err: /One of off, local, s3\./ },
    { args: ['app', 'set', 'TWILIOToken=secret'], code: 64, err: /is a secret/ },
    { args: ['app', 'token'], out: /^eyJ[\w.-]+\n$/ },
    { args: ['app', 'token', '--rotate'], code: 64, err: /works for 168 hours more[\s\S]*--yes/ },
    { args: ['app', 'token', '--rotate', '--grace-hours', '1', '--yes'], out: /^eyJ[\w.-]+\n$/ },
    {
      args: ['app', 'superuser-token', '--minutes', '10', '--json'],
      json: ({ jwt }) => assert.match(String(jwt), /^eyJ/),
    },
    { args: ['app', 'superuser-token', '--minutes', 'few'], code: 64, err: /no whole number/ },
    { args: ['app', 'keys', 'prepare'], out: /KID +STATE[\s\S]* next / },
    { args: ['app', 'keys', 'activate'], code: 1, err: /cosync: The host refuses it/ },
    { args: ['app', 'keys', 'activate', '--force'], out: / previous / },
    { args: ['app', 'keys', 'retire', '--force'], code: 64, err: /Withdraws 1 previous key for good/ },
    {
      args: ['app', 'keys', 'retire', '--force', '--confirm', 'other'],
      code: 64,
      err: /not the name of the app/,
    },
    { args: ['app', 'keys', 'retire', '--force', '--confirm', 'shop'] },
    { args: ['app', 'keys', '--json'], json: ({ rows }) => assert.equal((rows as unknown[]).length, 1) },
    { args: ['app', 'keys', 'dance'], code: 64, err: /One of prepare, activate, retire/ },
    { args: ['app', 'use', 'shop'], out: /Commands speak of shop/ },
    { args: ['app', 'use', 'nobody'], code: 1, err: /There is no app/ },
    { args: ['app', 'create', 'other'], out: /^name +other/ },
  ]);

  story('does to users what the portal does', () => [
    {
      args: ['user', 'add', 'anna@example.com'],
      input: `${PASSWORD}\nnot this\n`,
      out: /anna@example.com is a user/,
    },
    { args: ['user', 'add', 'anna@example.com'], input: PASSWORD, code: 1, err: /refuses it/ },
    { args: ['user', 'add', 'ben@example.com'], code: 64, err: /standard input is empty/ },
    {
      args: ['user', 'add', 'ben@example.com', '--json'],
      input: PASSWORD,
      json: ({ handle }) => assert.equal(handle, 'ben@example.com'),
    },
    { args: ['user', 'list', '--csv'], out: /\r\nben@example.com,.*\r\nanna@example.com,/ },
    { args: ['user', 'list', '--search', 'nobody'], err: /No such user/ },
    { args: ['user', 'list', '--status', 'dancing'], code: 1, err: /status has a value/ },
    {
      args: ['user', 'show', 'anna@example.com', '--json'],
      json: ({ handle }) => assert.equal(handle, 'anna@example.com'),
    },
    { args: ['user', 'show', 'nobody@example.com'], code: 1, err: /There is no user nobody@example.com/ },
    { args: ['user', 'suspend', 'anna@example.com'], code: 64, err: /Suspends 1 user and ends/ },
    { args: ['user', 'suspend', 'anna@example.com', '--yes'], out: /^anna@example.com is suspended/ },
    { args: ['user', 'show', 'anna@example.com'], out: /status +suspend\n/ },
    {
      args: ['user', 'activate', 'anna@example.com', 'nobody', '--jsonl'],
      code: 1,
      out: /^\{"handle":"anna@example.com".*\}\n$/,
      err: /no user nobody/,
    },
    { args: ['user', 'unlock', 'anna@example.com'], out: /is unlocked/ },
    { args: ['user', 'unlock', 'nobody'], code: 1 },
    { args: ['user', 'reset-password', 'anna@example.com'], out: /gets a code/ },
    { args: ['user', 'reset-password', 'nobody'], code: 1 },
    { args: ['user', 'end-sessions', 'anna@example.com', '--yes'], out: /has to log in again/ },
    { args: ['user', 'end-sessions', 'nobody', '--yes'], code: 1 },
    { args: ['user', 'disable-factor', 'anna@example.com', '--yes'], code: 64, err: /reason is missing/ },
    {
      args: ['user', 'disable-factor', 'anna@example.com', '--why', 'phone lost', '--yes'],
      out: /no second factor/,
    },
    {
      args: ['user', 'set-metadata', 'anna@example.com', 'profile.name=Anna', 'profile.age=42', '--json'],
      json: (value) => assert.deepEqual(value, { profile: { name: 'Anna', age: 42 } }),
    },
    {
      args: ['user', 'set-metadata', 'anna@example.com', 'profile.age=', '--json'],
      json: (value) => assert.deepEqual(value, { profile: { name: 'Anna' } }),
    },
    { args: ['user', 'set-metadata', 'anna@example.com', '__proto__.x=1'], code: 64, err: /is no path/ },
    { args: ['user', 'delete', 'anna@example.com', 'ben@example.com'], code: 64, err: /Deletes 2 users/ },
    {
      args: ['user', 'delete', 'anna@example.com', 'ben@example.com', 'nobody', '--confirm', 'shop'],
      code: 1,
      out: /anna@example.com is deleted.\nben@example.com is deleted/,
      err: /no user nobody/,
    },
    { args: ['user', 'list', '--json'], json: ({ rows }) => assert.deepEqual(rows, []) },
  ]);

  it('finds a user by each of their names', async () => {
    await check({ args: ['user', 'add', 'cleo@example.com'], input: PASSWORD });
    const [app] = JSON.parse((await run(['app', 'list', '--json'])).stdout).rows.filter(
      ({ name }: { name: string }) => name === 'shop',
    );
    const { stdout } = await check({ args: ['user', 'show', 'cleo@example.com', '--json'] });
    const { _id, uid, revision } = JSON.parse(stdout);
    await host().portal('POST', '/api/app/updateUser', {
      json: { appId: app.appId, userId: _id, revision, userName: 'cleopatra' },
    });
    await Promise.all(
      [_id, uid, 'cleopatra', 'CLEO@example.com'].map((who) =>
        check({ args: ['user', 'show', who], out: /cleo@example.com/ }),
      ),
    );
  });

  it('says how many there are beyond the first 100, and goes to the end with --all', async () => {
    const { stdout } = await run(['app', 'show', '--app', 'other', '--json']);
    const app = await host().deps.store.apps.find(JSON.parse(stdout).appId);
    assert.ok(app);
    for (let n = 0; n < 130; n++) await host().createUser(app, { handle: `u${n}@example.com` });
    // The count that the host keeps is a minute old at most.
    host().clock.advance(61_000);
    await check({
      args: ['user', 'list', '--app', 'other', '--json'],
      err: /first 100 of (?:about )?130; --all/,
      json: ({ rows, next }) => assert.deepEqual([(rows as unknown[]).length, typeof next], [100, 'string']),
    });
    const all = await check({ args: ['user', 'list', '--app', 'other', '--all', '--jsonl'] });
    assert.equal(all.stdout.trim().split('\n').length, 130);
    assert.equal(all.stderr, '');
  });

  story('moves an app by a file', () => [
    { args: ['app', 'export', '-o', 'shop.zip'], out: /shop is in shop.zip/ },
    { args: ['app', 'export', '-o', 'shop.zip'], code: 73, err: /is there already/ },
    {
      args: ['app', 'import', 'shop.zip', '--name', 'shop2', '--new-keys', '--json'],
      json: ({ name }) => assert.equal(name, 'shop2'),
    },
    { args: ['app', 'import', 'nowhere.zip', '--name', 'x'], code: 66, err: /nowhere.zip cannot be read/ },
    { args: ['user', 'list', '--app', 'shop2'], out: /cleo@example.com/ },
  ]);

  story('empties and deletes an app only by its name', () => [
    {
      args: ['app', 'reset', '--app', 'shop2', '--yes'],
      code: 64,
      err: /Deletes 1 user, 1 signup and 0 invites [\s\S]*--confirm NAME/,
    },
    { args: ['app', 'reset', '--app', 'shop2', '--confirm', 'shop'], code: 64, err: /nothing was done/ },
    { args: ['app', 'reset', '--app', 'shop2', '--confirm', 'shop2'], out: /shop2 is empty/ },
    { args: ['app', 'delete', '--app', 'shop2', '--yes'], code: 64 },
    { args: ['app', 'delete', '--app', 'shop2', '--confirm', 'shop2'], out: /shop2 is deleted/ },
  ]);

  table('is told what is wrong with how it was called', () => [
    { args: [], code: 64, err: /Usage: cosync/ },
    { args: ['dance'], code: 64, err: /unknown command 'dance'/ },
    { args: ['user'], code: 64, err: /Usage: cosync user/ },
    { args: ['user', 'show'], code: 64, err: /missing required argument 'who'\n+ +cosync user show --help/ },
    { args: ['status', '--timeout', 'long'], code: 64, err: /no number of seconds/ },
    { args: ['status', '--json', '--csv'], code: 64, err: /cannot be used with/ },
    { args: ['--version'], out: /^\d+\.\d+\.\d+/ },
  ]);
});
