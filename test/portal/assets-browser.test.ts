import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { anOwner, type Owner } from '../http/asset/stage.ts';
import { accessibilityFaults } from '../support/axe.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, OPERATOR_PASSWORD } from '../support/portal-client.ts';

const skip = chromiumObstacle() ?? false;
const PHONE = { width: 320, height: 640 };

describe('the files of users in a browser', { skip }, () => {
  let browser: Browser;
  let host: TestHost;
  let owner: Owner;
  before(async () => {
    [browser, host] = await Promise.all([launchChromium(), startTestHost()]);
    owner = await anOwner(host, { name: 'Tea Room', assetQuotaMb: 1 });
    await owner.upload('kept', {
      filePath: 'a-name-that-is-much-too-long-for-any-phone-to-show-it-whole.jpg',
    });
  });
  after(() => Promise.all([browser.close(), host.stop()]));

  async function open(path: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const { email } = await makeOperator(host);
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.goto(`http://localhost:${host.port}/portal/hosts/here/apps/${path}`);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    return page;
  }

  for (const javaScriptEnabled of [true, false]) {
    it(`are switched on, tested and removed ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
      const app = await host.createApp();
      const page = await open(`${app.id}/assets`, { javaScriptEnabled });
      await page.getByRole('link', { name: 'To the settings' }).click();
      await page.getByLabel('Kept in').selectOption('local');
      await page.locator('#set-assets').getByRole('button', { name: 'Save' }).click();
      await page.getByRole('link', { name: 'Assets' }).click();
      await page.getByRole('button', { name: 'Test storage' }).click();
      await page.getByText('The storage works.').waitFor();
      await owner.upload('gone', { filePath: 'gone.jpg' });
      await page.goto(`http://localhost:${host.port}/portal/hosts/here/apps/${owner.app.id}/assets`);
      await page.getByRole('checkbox', { name: 'Select gone.jpg' }).check();
      await page.getByRole('button', { name: 'Remove' }).click();
      await page.getByText('Deletes files with all smaller versions for good: 1.').waitFor();
      await page.getByRole('button', { name: 'Remove' }).click();
      await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByText('The files are removed.').waitFor();
      assert.equal(await page.getByRole('checkbox', { name: /^Select .*\.jpg/ }).count(), 1);
      await page.context().close();
    });
  }

  it('fit a narrow phone in both themes, with no fault that axe knows', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open(`${owner.app.id}/assets`, { viewport: PHONE, colorScheme });
      const { rows } = await host.deps.store.assets.list(owner.app.id, undefined, { limit: 1 });
      const off = await host.createApp();
      for (const path of [
        `${owner.app.id}/assets`,
        `${owner.app.id}/assets/remove?id=${rows[0]?.id}`,
        `${owner.app.id}/users/${owner.user.id}`,
        `${off.id}/assets`,
      ]) {
        await page.goto(`http://localhost:${host.port}/portal/hosts/here/apps/${path}`);
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width, path);
        assert.deepEqual(await accessibilityFaults(page), [], `${path}, ${colorScheme}`);
      }
      await page.context().close();
    }
  });
});
