import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { until } from '../../support/until.ts';
import { anOwner, put } from './stage.ts';

const SIZE = 100_000;

/** What takes more of the disk than was reserved (threats R45). */
describe('who uploads cannot take more than they reserved', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());
  const folder = () => join(host.dataDir, 'assets', 'uploading');
  const there = () => (existsSync(folder()) ? readdirSync(folder()) : []);
  const bytesThere = () => there().reduce((sum, name) => sum + statSync(join(folder(), name)).size, 0);

  /** An upload of which all but the last byte is sent. */
  function begin(address: string): { socket: Socket; told: () => string } {
    const { pathname, search } = new URL(address);
    let told = '';
    const socket = connect(host.port, '127.0.0.1').on('error', () => {});
    socket.on('data', (chunk) => {
      told += String(chunk);
    });
    const head = `Host: x\r\nContent-Type: image/jpeg\r\nContent-Length: ${SIZE}`;
    socket.write(`PUT ${pathname}${search} HTTP/1.1\r\n${head}\r\n\r\n`);
    socket.write(Buffer.alloc(SIZE - 1));
    return { socket, told: () => told };
  }

  it('by writing to one address many times at once', async () => {
    const owner = await anOwner(host);
    const { writeUrls, contentId } = (await owner.init({ size: SIZE })).body;
    const all = Array.from({ length: 6 }, () => begin(writeUrls.writeUrl));
    await until('as many as may are there', () => bytesThere() === 4 * (SIZE - 1));
    const ended = begin(writeUrls.writeUrl);
    ended.socket.write('x');
    await until('one that is too many is refused', () => ended.told());
    assert.match(ended.told(), /^HTTP\/1\.1 503.*Retry-After: 5\r\n/is);
    assert.equal(bytesThere(), 4 * (SIZE - 1));
    for (const { socket } of all) socket.destroy();
    await until('one lies aside', () => there().join() === `${contentId}-main.partial`);
    assert.equal((await put(writeUrls.writeUrl, Buffer.alloc(SIZE))).status, 200, 'there is a place again');
    assert.deepEqual(there(), []);
  });

  it('by giving up what they go on with', async () => {
    const owner = await anOwner(host);
    const { writeUrls, contentId } = (await owner.init({ size: SIZE })).body;
    const { socket } = begin(writeUrls.writeUrl);
    await until('it is there', () => bytesThere() === SIZE - 1);
    assert.equal((await owner.post('remove', { ids: [contentId] })).body, true);
    assert.equal((await owner.get('/usage')).body.bytes, 0);
    socket.destroy();
    await until('nothing is kept', () => there().length === 0);
  });

  it('by sending the rest so slowly that it never ends', async () => {
    const owner = await anOwner(host);
    const { writeUrls, contentId } = (await owner.init({ size: 2 * SIZE })).body;
    const { pathname, search } = new URL(writeUrls.writeUrl);
    const socket = connect(host.port, '127.0.0.1').on('error', () => {});
    const head = `Host: x\r\nContent-Type: image/jpeg\r\nContent-Length: ${2 * SIZE}`;
    socket.write(`PUT ${pathname}${search} HTTP/1.1\r\n${head}\r\n\r\n`);
    socket.write(Buffer.alloc(SIZE));
    await until('it is there', () => bytesThere() === SIZE);
    assert.equal((await owner.post('remove', { ids: [contentId] })).body, true);
    const dripping = setInterval(() => socket.write('x'), 200);
    await until('it is given up', () => there().length === 0).finally(() => clearInterval(dripping));
    socket.destroy();
  });

  it('by dripping what is refused', async () => {
    const owner = await anOwner(host);
    const { writeUrls } = (await owner.init({ size: SIZE })).body;
    const right = new URL(writeUrls.writeUrl);
    const path = right.pathname + right.search;
    const refused: [status: number, path: string, headers: string][] = [
      [404, path.replace('signature=', 'signature=x'), 'Content-Type: image/jpeg'],
      [400, path, 'Content-Type: text/html'],
      [400, path, `Content-Type: image/jpeg\r\nContent-Range: bytes 0-${SIZE}/${SIZE + 1}`],
    ];
    await Promise.all(
      refused.map(async ([status, address, headers]) => {
        let told = '';
        const socket = connect(host.port, '127.0.0.1').on('error', () => {});
        socket.on('data', (chunk) => {
          told += String(chunk);
        });
        socket.write(
          `PUT ${address} HTTP/1.1\r\nHost: x\r\n${headers}\r\nContent-Length: ${SIZE + 1}\r\n\r\n`,
        );
        const dripping = setInterval(() => socket.write('x'), 200);
        await until('the connection ends', () => socket.destroyed).finally(() => clearInterval(dripping));
        assert.match(told, new RegExp(`^HTTP/1\\.1 ${status} .*Connection: close\r\n`, 's'));
      }),
    );
  });

  it('by a file that takes its place when everything was removed', async () => {
    const owner = await anOwner(host);
    const { contentId } = (await owner.init({ size: 5 })).body;
    const object = { appId: owner.app.id, assetId: contentId, userId: owner.user.id, name: 'x' } as const;
    const states = ['open', 'gone'] as const;
    for (const bytes of ['hello', 'hell']) {
      let asked = 0;
      const outcome = await host.deps.localAssets.receive(
        { ...object, part: 'main' },
        {
          from: 0,
          contentType: 'image/jpeg',
          size: 5,
          most: 5,
          bytes: (async function* () {
            yield Buffer.from(bytes);
          })(),
          state: async () => states[asked++] ?? 'gone',
        },
      );
      assert.equal(outcome, 'closed');
      assert.equal(await host.deps.localAssets.head({ ...object, part: 'main' }), undefined);
      assert.deepEqual(there(), []);
    }
  });
});
