import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { emptyPlace, runCosync } from '../support/cosync-process.ts';
import { makeDataDir } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { listenOnLoopback } from '../support/listen.ts';

const PORT = 20_000 + (process.pid % 20_000);

describe('the command line beside a data folder', () => {
  const { folder, env: bare } = emptyPlace();
  let host: HostProcess;
  let env: Record<string, string | undefined>;
  const run = (...args: string[]) => runCosync(args, { cwd: folder, env });
  before(async () => {
    const { dataDir, settings } = makeDataDir();
    env = {
      ...bare,
      ...settings,
      PORT: String(PORT),
      PASSWORD_HASH_MEMORY_KIB: '1024',
      PASSWORD_HASH_PASSES: '1',
    };
    host = startHostProcess({ dataDir, env: { PORT: String(PORT) } });
    await host.listening;
  });
  after(async () => {
    await host.stop();
    rmSync(host.dataDir, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  });

  it('makes the secret itself from the keys that are there', async () => {
    const { code, stdout, stderr } = await run('status', '--json');
    assert.equal(code, 0, stderr);
    const { url, why } = JSON.parse(stdout);
    assert.deepEqual([url, why], [`http://127.0.0.1:${PORT}`, `data folder ${host.dataDir}`]);
    assert.equal((await run('app', 'create', 'shop')).code, 0);
  });

  it('invites, lists and removes operators, but never the last owner', async () => {
    const first = await run('operator', 'invite', 'anna@example.com', '--role', 'owner');
    assert.match(first.stdout, /^http:\/\/\S+\/portal\/enter\/\S+\n$/);
    const second = await run('operator', 'invite', 'ben@example.com', '--role', 'support', '--json');
    assert.equal(JSON.parse(second.stdout).role, 'support');
    const { rows } = JSON.parse((await run('operator', 'list', '--json')).stdout);
    assert.deepEqual(
      rows.map(({ email, role, invited }: Record<string, unknown>) => [email, role, invited]),
      [
        ['anna@example.com', 'owner', true],
        ['ben@example.com', 'support', true],
      ],
    );
    assert.equal((await run('operator', 'remove', 'ben@example.com')).code, 64);
    assert.equal((await run('operator', 'remove', 'ben@example.com', '--yes')).code, 0);
    const gone = await run('operator', 'remove', 'ben@example.com', '--yes');
    assert.deepEqual([gone.code, /There is no operator/.test(gone.stderr)], [1, true]);
  });

  it('says of a wrong call what is wrong', async () => {
    for (const args of [
      ['invite', 'anna@example.com'],
      ['invite', 'nonsense', '--role', 'viewer'],
      ['invite', 'anna@example.com', '--role', 'king'],
    ]) {
      assert.equal((await run('operator', ...args)).code, 64, args.join(' '));
    }
    const remote = { ...env, COSYNC_URL: 'https://auth.example.com', COSYNC_SECRET: 'x' };
    const elsewhere = await runCosync(['operator', 'list'], { cwd: folder, env: remote });
    assert.deepEqual([elsewhere.code, /kept in the data folder/.test(elsewhere.stderr)], [64, true]);
    assert.equal((await runCosync(['operator', 'list'], { cwd: folder, env: bare })).code, 64);
    const misfit = await runCosync(['status'], { cwd: folder, env: { ...env, PASS_KEY: 'another' } });
    assert.equal(misfit.code, 78, misfit.stderr);
  });

  it('names npm start when no host runs there', async () => {
    host.child.kill('SIGKILL');
    await host.ended;
    const { code, stderr } = await run('status');
    assert.equal(code, 69);
    assert.match(stderr, /No host runs at http:\/\/127\.0\.0\.1:\d+.*\n +Start it: npm start/);
  });
});

describe('the command line and an archive that breaks off', () => {
  it('leaves no file behind, and blames the connection', async () => {
    const { folder, env: bare } = emptyPlace();
    const appId = 'a'.repeat(32);
    const server = createServer((request, response) => {
      if (!request.url?.startsWith('/api/app/export')) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ rows: [{ appId, name: 'shop' }] }));
        return;
      }
      response.writeHead(200, { 'content-type': 'application/zip', 'content-length': '1000' });
      response.write('PK', () => response.destroy());
    });
    const { url } = await listenOnLoopback(server);
    const env = {
      ...bare,
      COSYNC_URL: url,
      COSYNC_SECRET: 'x',
    };
    try {
      const { code, stderr } = await runCosync(['app', 'export', '-o', 'shop.zip'], { cwd: folder, env });
      assert.equal(code, 69, stderr);
      assert.match(stderr, /The answer broke off/);
      assert.deepEqual(readdirSync(folder), []);
    } finally {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the command line and a host that is not ready', () => {
  it('asks three times for what changes nothing and once for what does, and ends with 75', async () => {
    const { folder, env: bare } = emptyPlace();
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.method ?? '');
      response.writeHead(503, {
        'content-type': 'application/json',
        'retry-after': '0',
        'x-request-id': 'r1',
      });
      response.end('{"status":"Fails","message":"service unavailable"}');
    });
    const { url } = await listenOnLoopback(server);
    const env = {
      ...bare,
      COSYNC_URL: url,
      COSYNC_SECRET: 'x',
    };
    try {
      const reading = await runCosync(['status'], { cwd: folder, env });
      assert.deepEqual([reading.code, asked], [75, ['GET', 'GET', 'GET']]);
      assert.match(reading.stderr, /is not ready \(HTTP 503\)\. \(request r1\)\n +Try again/);
      asked.length = 0;
      const writing = await runCosync(['app', 'create', 'shop'], { cwd: folder, env });
      assert.deepEqual([writing.code, asked], [75, ['POST']]);
    } finally {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
