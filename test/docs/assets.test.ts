import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { App } from '../../server/model/app.ts';
import { INITIAL_ASSET_SETTINGS } from '../../server/model/asset.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { listenOnLoopback } from '../support/listen.ts';
import { png } from '../support/pictures.ts';
import { allowPages, type CorsRule } from '../support/s3-cors.ts';
import { NO_S3_SERVER, s3ServerAvailable, startS3Server } from '../support/s3-server.ts';
import { type ShellSession, startShell } from '../support/shell-session.ts';
import { assertLike, sectionsOf, valuesIn } from './page.ts';

const [start, ...sections] = sectionsOf('assets.md');
const PAGE = readFileSync(new URL('../../docs/assets.md', import.meta.url), 'utf8');
const withoutBucket = chromiumObstacle() ?? (s3ServerAvailable() ? false : NO_S3_SERVER);
const CLIENT = new URL('../../client/user/index.ts', import.meta.url);

describe('docs/assets.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assets-page-'));
  let host: TestHost;
  let app: App;
  let shell: ShellSession;
  before(async () => {
    host = await startTestHost({ now: Date.now() });
    app = await host.createApp({ signupFlow: 'none' });
    await host.createUser(app, { handle: 'you@example.com', password: md5('Correct-Horse-1') });
    shell = startShell();
    const [first, second, third, fourth, ...functions] = (start?.blocks[0]?.text ?? '').split('\n');
    assert.deepEqual(
      [first, second, third, fourth].map((line) => line?.split('=')[0]),
      ['URL', 'APP_TOKEN', 'APP_ID', 'SECRET'],
    );
    const own = [
      `cd ${folder}`,
      `URL=${host.url}`,
      `APP_TOKEN=${app.appToken}`,
      `APP_ID=${app.id}`,
      `SECRET=${host.serverSecret}`,
    ];
    await shell.paste([...own, ...functions].join('\n'));
  });
  after(async () => {
    shell.close();
    await host.stop();
    rmSync(folder, { recursive: true });
  });

  const code = (heading: string, language: string) => {
    const text = sections
      .find((section) => section.heading === heading)
      ?.blocks.find((block) => block.language === language)?.text;
    assert.ok(text, `the page has ${language} below ${heading}`);
    return text;
  };
  const filled = (text: string) => text.replaceAll('$URL', host.url).replaceAll('$APP_TOKEN', app.appToken);

  it('switches files on', async () => {
    const [set] = valuesIn(await shell.paste(code('Switch it on', 'sh')));
    assertLike(set, { assetStorage: 'local', assetMaxMb: 50, assetQuotaMb: 500 }, 'the app');
  });

  it('shows what the host answers', async () => {
    const { blocks } = sections.find(({ heading }) => heading === 'On the wire') ?? assert.fail();
    for (const [index, { language, text }] of blocks.entries()) {
      if (language !== 'sh') continue;
      const answers = valuesIn(await shell.paste(text));
      const shown = valuesIn(blocks[index + 1]?.text ?? '');
      assert.equal(answers.length, shown.length, JSON.stringify(answers));
      for (const [place, value] of shown.entries()) assertLike(answers[place], value, 'On the wire');
    }
  });

  it('does everything else from Node', async () => {
    const library = join(folder, 'node_modules/cosync-auth-client');
    mkdirSync(library, { recursive: true });
    writeFileSync(join(library, 'package.json'), '{"type":"module","exports":"./index.js"}');
    writeFileSync(join(library, 'index.js'), `export * from ${JSON.stringify(CLIENT)};`);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'manual.pdf'), 'no real one');
    writeFileSync(join(folder, 'main.ts'), filled(code('Everything else', 'ts')));
    const { stdout } = await promisify(execFile)(process.execPath, ['main.ts'], { cwd: folder });
    assert.match(
      stdout,
      /^[\da-f]+\/papers\/manual-[\da-f]{32}\.pdf 11\nHow it works undefined\n\{ bytes: 11, count: 1, quota: 524288000 \}\n$/,
    );
  });

  it('uploads from a page in ten lines, and ends an upload', {
    skip: chromiumObstacle() ?? false,
  }, async () => {
    const html = filled(code('Upload in ten lines', 'html'));
    const ending = `<button>End</button><script type="module">
      const { createAuth, webStorage } = await import('${host.url}/client.js');
      const auth = createAuth({ url: '${host.url}', appToken: '${app.appToken}', storage: webStorage() });
      await auth.ready;
      const file = new Blob([new Uint8Array(20_000_000)], { type: 'video/mp4' });
      setTimeout(() => document.querySelector('button').click(), 100);
      ${code('Upload in ten lines', 'js')}
      document.title = result.error.code;
    </script>`;
    const server = createServer(({ url }, response) => {
      response.setHeader('Content-Type', 'text/html').end(url === '/ending' ? ending : html);
    });
    const { url: site } = await listenOnLoopback(server);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(site);
      await page.evaluate(`(async () => {
        const { createAuth, webStorage } = await import('${host.url}/client.js');
        const auth = createAuth({ url: '${host.url}', appToken: '${app.appToken}', storage: webStorage() });
        await auth.orThrow.logIn({ handle: 'you@example.com', password: 'Correct-Horse-1' });
      })()`);
      await page.reload();
      const file = { name: 'slope.png', mimeType: 'image/png', buffer: png(800, 400) };
      await page.locator('input').setInputFiles(file);
      await page.getByText('uploaded').waitFor();
      await page.waitForFunction(`document.querySelector('img').naturalWidth === 300`);
      assert.equal(await page.locator('progress').evaluate((bar: { value: number }) => bar.value), 1);
      await page.locator('input').setInputFiles({ ...file, name: 'page.html', mimeType: 'text/html' });
      await page.getByText('type_not_allowed').waitFor();
      await page.goto(`${site}/ending`);
      await page.waitForFunction(`document.title === 'aborted'`);
    } finally {
      await browser.close();
      server.close();
    }
  });

  it('goes over to a bucket, and lets pages in', { skip: withoutBucket }, async () => {
    const { blocks } = sections.find(({ heading }) => heading === 'Your own bucket') ?? assert.fail();
    const [names, set, rules] = blocks.map(({ text }) => text);
    const bucket = await startS3Server();
    const site = createServer((_request, response) =>
      response.setHeader('Content-Type', 'text/html').end(' '),
    );
    const { url: origin } = await listenOnLoopback(site);
    const browser = await launchChromium();
    try {
      const { place } = bucket;
      const own = {
        BUCKET: place.bucket,
        REGION: place.region,
        ENDPOINT: place.endpoint,
        KEY_ID: place.keyId,
        KEY_SECRET: place.secret,
      };
      assert.deepEqual(
        names
          ?.trim()
          .split('\n')
          .map((line) => line.split('=')[0]),
        Object.keys(own),
      );
      await shell.paste(
        Object.entries(own)
          .map(([name, value]) => `${name}=${value}`)
          .join('\n'),
      );
      const [changed, tried] = valuesIn(await shell.paste(set ?? ''));
      assertLike(changed, { assetStorage: 's3', assetBucket: place.bucket }, 'the app');
      assertLike(tried, { ok: true }, 'the test');

      const page = await browser.newPage();
      await page.goto(origin);
      const upload = () =>
        page.evaluate<string>(`(async () => {
          const { createAuth } = await import('${host.url}/client.js');
          const auth = createAuth({ url: '${host.url}', appToken: '${app.appToken}' });
          await auth.orThrow.logIn({ handle: 'you@example.com', password: 'Correct-Horse-1' });
          const result = await auth.assets.upload(new Blob(['x'], { type: 'application/pdf' }));
          return result.ok ? (await (await fetch(result.value.url)).text()) : result.error.code;
        })()`);
      assert.equal(await upload(), 'network', 'without the rule');
      const [rule] = JSON.parse((rules ?? '').replace('https://app.example.com', origin)) as [CorsRule];
      await allowPages(place, rule);
      assert.equal(await upload(), 'x');
    } finally {
      await Promise.all([browser.close(), bucket.stop()]);
      site.close();
    }
  });

  it('names the defaults that there are', () => {
    const { assetTypes, assetMaxMb, assetQuotaMb } = INITIAL_ASSET_SETTINGS;
    for (const [name, value] of Object.entries({ assetTypes, assetMaxMb, assetQuotaMb })) {
      const row = new RegExp(
        `^\\| \`${name}\` \\| \`?${String(value).replaceAll(/[*/]/g, '\\$&')}\`? \\|`,
        'm',
      );
      assert.match(PAGE, row);
    }
  });
});

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
