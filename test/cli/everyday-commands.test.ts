import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { appClient } from '../support/appuser-client.ts';
import { describeOnBothStores } from '../support/both-stores.ts';
import { COSYNC_START, runCosync } from '../support/cosync-process.ts';
import { cosyncStage } from '../support/cosync-stage.ts';
import { until } from '../support/until.ts';

describeOnBothStores('everyday commands', (host) => {
  const { folder, env, run, check, story, table } = cosyncStage(host);
  const work = join(folder, 'work');
  let app: App;
  before(async () => {
    app = await host().createApp({ name: 'shop', signupFlow: 'code', locales: ['EN', 'DE'] });
  });

  story('invites', () => {
    writeFileSync(
      join(work, 'people.csv'),
      'E-Mail,name\r\n"dora@example.com",Dora\r\n\'+491701234567,x\r\nnonsense,y\r\n',
    );
    writeFileSync(join(work, 'empty.csv'), '\n');
    return [
      {
        args: ['invite', 'create', 'cleo@example.com', '--locale', 'de', '--csv'],
        out: /^handle,outcome\r\ncleo@example.com,sent\r\n$/,
      },
      {
        args: ['invite', 'create', '--file', 'people.csv', '--json'],
        code: 1,
        json: ({ rows }) =>
          assert.deepEqual(rows, [
            { handle: 'dora@example.com', outcome: 'sent' },
            { handle: '+491701234567', outcome: 'invalid' },
            { handle: 'nonsense', outcome: 'invalid' },
          ]),
      },
      { args: ['invite', 'create'], code: 64, err: /Whom/ },
      { args: ['invite', 'create', '--file', 'nowhere.csv'], code: 66, err: /nowhere.csv cannot be read/ },
      { args: ['invite', 'create', '--file', 'empty.csv'], code: 65, err: /no handle in empty.csv/ },
      {
        args: ['invite', 'list', '--state', 'waiting', '--csv'],
        out: /\r\ncleo@example.com,waiting,superuser,1,/,
      },
      { args: ['invite', 'list', '--state', 'dancing'], code: 1, err: /state has a value that cannot be/ },
      { args: ['invite', 'resend', 'cleo@example.com'], out: /gets the invite again/ },
      {
        args: ['invite', 'resend', 'nobody@example.com', 'cleo@example.com'],
        code: 1,
        out: /cleo@example.com gets/,
        err: /refuses it/,
      },
      { args: ['invite', 'remove', 'cleo@example.com'], out: /is withdrawn/ },
      { args: ['invite', 'remove', 'nobody@example.com'], code: 1 },
    ];
  });

  it('sees who waits to join, and vouches for them', async () => {
    for (const handle of ['emil@example.com', 'fritz@example.com']) {
      const { status } = await appClient(host(), app).post('signup', {
        handle,
        passwordText: 'a quiet morning by the lake',
      });
      assert.equal(status, 200);
    }
    await check({ args: ['signup', 'list', '--csv'], out: /\r\nemil@example.com,waiting,/ });
    await check({ args: ['signup', 'list', '--state', 'dancing'], code: 1, err: /state has a value/ });
    await check({ args: ['signup', 'resend', 'emil@example.com'], out: /emil@example.com gets the message/ });
    await check({ args: ['signup', 'resend', 'nobody@example.com'], code: 1, err: /refuses it/ });
    await check({ args: ['signup', 'confirm', 'emil@example.com'], out: /emil@example.com is a user/ });
    await check({ args: ['signup', 'confirm', 'nobody@example.com'], code: 1, err: /refuses it/ });
    await check({ args: ['signup', 'remove', 'fritz@example.com'], out: /is removed/ });
    await check({ args: ['signup', 'remove', 'fritz@example.com'], code: 1, err: /refuses it/ });
  });

  story('edits texts', () => {
    writeFileSync(join(work, 'invite.html'), 'Hello %HANDLE%, your code is %CODE%.');
    return [
      { args: ['template', 'list', '--csv'], out: /\r\ninvite,DE,/ },
      { args: ['template', 'get', 'invite', '--locale', 'de'], out: /%CODE%/ },
      {
        args: ['template', 'get', 'dance'],
        code: 1,
        err: /no text "dance" in EN.\n +Texts: .*invite.*languages: EN, DE/,
      },
      {
        args: ['template', 'set', 'invite', '--file', 'invite.html', '--subject', 'Come'],
        out: /EN\/invite is replaced/,
      },
      { args: ['template', 'set', 'invite'], code: 64, err: /--file/ },
      { args: ['template', 'set', 'invite', '--file', 'nowhere'], code: 66 },
      { args: ['template', 'set', 'invite', '--file', '-'], code: 65, err: /no text in -/ },
      { args: ['template', 'preview', 'invite'], out: /^Come\n\nHello \S+, your code is \d{6}/ },
      { args: ['template', 'preview', 'invite', '--locale', 'fr'], code: 1, err: /in FR/ },
      { args: ['template', 'pull', 'texts'], out: /texts are in texts/ },
      { args: ['template', 'push', 'nowhere'], code: 66 },
      { args: ['template', 'reset', 'invite'], out: /is the built-in one again/ },
      { args: ['template', 'reset', 'dance'], code: 1 },
      {
        args: ['template', 'push', 'texts', '--csv'],
        out: /\r\nDE\/invite,same\r\n[\s\S]*EN\/invite,replaced\r\n/,
      },
      { args: ['template', 'preview', 'invite'], out: /^Come\n/ },
    ];
  });

  it('changes nothing when one text of a folder is not of the app', async () => {
    assert.ok(existsSync(join(work, 'texts', 'DE', 'invite.json')));
    writeFileSync(join(work, 'texts', 'DE', 'dance.html'), 'x');
    await check({
      args: ['template', 'push', 'texts'],
      code: 65,
      err: /no text DE\/dance: nothing was changed/,
    });
  });

  table('reads log and numbers', () => {
    const now = host().clock.now();
    const [from, to] = [now - 86_400_000, now + 86_400_000].map((at) =>
      new Date(at).toISOString().slice(0, 10),
    );
    return [
      { args: ['logs', '--action', 'confirmSignup', '--csv'], out: /,confirmSignup,emil@example.com,/ },
      {
        args: ['logs', '--since', String(from), '--handle', 'emil@example.com', '--jsonl'],
        out: /"action":"confirmSignup"/,
      },
      { args: ['logs', '--since', 'yesterday'], code: 64, err: /is no time.\n +Examples: 90m/ },
      { args: ['logs', '--follow', '--json'], code: 64, err: /--jsonl/ },
      { args: ['stats', '--from', `${from}`, '--to', `${to}`], out: /signup_requested +2 +█/ },
      {
        args: ['stats', '--from', `${from}`, '--to', `${to}`, '--by', 'flow', '--csv'],
        out: /\r\nsignup_requested,code,\d{4}-\d\d-\d\d,2\r\n/,
      },
      {
        args: ['stats', '--from', `${from}`, '--to', `${to}`, '--metric', 'invite_sent', '--json'],
        json: ({ series }) => assert.equal((series as unknown[]).length, 1),
      },
      { args: ['stats', '--by', 'nonsense'], code: 1, err: /by has a value/ },
    ];
  });

  it('follows the log, each row once', async () => {
    const args = [COSYNC_START, 'logs', '--follow', '--jsonl', '--action', 'invite,inviteMany'];
    const child = spawn(process.execPath, args, { cwd: work, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      await until('the rows of before are printed', () => printed.includes('inviteMany'));
      const before = printed.split('\n').length;
      await run(['invite', 'create', 'gina@example.com']);
      await until('the new row is printed', () => printed.split('\n').length > before);
      const ids = printed
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)._id);
      assert.equal(new Set(ids).size, ids.length);
    } finally {
      child.kill('SIGINT');
    }
    assert.equal(await ended, 130);
  });

  it('judges tokens as a verifier does', async () => {
    const { jwt } = JSON.parse((await run(['app', 'superuser-token', '--json'])).stdout);
    await check({
      args: ['verify', '-', '--jsonl'],
      input: `${jwt}\n`,
      out: /"rule":"signature","ok":true/,
      err: /^Valid for generic/,
    });
    await check({
      args: ['verify', 'no.jwt', '--json'],
      code: 1,
      json: ({ valid }) => assert.equal(valid, false),
    });
    await check({ args: ['verify', jwt, '--as', 'dance'], code: 1, err: /as has a value/ });
    await check({ args: ['verify', jwt, '--option', 'nothing'], code: 64, err: /NAME=VALUE/ });
  });

  story('looks at the way of mail', () => [
    { args: ['mail', 'check', '--csv'], out: /\r\ntrue,mail,/ },
    { args: ['mail', 'test', 'anna@example.com', '--json'], json: ({ ok }) => assert.equal(ok, true) },
    { args: ['mail', 'test', 'nonsense'], code: 1, err: /refuses it: to / },
    // The clock of the test stands in another year.
    { args: ['host', 'check', '--csv'], code: 1, out: /\r\nclock,false,[\s\S]*\r\nmail,true,/ },
  ]);

  it('asks any route with the right credential, and no other host', async () => {
    const user = await host().createUser(app, { handle: 'hanna@example.com' });
    const token = await host().accessToken(app, user);
    await check({
      args: ['api', 'GET', `/api/app/users?appId=${app.id}`, '-f', 'limit=1'],
      json: ({ rows }) => assert.equal((rows as unknown[]).length, 1),
    });
    await check({
      args: [
        'api',
        'POST',
        '/api/app/inviteMany',
        '-f',
        `appId=${app.id}`,
        '-F',
        'handles=["ina@example.com"]',
      ],
      out: /"sent"/,
    });
    await check({
      args: ['api', 'POST', '/api/app/inviteMany', '-f', `appId=${app.id}`],
      code: 1,
      out: /"reason":"missing"/,
      err: /handles is missing/,
    });
    await check({
      args: ['api', 'GET', '/api/appuser/getUser'],
      code: 64,
      err: /COSYNC_ACCESS_TOKEN is not set/,
    });
    const withToken = { ...env, COSYNC_ACCESS_TOKEN: token };
    const { stdout } = await runCosync(['api', 'GET', '/api/appuser/getUser'], { cwd: work, env: withToken });
    assert.equal(JSON.parse(stdout).handle, 'hanna@example.com');
    for (const path of [
      'https://other.example/api/app/users',
      '//other.example/x',
      '@other.example/x',
      'api/app/users',
    ]) {
      await check({ args: ['api', 'GET', path], code: 64, err: /is no path of the host/ });
    }
    await check({ args: ['api', 'DANCE', '/healthz'], code: 64, err: /is no method/ });
  });

  table('completes commands, options, hosts and apps', () => [
    { args: ['__complete', 'us'], out: /^user\n$/ },
    { args: ['__complete', 'user', 's'], out: /^show\nset-metadata\nsuspend\n$/ },
    { args: ['__complete', '--app', 'sh'], out: /^shop\n$/ },
    { args: ['__complete', 'app', 'use', ''], out: /^shop\n$/ },
    { args: ['__complete', 'user', 'list', '--st'], out: /^--status\n$/ },
    { args: ['__complete', 'nonsense', ''], out: /^$/ },
    { args: ['completion', 'bash'], out: /complete -F _cosync cosync/ },
    { args: ['completion', 'zsh'], out: /^#compdef cosync/ },
    { args: ['completion', 'fish'], out: /^complete -c cosync/ },
    { args: ['completion', 'cmd'], code: 64, err: /bash, zsh or fish/ },
  ]);

  it('writes files whose content is what the host has', () => {
    const { subject } = JSON.parse(readFileSync(join(work, 'texts', 'EN', 'invite.json'), 'utf8'));
    assert.equal(subject, 'Come');
  });
});
