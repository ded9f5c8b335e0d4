import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { App } from '../../server/model/app.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { type CutProxy, startCutProxy } from '../support/cut-proxy.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { png } from '../support/pictures.ts';

const ON: Partial<App> = { signupFlow: 'none', assetStorage: 'local' };

/** Members of an asset as the page tells them, and what its versions turned out to be. */
interface Told {
  asset: {
    xRes?: number;
    yRes?: number;
    duration?: number;
    color?: string;
    contentType: string;
    size: number;
  };
  versions: Record<string, { type: string; width: number; height: number }>;
  progress: { loaded: number; total: number }[];
  error?: { code: string; reason?: string; name: string };
}

describe('files from a page of another origin', { skip: chromiumObstacle() ?? false }, () => {
  let host: TestHost;
  let proxy: CutProxy;
  let browser: Browser;
  let site: Server;
  before(async () => {
    proxy = await startCutProxy();
    [browser, host] = await Promise.all([
      launchChromium(),
      startTestHost({ now: Date.now(), config: { apiUrl: proxy.url } }),
    ]);
    proxy.upstream = host.port;
    site = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>an app</title>');
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    site.close();
    await Promise.all([browser.close(), host.stop(), proxy.stop()]);
  });

  /** A page on which somebody new is logged in, with `auth` and ways to look at what was uploaded. */
  async function open(settings = ON): Promise<{ page: Page; loaded: string[] }> {
    const { appToken } = await host.createApp(settings);
    const page = await browser.newPage();
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`);
    await page.evaluate(`(async () => {
      const { createAuth } = await import('${proxy.url}/client.js');
      const auth = createAuth({ url: '${proxy.url}', appToken: '${appToken}' });
      await auth.orThrow.signUp({ handle: 'ada@example.com', password: 'Correct-Horse-1' });
      globalThis.auth = auth;
      globalThis.sent = async (file, options) => {
        const progress = [];
        const onProgress = (told) => { progress.push(told); options?.hear?.(told); };
        const result = await auth.assets.upload(file, { ...options, onProgress });
        if (!result.ok) {
          const { code, reason, name } = result.error;
          return { progress, error: { code, reason, name } };
        }
        const versions = {};
        for (const name of ['urlSmall', 'urlMedium', 'urlLarge', 'urlVideoPreview']) {
          if (!result.value[name]) continue;
          const blob = await (await fetch(result.value[name])).blob();
          const { width, height } = await createImageBitmap(blob);
          versions[name] = { type: blob.type, width, height };
        }
        return { asset: result.value, versions, progress };
      };
    })()`);
    return { page, loaded };
  }
  const picture = (width: number, height: number) =>
    `new File([Uint8Array.from(atob('${png(width, height).toString('base64')}'), (letter) => letter.charCodeAt(0))], 'slope.png', { type: 'image/png' })`;

  it('loads the code for them at their first use, once', async () => {
    const { page, loaded } = await open();
    const chunks = () => loaded.filter((request) => request.includes('client-assets'));
    assert.deepEqual(chunks(), []);
    await page.evaluate('Promise.all([auth.assets.usage(), auth.assets.list()])');
    assert.equal(chunks().length, 1);
    await page.close();
  });

  it('makes smaller versions of a picture, none larger than it is', async () => {
    const { page, loaded } = await open();
    const { asset, versions, progress } = await page.evaluate<Told>(`sent(${picture(1_000, 500)})`);
    assert.deepEqual([asset.xRes, asset.yRes], [1_000, 500]);
    assert.match(String(asset.color), /^#7[\da-f]7[\da-f]8[\da-f]$/);
    assert.deepEqual(
      Object.entries(versions).map(([name, { width, height }]) => [name, width, height]),
      [
        ['urlSmall', 300, 150],
        ['urlMedium', 600, 300],
        ['urlLarge', 900, 450],
      ],
    );
    for (const { type } of Object.values(versions)) assert.equal(type, 'image/webp');
    const ends = progress.map(({ loaded: bytes }) => bytes);
    assert.deepEqual(
      ends,
      ends.toSorted((one, other) => one - other),
    );
    assert.equal(ends.at(-1), progress.at(-1)?.total);
    const small = await page.evaluate<Told>(`sent(${picture(300, 900)})`);
    assert.deepEqual(small.versions, {});
    const chosen = await page.evaluate<Told>(`sent(${picture(1_000, 500)}, { cuts: ['medium'] })`);
    assert.deepEqual(Object.keys(chosen.versions), ['urlMedium']);
    const none = await page.evaluate<Told>(`sent(${picture(1_000, 500)}, { cuts: false })`);
    assert.deepEqual([none.versions, none.asset.xRes], [{}, 1_000]);
    assert.ok(loaded.filter((request) => request.startsWith('PUT ')).length > 6);
    await page.close();
  });

  it('shows a video by an early frame', async () => {
    const { page } = await open();
    await page.evaluate(`(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
      const context = canvas.getContext('2d');
      let hue = 0;
      const timer = setInterval(() => {
        context.fillStyle = 'hsl(' + (hue += 7) + ' 80% 50%)';
        context.fillRect(0, 0, 640, 480);
      }, 30);
      const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: 'video/webm;codecs=vp8' });
      const parts = [];
      recorder.ondataavailable = ({ data }) => parts.push(data);
      recorder.start();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      recorder.stop();
      await new Promise((resolve) => { recorder.onstop = resolve; });
      clearInterval(timer);
      globalThis.film = new Blob(parts, { type: 'video/webm;codecs=vp8' });
    })()`);
    const { asset, versions } = await page.evaluate<Told>('sent(film)');
    assert.deepEqual([asset.contentType, asset.xRes, asset.yRes], ['video/webm', 640, 480]);
    assert.deepEqual(
      Object.entries(versions).map(([name, { type, width }]) => [name, type, width]),
      [
        ['urlSmall', 'image/jpeg', 300],
        ['urlMedium', 'image/jpeg', 600],
        ['urlVideoPreview', 'image/jpeg', 640],
      ],
    );
    await page.close();
  });

  it('sends what it cannot look at all the same', async () => {
    const { page } = await open();
    const { asset, versions } = await page.evaluate<Told>(
      `sent(new File(['no picture'], 'broken.png', { type: 'image/png' }))`,
    );
    assert.deepEqual([asset.size, asset.xRes, versions], [10, undefined, {}]);
    await page.close();
  });

  it('goes on behind what has arrived when the connection breaks off', async () => {
    const { page, loaded } = await open();
    // Chromium itself sends again, once, what breaks off on a connection that was used before.
    const cut = proxy.cutAfter(3_000_000);
    void cut.then(() => proxy.cutAfter(6_000_000));
    const { asset, progress } = await page.evaluate<Told>(
      `sent(new Blob([new Uint8Array(8_000_000)], { type: 'video/mp4' }), { cuts: false })`,
    );
    await cut;
    assert.equal(asset.size, 8_000_000);
    assert.equal(progress.at(-1)?.loaded, 8_000_000);
    const storage = loaded
      .filter((request) => /^(?:PUT|HEAD) /.test(request))
      .map((request) => request.split(' ')[0]);
    assert.deepEqual(storage, ['PUT', 'HEAD', 'PUT']);
    await page.close();
  });

  it('ends when it is given up, and lists nothing', async () => {
    const { page } = await open();
    const { error } = await page.evaluate<Told>(`(() => {
      const given = new AbortController();
      const hear = ({ loaded }) => { if (loaded > 0) given.abort(); };
      const film = new Blob([new Uint8Array(20_000_000)], { type: 'video/mp4' });
      return sent(film, { cuts: false, signal: given.signal, hear });
    })()`);
    assert.equal(error?.code, 'aborted');
    assert.deepEqual(await page.evaluate('auth.orThrow.assets.list()'), { rows: [] });
    await page.close();
  });
});
