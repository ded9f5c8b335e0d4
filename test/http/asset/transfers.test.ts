import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { bytesOf, openRoute } from '../../../server/http/route.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { until } from '../../support/until.ts';
import { anOwner, call, put } from './stage.ts';

const JPEG = { 'Content-Type': 'image/jpeg' };

describe('bytes of local files', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());
  const folder = () => join(host.dataDir, 'assets', 'uploading');
  const sizeOf = (name: string) => statSync(join(folder(), name)).size;

  /** Sends the head of a PUT and some bytes, and hangs up. */
  async function breakOff(address: string, headers: Record<string, string>, bytes: Buffer): Promise<void> {
    const { pathname, search } = new URL(address);
    const lines = Object.entries({ Host: 'localhost', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const socket = connect(host.port, '127.0.0.1');
    socket.write(`PUT ${pathname}${search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    socket.write(bytes);
    await until('the bytes are there', () =>
      readdirSync(folder()).some((name) => !name.endsWith('.partial') && sizeOf(name) === bytes.length),
    );
    socket.destroy();
    await until('what broke off lies aside', () =>
      readdirSync(folder()).every((name) => name.endsWith('.partial')),
    );
  }

  it('go on where an upload broke off', async () => {
    const owner = await anOwner(host);
    const bytes = randomBytes(3_000_000);
    const { writeUrls, contentId } = (await owner.init({ size: bytes.length })).body;
    const address = writeUrls.writeUrl;
    await owner.upload();
    const offset = async () => Number((await call('HEAD', address)).headers['upload-offset']);
    assert.equal(await offset(), 0);
    await breakOff(address, { ...JPEG, 'Content-Length': '3000000' }, bytes.subarray(0, 1_000_000));
    assert.equal(await offset(), 1_000_000);
    assert.equal((await owner.post('create', { contentId })).body.reason, 'not_uploaded');
    const gap = await put(address, bytes.subarray(1_500_000), {
      ...JPEG,
      'Content-Range': 'bytes 1500000-2999999/3000000',
    });
    assert.deepEqual([gap.status, JSON.parse(String(gap.bytes)).field], [400, 'Content-Range']);
    const part = await put(address, bytes.subarray(1_000_000, 2_000_000), {
      ...JPEG,
      'Content-Range': 'bytes 1000000-1999999/3000000',
    });
    assert.deepEqual([part.status, part.headers['upload-offset']], [202, '2000000']);
    const last = await put(address, bytes.subarray(2_000_000), {
      ...JPEG,
      'Content-Range': 'bytes 2000000-2999999/3000000',
    });
    assert.equal(last.status, 200, String(last.bytes));
    const { url } = (await owner.post('create', { contentId })).body;
    assert.ok((await call('GET', url)).bytes.equals(bytes));
    assert.deepEqual(readdirSync(folder()), []);
  });

  it('refuse a Content-Range that says something else than the announced size', async () => {
    const owner = await anOwner(host);
    const { writeUrls } = (await owner.init()).body;
    for (const range of [
      'bytes 0-4/6',
      'bytes 0-5/*',
      'bytes 3-1/5',
      'bytes=0-4',
      'items 0-4/5',
      'bytes 0-3/5',
    ]) {
      const { status } = await put(writeUrls.writeUrl, 'hello', { ...JPEG, 'Content-Range': range });
      assert.equal(status, 400, range);
    }
    assert.equal((await call('HEAD', writeUrls.writeUrl)).headers['upload-offset'], '0');
  });

  it('are read in stretches', async () => {
    const owner = await anOwner(host);
    const { url } = (await owner.upload('0123456789')).body;
    const whole = await call('GET', url);
    const etag = String(whole.headers.etag);
    const cases: [headers: Record<string, string>, status: number, body: string, range?: string][] = [
      [{ Range: 'bytes=2-4' }, 206, '234', 'bytes 2-4/10'],
      [{ Range: 'bytes=7-' }, 206, '789', 'bytes 7-9/10'],
      [{ Range: 'bytes=-3' }, 206, '789', 'bytes 7-9/10'],
      [{ Range: 'bytes=-30' }, 206, '0123456789', 'bytes 0-9/10'],
      [{ Range: 'bytes=8-99' }, 206, '89', 'bytes 8-9/10'],
      [{ Range: 'bytes=10-' }, 416, '', 'bytes */10'],
      [{ Range: 'bytes=-0' }, 416, '', 'bytes */10'],
      [{ Range: 'bytes=4-2' }, 200, '0123456789'],
      [{ Range: 'bytes=0-1,4-5' }, 200, '0123456789'],
      [{ Range: 'lines=0-1' }, 200, '0123456789'],
      [{ Range: 'bytes=2-4', 'If-Range': etag }, 206, '234', 'bytes 2-4/10'],
      [{ Range: 'bytes=2-4', 'If-Range': '"other"' }, 200, '0123456789'],
      [{ 'If-None-Match': etag }, 304, ''],
    ];
    for (const [headers, status, body, range] of cases) {
      const answer = await call('GET', url, headers);
      assert.deepEqual(
        [JSON.stringify(headers), answer.status, String(answer.bytes), answer.headers['content-range']],
        [JSON.stringify(headers), status, body, range],
      );
    }
    const head = await call('HEAD', url);
    assert.deepEqual([head.status, head.headers['content-length'], head.bytes.length], [200, '10', 0]);
  });

  it('of two uploads at once one wins whole', async () => {
    const owner = await anOwner(host);
    const size = 400_000;
    const { writeUrls, contentId } = (await owner.init({ size })).body;
    const sent = ['a', 'b', 'c', 'd'].map((letter) => Buffer.alloc(size, letter));
    const statuses = await Promise.all(
      sent.map(async (bytes) => (await put(writeUrls.writeUrl, bytes)).status),
    );
    assert.deepEqual(statuses, [200, 200, 200, 200]);
    const { url } = (await owner.post('create', { contentId })).body;
    const read = (await call('GET', url)).bytes;
    assert.ok(sent.some((bytes) => bytes.equals(read)));
    assert.deepEqual(readdirSync(folder()), []);
  });

  it('let pages of the origins that are allowed write', async () => {
    const owner = await anOwner(host);
    const { writeUrls } = (await owner.init()).body;
    const { status, headers } = await call('OPTIONS', writeUrls.writeUrl, {
      Origin: 'https://app.example.com',
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'content-type, content-range',
    });
    assert.equal(status, 204);
    assert.match(String(headers['access-control-allow-methods']), /PUT/);
    assert.match(String(headers['access-control-allow-headers']), /content-range/);
    assert.match(String(headers['access-control-expose-headers']), /ETag, Upload-Offset/);
  });

  it('that nobody goes on with are swept', async () => {
    const owner = await anOwner(host);
    const { writeUrls } = (await owner.init({ size: 100_000 })).body;
    await owner.upload();
    await breakOff(writeUrls.writeUrl, { ...JPEG, 'Content-Length': '100000' }, Buffer.alloc(50_000));
    await host.deps.localAssets.sweep(Date.now());
    assert.equal(readdirSync(folder()).length, 1);
    await host.deps.localAssets.sweep(Date.now() + 3 * 3_600_000);
    assert.deepEqual(readdirSync(folder()), []);
  });

  it('may take as long as they move, and are given up when they stand still', async () => {
    let received = 0;
    let ended = false;
    const slow = openRoute({
      method: 'PUT',
      path: '/slow',
      summary: '',
      answer: z.unknown(),
      bytes: { stillMs: 2_000 },
      async respond({ request }) {
        try {
          for await (const chunk of bytesOf(request).body) received += chunk.length;
        } finally {
          ended = true;
        }
        return { received };
      },
    });
    const own = await startTestHost({ routes: [slow] });
    const socket = connect(own.port, '127.0.0.1').on('error', () => {});
    socket.write('PUT /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n');
    const beganAt = performance.now();
    let sent = 0;
    while (performance.now() - beganAt < 2_500) {
      socket.write('x');
      sent++;
      await until('it is received', () => received === sent);
      await pause(50);
    }
    assert.equal(ended, false, 'it moved all the time');
    const closed = once(socket, 'close');
    await until('it is given up', () => ended);
    await closed;
    assert.equal(received, sent);
    await own.stop();
  });
});
