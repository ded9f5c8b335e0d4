import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { call, put } from '../http/asset/stage.ts';
import { makeDataDir, send } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { until } from '../support/until.ts';

const SIZE = 2_000_000;
const MB = 1_048_576;

describe('a host killed while it receives a file', { timeout: 200_000 }, () => {
  let dataDir: string;
  let host: HostProcess;
  let secret: string;
  let appId: string;
  let token: string;

  before(async () => {
    ({ dataDir } = makeDataDir());
    secret = await serverSecretOf(dataDir);
    host = startHostProcess({ dataDir });
    const created = await portal('POST', '/api/app', { name: 'files' });
    const { appToken } = created.body;
    appId = created.body.appId;
    const settings = { assetStorage: 'local', assetQuotaMb: 10 };
    assert.equal((await portal('POST', '/api/app/update', { appId, ...settings })).status, 200);
    const account = { handle: 'ada@example.com', passwordText: 'a long walk by the sea' };
    assert.equal((await portal('POST', '/api/app/addUser', { appId, ...account })).status, 200);
    const headers = { 'app-token': appToken };
    const port = await host.listening;
    const input = { headers, json: account };
    token = (await send({ port, method: 'POST', path: '/api/appuser/login', input })).body['access-token'];
    assert.ok(token);
  });
  after(async () => {
    await host.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function portal(method: string, path: string, json: unknown) {
    const input = { headers: { 'server-secret': secret }, json };
    return send({ port: await host.listening, method, path, input });
  }
  async function own(of: HostProcess, method: string, path: string, json?: unknown) {
    const input = { headers: { 'access-token': token }, json };
    return send({ port: await of.listening, method, path: `/api/asset${path}`, input });
  }
  const begin = (of: HostProcess, size: number) =>
    own(of, 'POST', '/init', { filePath: 'a.jpg', contentType: 'image/jpeg', size });
  const uploading = () => join(dataDir, 'assets', 'uploading');
  /** The address on the port of the process that runs now. */
  async function here(address: string): Promise<string> {
    const url = new URL(address);
    return `http://127.0.0.1:${await host.listening}${url.pathname}${url.search}`;
  }

  it('lists nothing half, knows how far it came, and sweeps what was left', async () => {
    const { contentId, writeUrls } = (await begin(host, SIZE)).body;
    const url = new URL(writeUrls.writeUrl);
    const socket = connect(Number(await host.listening), '127.0.0.1').on('error', () => {});
    const head = `Host: x\r\nContent-Type: image/jpeg\r\nContent-Length: ${SIZE}`;
    socket.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\n${head}\r\n\r\n`);
    socket.write(randomBytes(SIZE / 2));
    const sizes = () =>
      existsSync(uploading())
        ? readdirSync(uploading()).map((name) => statSync(join(uploading(), name)).size)
        : [];
    await until('half of it is there', () => sizes().includes(SIZE / 2));
    await host.stop();
    socket.destroy();

    host = startHostProcess({ dataDir });
    assert.deepEqual((await own(host, 'GET', '')).body, { rows: [] });
    assert.equal((await own(host, 'POST', '/create', { contentId })).body.reason, 'not_uploaded');
    const address = await here(writeUrls.writeUrl);
    assert.equal((await call('HEAD', address)).headers['upload-offset'], String(SIZE / 2));
    const bytes = randomBytes(SIZE);
    assert.equal((await put(address, bytes)).status, 200);
    const made = await own(host, 'POST', '/create', { contentId });
    assert.ok((await call('GET', await here(made.body.url))).bytes.equals(bytes));

    const left = join(uploading(), 'left.partial');
    writeFileSync(left, 'half');
    const old = new Date(Date.now() - 3 * 3_600_000);
    utimesSync(left, old, old);
    await host.stop();
    host = startHostProcess({ dataDir });
    await host.listening;
    await until('what was left is swept at the start', () => readdirSync(uploading()).length === 0);
    await own(host, 'POST', '/remove', { ids: [contentId] });
    await until('the file is gone', () => readdirSync(join(dataDir, 'assets')).join() === 'uploading');
  });

  it('loses nothing that was answered, and answers nothing that was lost', async () => {
    const { contentId, writeUrls } = (await begin(host, SIZE)).body;
    const bytes = randomBytes(SIZE);
    assert.equal((await put(await here(writeUrls.writeUrl), bytes)).status, 200);
    await host.stop();
    host = startHostProcess({ dataDir });
    const { url } = (await own(host, 'POST', '/create', { contentId })).body;
    await host.stop();
    host = startHostProcess({ dataDir });
    assert.ok((await call('GET', await here(url))).bytes.equals(bytes));
    await own(host, 'POST', '/remove', { ids: [contentId] });
  });

  it('keeps to a quota that two processes reserve against', async () => {
    const second = startHostProcess({ dataDir });
    await second.listening;
    const before = (await own(host, 'GET', '/usage')).body.bytes;
    const hosts = [host, second];
    const asked = await Promise.all(
      Array.from({ length: 40 }, (_, n) => begin(hosts[n % 2] ?? host, MB / 2)),
    );
    const taken = asked.filter(({ status }) => status === 200).length;
    assert.equal(taken, Math.floor((10 * MB - before) / (MB / 2)));
    const refused = asked.filter(({ status }) => status !== 200);
    assert.ok(refused.every(({ body }) => body.reason === 'quota_exceeded'));
    await second.stop();
  });
});
