import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { browserFiles } from '../../client/build/browser.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { startTestHost, type TestHost } from '../support/host.ts';

const CLIENT = new URL('../../client/', import.meta.url);
const BROWSER = new URL('browser/', CLIENT);
const committed = new Map(
  readdirSync(BROWSER).map((name) => [name, readFileSync(new URL(name, BROWSER), 'utf8')]),
);
const { version } = JSON.parse(readFileSync(new URL('package.json', CLIENT), 'utf8')) as { version: string };
const MODULE = `client-${version}.js`;

describe('the browser build of the client', () => {
  it('is what `npm run build:client` makes of the sources', async () => {
    assert.deepEqual(await browserFiles(), committed);
    assert.ok(committed.has(MODULE));
  });

  it('is small: 8,192 bytes gzipped, without the chunks that are loaded when they are needed', async () => {
    const chunks = [...committed].filter(([name]) => name !== MODULE);
    assert.deepEqual(
      chunks.map(([name]) => name.replace(/-\w+\.js$/, '')),
      ['client-assets', 'client-md5'],
    );
    for (const [name, text] of chunks) {
      assert.ok(gzipSync(text, { level: 9 }).length <= 4_096, name);
      assert.doesNotMatch(text, /\bimport\b/, `${name} brings nothing else`);
    }
    const bytes = gzipSync(committed.get(MODULE) ?? '', { level: 9 }).length;
    assert.ok(bytes <= 8_192, `${bytes} bytes`);
  });

  for (const [entry, most] of [
    ['react', 2_048],
    ['verify', 1_024],
    ['node', 1_024],
  ] as const) {
    it(`${entry} is small: ${most} bytes gzipped`, async () => {
      const { outputFiles } = await build({
        entryPoints: [new URL(`${entry}/index.ts`, CLIENT).pathname],
        packages: 'external',
        platform: 'node',
        bundle: true,
        minify: true,
        format: 'esm',
        target: 'es2022',
        write: false,
      });
      const bytes = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
      assert.ok(bytes > 0 && bytes <= most, `${bytes} bytes`);
    });
  }

  describe('at /client.js', () => {
    let host: TestHost;
    before(async () => {
      host = await startTestHost({ now: Date.now(), config: { allowOrigin: ['https://elsewhere.example'] } });
    });
    after(() => host.stop());

    it('is asked for again each time, and named by what it holds', async () => {
      const answer = await fetch(`${host.url}/client.js`);
      assert.equal(await answer.text(), committed.get(MODULE));
      const { headers } = answer;
      assert.equal(headers.get('content-type'), 'text/javascript; charset=utf-8');
      assert.equal(headers.get('cache-control'), 'no-cache');
      assert.equal(headers.get('access-control-allow-origin'), '*', 'whatever ALLOW_ORIGIN says');
      const etag = headers.get('etag') ?? '';
      assert.match(etag, /^"[\da-f]{32}"$/);
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
        const again = await host.request('GET', '/client.js', { headers: { 'if-none-match': known } });
        assert.deepEqual([again.status, again.text], [304, ''], known);
      }
      const other = await host.request('GET', '/client.js', { headers: { 'if-none-match': '"other"' } });
      assert.equal(other.status, 200);
    });

    it('has addresses that stay as they are, its chunk too', async () => {
      for (const [name, text] of committed) {
        const answer = await fetch(`${host.url}/${name}`);
        assert.equal(await answer.text(), text);
        assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
        assert.equal(answer.headers.get('access-control-allow-origin'), '*');
      }
      assert.equal((await host.request('GET', '/client-0.0.1.js')).status, 404);
    });
  });

  describe('in a page of another origin', { skip: chromiumObstacle() ?? false }, () => {
    let host: TestHost;
    let browser: Browser;
    let site: Server;
    before(async () => {
      [browser, host] = await Promise.all([launchChromium(), startTestHost({ now: Date.now() })]);
      site = createServer((_request, response) => {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>an app</title>');
      });
      await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    });
    after(async () => {
      site.close();
      await Promise.all([browser.close(), host.stop()]);
    });

    for (const takesText of [true, false]) {
      it(`signs up with ${takesText ? 'a clear password' : 'the MD5, loaded for that'}`, async () => {
        const app = await host.createApp({ signupFlow: 'none' });
        const page = await browser.newPage();
        const loaded: string[] = [];
        page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
        if (!takesText) {
          await page.route('**/getApplication', (route) => route.fulfill({ json: { signupFlow: 'none' } }));
        }
        await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`);
        const handle = `${takesText}@example.com`;
        const answer = await page.evaluate(`(async () => {
          const { createAuth, webStorage } = await import('${host.url}/client.js');
          const auth = createAuth({ url: '${host.url}', appToken: '${app.appToken}', storage: webStorage() });
          const signedUp = await auth.signUp({ handle: '${handle}', password: 'Grüße-Ada-11' });
          return signedUp.ok ? signedUp.value.session.user.handle : signedUp.error.message;
        })()`);
        assert.equal(answer, handle);
        assert.equal(loaded.filter((path) => /client-md5/.test(path)).length, takesText ? 0 : 1);
        await page.close();
      });
    }
  });
});
