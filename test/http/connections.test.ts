import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { totalmem } from 'node:os';
import { Readable } from 'node:stream';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type ConnectionLimits, connectionLimits } from '../../server/http/connections.ts';
import { DownloadReply, fileOf, openRoute, portalRoute, TextReply } from '../../server/http/route.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { until } from '../support/until.ts';

const LIMITS: ConnectionLimits = { most: 1000, mostPerAddress: 1000, stalledMs: 600, bodyMs: 120_000 };
const LARGE = 'é'.repeat(8 * 1024 * 1024);

describe('connections', () => {
  const hosts: TestHost[] = [];
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const host of hosts.splice(0)) await host.stop();
  });

  /** A host whose answers are counted as they are made. `held` ones wait for `release`. */
  async function start(limits: Partial<ConnectionLimits> = {}) {
    const seen = { made: 0, release: () => {} };
    const held = new Promise<void>((resolve) => {
      seen.release = resolve;
    });
    const routes = [
      openRoute({
        method: 'GET',
        path: '/n',
        summary: '',
        answer: z.unknown(),
        respond: () => {
          seen.made++;
          return new TextReply(`answer ${seen.made};`);
        },
      }),
      openRoute({
        method: 'GET',
        path: '/large',
        summary: '',
        answer: z.unknown(),
        respond: () => new TextReply(LARGE),
      }),
      openRoute({
        method: 'GET',
        path: '/held',
        summary: '',
        answer: z.unknown(),
        respond: async () => {
          seen.made++;
          await held;
          return new TextReply(`answer;`);
        },
      }),
      openRoute({
        method: 'POST',
        path: '/body',
        summary: '',
        answer: z.unknown(),
        input: z.object({}),
        respond: () => new TextReply('answer;'),
      }),
      portalRoute({
        method: 'POST',
        path: '/api/app/length',
        summary: '',
        answer: z.unknown(),
        upload: { maxMb: 'importMaxMb' },
        input: z.object({}),
        respond: ({ request }) => ({ size: fileOf(request).size }),
      }),
      openRoute({
        method: 'GET',
        path: '/endless',
        summary: '',
        answer: z.unknown(),
        respond: () => {
          const stream = new Readable({ read: () => void stream.push(Buffer.alloc(64 * 1024)) });
          stream.once('close', () => seen.made++);
          return new DownloadReply(stream, 'endless', 'text/plain');
        },
      }),
    ];
    const host = await startTestHost({ routes, connections: { ...LIMITS, ...limits } });
    hosts.push(host);
    return { host, seen };
  }

  async function open(host: TestHost, text = ''): Promise<Socket> {
    const socket = connect({ port: host.port, host: '127.0.0.1' }).on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    if (text) socket.write(text);
    return socket;
  }
  const ask = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  async function readAll(socket: Socket): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  it('answer everything that was sent together, in order', async () => {
    const { host } = await start();
    const socket = await open(host, ask('/n').repeat(999) + ask('/n', 'Connection: close\r\n'));
    const text = await readAll(socket);
    const numbers = [...text.matchAll(/answer (\d+);/g)].map(([, number]) => Number(number));
    assert.deepEqual(
      numbers,
      Array.from({ length: 1000 }, (_, n) => n + 1),
    );
  });

  it('have at most 16 requests answered at a time, but for those in the slice that is being read', async () => {
    const { host, seen } = await start();
    const socket = await open(host, ask('/held').repeat(500) + ask('/held', 'Connection: close\r\n'));
    await until('the answers are made', () => seen.made >= 16);
    await pause(100);
    assert.ok(seen.made <= 16 + 512 / ask('/held').length, `${seen.made}`);
    seen.release();
    assert.equal((await readAll(socket)).match(/answer;/g)?.length, 501);
  });

  it('answer what came before something unreadable, and refuse that afterwards', async () => {
    const { host, seen } = await start();
    const socket = await open(host, `${ask('/held').repeat(3)}hello\r\n\r\n`);
    await until('the answers are made', () => seen.made === 3);
    await pause(50);
    socket.write('hello\r\n\r\n');
    seen.release();
    const statuses = [...(await readAll(socket)).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status);
    assert.deepEqual(statuses, ['200', '200', '200', '400']);
  });

  it('refuse an unreadable body at once, behind the answers that came before', async () => {
    const chunks = 'POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n';
    for (const [count, wanted] of [
      [0, ['400']],
      [2, ['200', '200', '400']],
    ] as const) {
      const { host, seen } = await start();
      const socket = await open(host, ask('/held').repeat(count) + chunks);
      await until('the answers are made', () => seen.made === count);
      seen.release();
      const statuses = [...(await readAll(socket)).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status);
      assert.deepEqual(statuses, wanted);
    }
  });

  it('answer a last request as such, whatever comes behind it', async () => {
    const { host, seen } = await start();
    const socket = await open(host, ask('/held', 'Connection: close\r\n') + ask('/n'));
    await until('the answers are made', () => seen.made === 1);
    seen.release();
    assert.match(await readAll(socket), /^HTTP\/1.1 200 .*answer;/s);
  });

  it('give a large answer whole to somebody who reads slowly', async () => {
    const { host } = await start();
    const socket = await open(host, ask('/large', 'Connection: close\r\n'));
    for (let stop = 0; stop < 5; stop++) {
      socket.pause();
      await pause(300);
      await once(socket.resume(), 'data');
    }
    const text = await readAll(socket);
    assert.ok(text.endsWith(LARGE.slice(0, 1024 * 1024)));
  });

  it('take a large body', async () => {
    const { host } = await start();
    const form = new FormData();
    form.append('file', new Blob([Buffer.alloc(20 * 1024 * 1024)]), 'x');
    const headers = { 'server-secret': host.serverSecret };
    const answer = await fetch(`${host.url}/api/app/length`, { method: 'POST', body: form, headers });
    assert.deepEqual(await answer.json(), { size: 20 * 1024 * 1024 });
  });

  it('end when nobody reads the answer, though more keeps coming in, and the download ends with them', async () => {
    const { host, seen } = await start();
    for (const path of ['/large', '/endless']) {
      const socket = await open(host, ask(path));
      socket.pause();
      const drip = setInterval(() => socket.write('G'), 50);
      const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)));
      const ended = await Promise.race([closed, pause(20_000, false, { ref: false })]);
      clearInterval(drip);
      assert.ok(ended, path);
    }
    assert.equal(seen.made, 1);
  });

  it('end when a body never does, but the file of an import may take its time', async () => {
    const { host } = await start({ bodyMs: 400 });
    const late = await open(host, ask('/n', 'Content-Length: 100\r\n'));
    const drip = setInterval(() => late.write('x'), 50);
    const ended = once(late.resume(), 'close').then(() => clearInterval(drip));
    const form =
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: a/b\r\n\r\n';
    const headers = `Server-Secret: ${host.serverSecret}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n`;
    const type = 'Content-Type: multipart/form-data; boundary=x\r\n';
    const slow = await open(host, ask('/api/app/length', headers + type).replace('GET', 'POST'));
    const chunk = (text: string) => slow.write(`${text.length.toString(16)}\r\n${text}\r\n`);
    chunk(form);
    for (let n = 0; n < 15; n++) {
      await pause(100);
      chunk('y');
    }
    chunk('\r\n--x--\r\n');
    slow.write('0\r\n\r\n');
    assert.match(await readAll(slow), /^HTTP\/1.1 200 .*"size":15/s);
    await ended;
  });

  it('stay open while an answer is being made, however long it takes', async () => {
    const { host, seen } = await start();
    const socket = await open(host, ask('/held', 'Connection: close\r\n'));
    await pause(1_500);
    seen.release();
    assert.match(await readAll(socket), /answer;/);
  });

  it('are limited in all: the longest idle one makes room, none that is being answered', async () => {
    const { host, seen } = await start({ most: 2 });
    const busy = await open(host, ask('/held', 'Connection: close\r\n'));
    await until('the answers are made', () => seen.made === 1);
    const idle = await open(host);
    await open(host);
    await once(idle.resume(), 'close');
    seen.release();
    assert.match(await readAll(busy), /answer;/);
  });

  it('are as many as fit the memory, and of one address fewer unless a proxy is in front', () => {
    const alone = connectionLimits({ trustProxyHops: 0 });
    const behindProxy = connectionLimits({ trustProxyHops: 1 });
    assert.deepEqual([alone.mostPerAddress, alone.stalledMs], [256, 30_000]);
    assert.ok(alone.most >= 256 && alone.most <= 8192 && alone.most * 256 * 1024 <= totalmem());
    assert.deepEqual([behindProxy.most, behindProxy.mostPerAddress], [alone.most, Number.POSITIVE_INFINITY]);
  });

  it('of one address are limited: its own longest idle one makes room, none that is being answered', async () => {
    const { host, seen } = await start({ mostPerAddress: 3 });
    const busy = await open(host, ask('/held', 'Connection: close\r\n'));
    await until('the answers are made', () => seen.made === 1);
    const [first, second] = [await open(host), await open(host)];
    const third = await open(host);
    await once(first.resume(), 'close');
    assert.ok(!second.destroyed && !third.destroyed);
    for (const socket of [second, third]) socket.write(ask('/held'));
    await until('the answers are made', () => seen.made === 3);
    await once((await open(host)).resume(), 'close');
    seen.release();
    assert.match(await readAll(busy), /answer;/);
  });

  it('whose bodies do not come make room too, but not for an answer that is being made', async () => {
    for (const limits of [{ mostPerAddress: 3 }, { most: 3 }]) {
      const { host, seen } = await start(limits);
      const busy = await open(host, ask('/held', 'Connection: close\r\n'));
      await until('the answer is made', () => seen.made === 1);
      const head = 'POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n';
      const [first, second] = [await open(host, head), await open(host, head)];
      const closed = once(first.resume(), 'close');
      await pause(50);
      const third = await open(host, ask('/n', 'Connection: close\r\n'));
      assert.match(await readAll(third), /answer 2;/, JSON.stringify(limits));
      await closed;
      assert.equal(second.destroyed, false);
      seen.release();
      assert.match(await readAll(busy), /answer;/);
    }
  });
});
