import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { App } from '../../server/model/app.ts';
import { accessibilityFaults } from '../support/axe.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, OPERATOR_PASSWORD } from '../support/portal-client.ts';
import { until } from '../support/until.ts';

const skip = chromiumObstacle() ?? false;
const PHONE = { width: 320, height: 640 };

describe('messages, numbers, logs, data and host in a browser', { skip }, () => {
  let browser: Browser;
  let host: TestHost;
  let app: App;
  let base: string;
  before(async () => {
    [browser, host] = await Promise.all([launchChromium(), startTestHost()]);
    app = await host.createApp({ name: 'Tea Room', locales: ['EN', 'DE'] });
    await host.createUser(app);
    host.clock.advance(1_000);
    base = `http://localhost:${host.port}/portal/hosts/here/apps/${app.id}`;
    const headers = { 'app-token': app.appToken };
    await host.request('POST', '/api/appuser/login', {
      headers,
      json: { handle: 'ada@example.com', password: PASSWORD },
    });
  });
  after(() => Promise.all([browser.close(), host.stop()]));

  async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const { email } = await makeOperator(host);
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.goto(`${base}/logs`);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Logs' }).waitFor();
    return page;
  }

  for (const javaScriptEnabled of [true, false]) {
    it(`do what they are for ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
      const page = await open({ javaScriptEnabled });
      const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
      await page.goto(`${base}/messages/signUp/EN`);
      await page.getByLabel('Text', { exact: true }).fill('<p>Tea is ready: %CODE%</p>');
      if (!javaScriptEnabled) await press('Show preview');
      const frame = page.frameLocator('iframe:not([hidden])');
      await frame.getByText('Tea is ready: 123456').waitFor();
      await press('Send to me');
      await page.getByText('It was sent.').waitFor();
      await press('Save');
      await page.getByText('Saved.').waitFor();
      await press('Revert to built-in');
      await page.getByText('The built-in text is sent again.').waitFor();

      await page.goto(`${base}/data`);
      await page.getByLabel('With keys').check();
      await press('Export');
      await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
      const file = page.waitForEvent('download');
      await press('Confirm');
      if (!javaScriptEnabled) await page.getByRole('link', { name: 'Download' }).click();
      assert.equal((await file).suggestedFilename(), 'Tea Room.zip');

      await page.goto(`${base}/data`);
      await page.getByRole('link', { name: 'Move in' }).first().click();
      await page.getByRole('link', { name: 'Parse' }).click();
      const handle = `${javaScriptEnabled}@example.com`;
      const buffer = Buffer.from(JSON.stringify({ _id: handle, email: handle, emailVerified: true }));
      const choose = () =>
        page
          .getByLabel('File', { exact: true })
          .setInputFiles({ name: 'users.json', buffer, mimeType: 'a/b' });
      const ended = async (text: string) => {
        await until(text, async () => {
          host.deps.wakeJobs();
          if (!javaScriptEnabled && (await page.getByRole('link', { name: 'Look again' }).count()) > 0)
            await page.getByRole('link', { name: 'Look again' }).click();
          return (await page.getByText(text).count()) > 0;
        });
      };
      await choose();
      await press('Dry run');
      await ended('Would move in');
      await page.getByText('nothing was written').waitFor();
      await choose();
      await press('Move in');
      await ended('Moved in');
      await page.getByRole('heading', { name: 'Not logged in since' }).waitFor();

      await page.goto(`${base}/numbers`);
      await page.getByRole('link', { name: '7 days' }).click();
      await page.waitForURL(/from=/);
      await page.getByRole('heading', { name: 'Log-ins by method' }).waitFor();
      await page.goto(`http://localhost:${host.port}/portal/hosts/here`);
      await press('Run checks');
      await page.getByText('database').first().waitFor();
      await page.context().close();
    });
  }

  it('follow the log live', async () => {
    const page = await open();
    await page.getByRole('link', { name: 'Follow live' }).click();
    await page.getByText('New rows come in').waitFor();
    await host.request('POST', '/api/appuser/login', {
      headers: { 'app-token': app.appToken },
      json: { handle: 'ada@example.com', password: '0'.repeat(32) },
    });
    await page.getByText('Refused', { exact: true }).last().waitFor();
    await page.context().close();
  });

  it('fit a narrow phone in both themes, with no fault that axe knows', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open({ viewport: PHONE, colorScheme });
      const screens = ['messages', 'messages/signUp/EN', 'messages/delivery', 'numbers', 'logs', 'data'];
      screens.push('data/move-in', 'data/move-in?format=firebase', 'data/move-in?format=auth0');
      const paths = [...screens.map((name) => `${base}/${name}`), `${base}/data/reset`];
      const hosts = `http://localhost:${host.port}/portal/hosts/here`;
      for (const path of [...paths, hosts, `${hosts}/apps/import`]) {
        await page.goto(path);
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width, path);
        assert.deepEqual(await accessibilityFaults(page), [], `${path}, ${colorScheme}`);
      }
      await page.context().close();
    }
  });
});
