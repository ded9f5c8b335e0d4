import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createAuth } from '../../../client/user/index.ts';
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts';
import { makeDataDir, startTestHost, type TestHost } from '../../support/host.ts';
import { listenOnLoopback } from '../../support/listen.ts';
import { until } from '../../support/until.ts';
import { PASSWORD } from './stage.ts';

const MB = 1_048_576;

describe('uploads that break off', () => {
  const { dataDir } = makeDataDir();
  let proxy: CutProxy;
  let host: TestHost;
  async function start(): Promise<void> {
    host = await startTestHost({ now: Date.now(), dataDir, config: { apiUrl: proxy.url } });
    proxy.upstream = host.port;
  }
  before(async () => {
    proxy = await startCutProxy();
    await start();
  });
  after(async () => {
    await proxy.stop();
    await host.stop();
  });

  /** Somebody who is logged in, and what their client sends to the storage. */
  async function member(handle: string) {
    const { appToken } = await host.createApp({ signupFlow: 'none', assetStorage: 'local' });
    const sent: { method: string; range: string | null }[] = [];
    const auth = createAuth({
      url: proxy.url,
      appToken,
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        if (!headers.has('x-client')) {
          sent.push({ method: String(init?.method), range: headers.get('content-range') });
        }
        return fetch(input, init);
      },
    });
    await auth.orThrow.signUp({ handle, password: PASSWORD });
    return { assets: auth.orThrow.assets, sent };
  }

  for (const [name, away] of [
    ['a connection that is lost', async () => {}],
    [
      'a host that starts again',
      async () => {
        proxy.upstream = 0;
        await host.stop();
        const uploading = join(dataDir, 'assets', 'uploading');
        const isAside = async () => readdirSync(uploading).some((name) => name.endsWith('.partial'));
        await until('what arrived is set aside, though the store is closed', isAside);
        await start();
      },
    ],
  ] as const) {
    it(`go on behind what has arrived: ${name}`, { timeout: 60_000 }, async () => {
      const { assets, sent } = await member(`${name.replaceAll(' ', '-')}@example.com`);
      const content = randomBytes(8 * MB);
      const told: number[] = [];
      const cut = proxy.cutAfter(5 * MB).then(away);
      const asset = await assets.upload(new Blob([content], { type: 'video/mp4' }), {
        onProgress: ({ loaded }) => told.push(loaded),
      });
      await cut;
      assert.equal(asset.size, content.length);
      assert.deepEqual(Buffer.from(await (await fetch(asset.url)).arrayBuffer()), content);
      const [first, ...rest] = sent;
      assert.deepEqual(first, { method: 'PUT', range: null });
      const last = rest.at(-1);
      const [, from = 0, to, of] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(last?.range ?? '')?.map(Number) ?? [];
      assert.ok(from > 0, `it goes on at ${from}`);
      assert.deepEqual([to, of], [content.length - 1, content.length]);
      assert.ok(rest.slice(0, -1).every(({ method }) => method === 'HEAD'));
      assert.equal(told.at(-1), content.length);
    });
  }
});

describe('uploads to a bucket that break off', () => {
  type Answer = (request: IncomingMessage, response: ServerResponse) => void;
  /** A host of which only the files are played: what a bucket does cannot be arranged. */
  async function upload(answers: readonly Answer[]) {
    const methods: string[] = [];
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://host');
      if (pathname.startsWith('/bucket')) {
        methods.push(String(request.method));
        const answer = answers[methods.length - 1] ?? assert.fail('another request');
        return answer(request, response);
      }
      request.resume().on('end', () => response.end(JSON.stringify(ANSWERS(url)[pathname])));
    });
    const { url } = await listenOnLoopback(server);
    const appToken = `e30.${btoa(JSON.stringify({ appId: 'a' }))}.x`;
    const auth = createAuth({ url, appToken });
    await auth.orThrow.logInAnonymously();
    try {
      return {
        result: await auth.assets.upload(new Blob([randomBytes(MB)], { type: 'video/mp4' })),
        methods,
      };
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }
  const token = `e30.${btoa(JSON.stringify({ iat: 1, exp: 4_000_000_000 }))}.x`;
  const ANSWERS = (url: string): Record<string, unknown> => ({
    '/api/appuser/loginAnonymous': { jwt: token, 'access-token': token },
    '/api/appuser/getUser': { handle: 'ANON_1' },
    '/api/asset/init': {
      contentId: 'c',
      writeUrls: { writeUrl: `${url}/bucket/object?X-Amz-Signature=00` },
      headers: { 'Content-Type': 'video/mp4' },
    },
    '/api/asset/create': { _id: 'c' },
  });
  const lost: Answer = (request) => request.once('data', () => request.socket.destroy());
  const answering =
    (status: number, text = ''): Answer =>
    (request, response) =>
      void request.resume().on('end', () => response.writeHead(status).end(text));

  it('begin anew', async () => {
    const { result, methods } = await upload([lost, answering(503), answering(200)]);
    assert.ok(result.ok);
    assert.deepEqual(methods, ['PUT', 'PUT', 'PUT']);
  });

  it('are given up after three times', async () => {
    const { result, methods } = await upload([lost, lost, lost]);
    assert.ok(!result.ok);
    assert.deepEqual([result.error.code, methods.length], ['network', 3]);
  });

  it('say what the storage says, and are not tried again when it refuses', async () => {
    const refusing = answering(403, '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>');
    const { result, methods } = await upload([refusing]);
    assert.ok(!result.ok);
    assert.deepEqual(
      [result.error.code, result.error.reason, methods.length],
      ['invalid_data', 'not_uploaded', 1],
    );
    assert.match(result.error.message, /AccessDenied/);
  });
});
