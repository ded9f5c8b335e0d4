import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { App } from '../../server/model/app.ts';
import { accessibilityFaults } from '../support/axe.ts';
import { describeOnBothStores } from '../support/both-stores.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { png } from '../support/pictures.ts';
import { allowPages } from '../support/s3-cors.ts';
import { NO_S3_SERVER, type S3Server, s3ServerAvailable, startS3Server } from '../support/s3-server.ts';
import { until } from '../support/until.ts';
import { listenTo } from './noise.ts';

const skip = chromiumObstacle() ?? false;
const MB = 1_048_576;
const PICTURE = { name: 'slope.png', mimeType: 'image/png', buffer: png(1_000, 750) };
const FILM = { name: 'long film.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(8 * MB) };

describeOnBothStores(
  'what a user does on the page of files',
  (host) => {
    let browser: Browser;
    let bucket: S3Server | undefined;
    before(async () => {
      if (skip) return;
      browser = await launchChromium();
      if (!s3ServerAvailable()) return;
      bucket = await startS3Server();
      await allowPages(bucket.place);
    });
    after(() => Promise.all([browser?.close(), bucket?.stop()]));

    /** Somebody who is logged in, on the page of files. */
    async function visit(app: App): Promise<Page> {
      const context = await browser.newContext({ locale: 'en-GB' });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      page.on('dialog', (dialog) => dialog.accept());
      await page.goto(`${host().url}/sample?appToken=${app.appToken}`);
      await page.locator('#signUp [name=handle]').fill('ada@example.com');
      await page.locator('#signUp [name=newPassword]').fill('Correct-Horse-1');
      await page.locator('#signUp form button').click();
      await page.locator('#files', { hasText: 'Files' }).click();
      await page.locator('h1', { hasText: 'Files of ada@example.com' }).waitFor();
      return page;
    }
    const notice = (page: Page, words: string) => page.locator('#notice', { hasText: words }).waitFor();

    async function storageOf(kind: 'local' | 's3'): Promise<Partial<App>> {
      if (kind === 'local') return { assetStorage: kind };
      const { bucket: name, region, endpoint, keyId, secret } = bucket?.place ?? assert.fail();
      return {
        assetStorage: kind,
        assetBucket: name,
        assetRegion: region,
        assetEndpoint: endpoint,
        assetKeyId: keyId,
        assetSecret: secret,
      };
    }

    for (const kind of ['local', 's3'] as const) {
      const without = skip || (kind === 's3' && !s3ServerAvailable() && NO_S3_SERVER);
      it(`uploads, looks, describes, shares and deletes: ${kind}`, { skip: without }, async () => {
        const storage = await storageOf(kind);
        const app = await host().createApp({ signupFlow: 'none', assetQuotaMb: 50, ...storage });
        const page = await visit(app);
        const noise = listenTo(page);
        await page.getByText('No files yet.').waitFor();

        await page.locator('[name=file]').setInputFiles(PICTURE);
        await page.locator('#upload [name=caption]').fill('A slope');
        await page.locator('#upload button').click();
        await notice(page, 'slope.png is here.');
        const card = page.locator('#assets li').first();
        await card.locator('strong', { hasText: /^slope\.png$/ }).waitFor();
        const shown = card.locator('img');
        await until('the smaller version is shown', async () => {
          const width = await shown.evaluate((image: { naturalWidth: number }) => image.naturalWidth);
          return width === 600;
        });
        assert.match(await page.locator('#usage').innerText(), /^1 file, .* of 50 MB/);
        assert.equal(await card.locator('[name=caption]').inputValue(), 'A slope');

        await card.locator('[name=caption]').fill('A gentle slope');
        await card.locator('form button').click();
        await notice(page, 'Saved.');
        await card.locator('[name=shared]').check();
        await notice(page, 'Everybody in this app may see it now.');
        await page.reload();
        await card.locator('[name=shared]').waitFor();
        assert.ok(await card.locator('[name=shared]').isChecked());
        assert.equal(await card.locator('[name=caption]').inputValue(), 'A gentle slope');

        const second = { ...PICTURE, name: 'second.png' };
        const refused = { ...PICTURE, name: 'p.html', mimeType: 'text/html' };
        await page.locator('[name=file]').setInputFiles([refused, second]);
        await page.locator('#upload button').click();
        await notice(page, 'second.png is here.');
        const left = page.locator('#uploads li');
        assert.match(await left.innerText(), /^p\.html\s+This app does not take files of this type\./);
        await left.locator('button', { hasText: 'Close' }).click();
        assert.equal(await left.count(), 0);
        await card.locator('button.danger').click();
        await notice(page, 'Deleted.');
        await page.locator('#language').selectOption('de');
        assert.equal(await page.locator('#notice').innerText(), '');
        await page.locator('#language').selectOption('en');

        await card.locator('button.danger').click();
        await notice(page, 'Deleted.');
        await page.getByText('No files yet.').waitFor();
        assert.deepEqual(
          noise.complaints.filter((text) => !text.includes('the server responded with a status of 400')),
          [],
        );
        await page.context().close();
      });

      it(`shows how far an upload is, and ends it: ${kind}`, { skip: without }, async () => {
        const storage = await storageOf(kind);
        const app = await host().createApp({ signupFlow: 'none', ...storage });
        const page = await visit(app);
        const session = await page.context().newCDPSession(page);
        const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: MB };
        await session.send('Network.emulateNetworkConditions', slow);
        await page.locator('[name=file]').setInputFiles(FILM);
        await page.locator('#upload button').click();
        const bar = page.locator('#uploads progress');
        await until('something has left', async () => {
          const value = await bar.evaluate((element: { value: number }) => element.value);
          return value > 0 && value < 1;
        });
        assert.match(await page.locator('#uploads .state').innerText(), / of 8 MB$/);
        await page.locator('#uploads button').click();
        await notice(page, 'long film.mp4 was not uploaded.');
        assert.equal(await page.locator('#uploads li').count(), 0);
        await session.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });
        await page.reload();
        await page.getByText('No files yet.').waitFor();
        await page.context().close();
      });
    }

    it('says when the app keeps no files, and when nobody is logged in', { skip }, async () => {
      const app = await host().createApp({ signupFlow: 'none' });
      const page = await visit(app);
      await notice(page, 'This app keeps no files');
      const nobody = await (await browser.newContext()).newPage();
      await nobody.goto(`${host().url}/sample/files?appToken=${app.appToken}`);
      await nobody.locator('h1', { hasText: 'Nobody is logged in' }).waitFor();
      assert.equal(await nobody.locator('#upload').isVisible(), false);
      await nobody.context().close();
      await page.context().close();
    });

    it('fits a phone and a desk, and whoever cannot see it', { skip }, async () => {
      const app = await host().createApp({ signupFlow: 'none', assetStorage: 'local' });
      const page = await visit(app);
      await page.locator('[name=file]').setInputFiles(PICTURE);
      await page.locator('#upload button').click();
      await notice(page, 'slope.png is here.');
      for (const viewport of [
        { width: 320, height: 640 },
        { width: 1280, height: 800 },
      ]) {
        await page.setViewportSize(viewport);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.ok(width <= viewport.width, `${width} wide at ${viewport.width}`);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          assert.deepEqual(await accessibilityFaults(page), []);
        }
      }
      await page.context().close();
    });
  },
  { now: Date.now(), config: { sample: 'on' } },
);
