import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { type BrowserNoise, listenTo } from './noise.ts';

const TAGS = '[...document.querySelectorAll(".opblock-tag")].map(({ dataset }) => dataset.tag)';

describe('the reference of the API', () => {
  it('can be switched off, files and all', async () => {
    const host = await startTestHost({ config: { apiDocs: 'off' } });
    try {
      for (const path of ['/docs', '/docs/start.js', '/docs/viewer-5.35.0.js']) {
        assert.equal((await host.request('GET', path)).status, 404);
      }
    } finally {
      await host.stop();
    }
  });

  describe('in a browser', { skip: chromiumObstacle() ?? false }, () => {
    let browser: Browser;
    let host: TestHost;
    before(async () => {
      [browser, host] = await Promise.all([launchChromium(), startTestHost()]);
    });
    after(() => Promise.all([browser?.close(), host?.stop()]));

    for (const [name, viewport] of [
      ['a desk', { width: 1280, height: 900 }],
      ['a phone', { width: 390, height: 844 }],
    ] as const) {
      it(`draws every route on ${name}, asks nobody else and breaks no policy`, async () => {
        const page = await browser.newPage({ viewport });
        const noise: BrowserNoise = listenTo(page);
        await page.goto(`${host.url}/docs`);
        await page.locator('.opblock-tag-section').first().waitFor();
        assert.deepEqual(await page.evaluate(TAGS), ['client', 'portal', 'host']);
        await page.locator('.opblock-tag[data-tag=client]').click();
        await page.getByText('/api/appuser/login', { exact: true }).first().click();
        await page.locator('.opblock-body').first().waitFor();
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.ok(width <= viewport.width, `${width} wide`);
        assert.deepEqual(noise.origins, [host.url]);
        assert.deepEqual(noise.complaints, []);
        await page.close();
      });
    }

    it('tries a route at the address the page came from', async () => {
      const page = await browser.newPage();
      const noise = listenTo(page);
      await page.goto(`${host.url}/docs`);
      await page.locator('.opblock-tag[data-tag=host]').click();
      await page.getByText('/healthz', { exact: true }).click();
      await page.getByRole('button', { name: 'Try it out' }).click();
      await page.getByRole('button', { name: 'Execute' }).click();
      await page.locator('.live-responses-table').getByText('200', { exact: true }).waitFor();
      assert.deepEqual([noise.origins, noise.complaints], [[host.url], []]);
      await page.close();
    });
  });
});
