import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { accessibilityFaults } from '../support/axe.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, OPERATOR_PASSWORD } from '../support/portal-client.ts';

const skip = chromiumObstacle() ?? false;
const PHONE = { width: 320, height: 640 };

describe('an app in a browser', { skip }, () => {
  let browser: Browser;
  let host: TestHost;
  before(async () => {
    [browser, host] = await Promise.all([launchChromium(), startTestHost()]);
  });
  after(() => Promise.all([browser.close(), host.stop()]));
  const noise: string[] = [];

  async function open(options: Parameters<Browser['newContext']>[0]): Promise<[BrowserContext, Page]> {
    const { email } = await makeOperator(host, 'owner');
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on('console', (message) => noise.push(message.text()));
    page.on('pageerror', (error) => noise.push(String(error)));
    await page.goto(`http://localhost:${host.port}/portal`);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Apps' }).waitFor();
    return [context, page];
  }

  for (const javaScriptEnabled of [true, false]) {
    it(`is made, set up, tried and given new keys ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
      const [context, page] = await open({ javaScriptEnabled });
      const name = `Tea Room ${javaScriptEnabled}`;
      const press = (button: string) => page.getByRole('button', { name: button, exact: true }).click();
      await page.getByRole('link', { name: 'New app' }).first().click();
      await page.getByLabel('Name').fill(name);
      await page.getByLabel('Signup').selectOption('A link by message');
      await press('Create');
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await press('Create a test user');
      await page.getByText('"email": "test-').waitFor();
      await page.getByRole('link', { name: 'Back' }).click();
      await page.getByRole('listitem').filter({ hasText: 'First signup (done)' }).waitFor();
      if (javaScriptEnabled) {
        const app = new URL(page.url()).pathname.split('/').at(-1);
        assert.equal((await host.request('GET', `/apps/${app}/.well-known/jwks.json`)).status, 200);
        const ticked = page.getByRole('listitem').filter({ hasText: 'Token verified (done)' });
        await ticked.waitFor();
      }
      await page.getByRole('link', { name: 'Settings' }).click();
      await page.getByLabel('User token lifetime (hours)').fill('soon');
      const group = page.getByRole('region', { name: 'Tokens', exact: true });
      await group.getByRole('button', { name: 'Save' }).click();
      const field = page.getByLabel('User token lifetime (hours)');
      await page.locator('#userJWTExpiration[aria-invalid="true"]').waitFor();
      assert.equal(await field.inputValue(), 'soon');
      await field.fill('2');
      await group.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved.').waitFor();
      assert.equal(await field.inputValue(), '2');
      await page.getByRole('link', { name: 'Keys' }).click();
      await press('Prepare new key');
      await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
      await press('Confirm');
      await page.getByText('The new key is published').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Activate', exact: true }).isDisabled(), true);
      await page.getByLabel('Token', { exact: true }).fill('not a token');
      await press('Check');
      await page.getByText('This token would be refused').waitFor();
      assert.deepEqual(
        noise.filter((text) => !/\b422\b/.test(text)),
        [],
      );
      await context.close();
    });
  }

  it('fits a narrow phone in both themes on every screen, with no fault that axe knows', async () => {
    const app = await host.createApp({
      name: 'An app with a name that is longer than most',
      metaData: [{ id: 'a', path: 'address.city', fieldName: 'City', required: true, canEdit: true }],
    });
    const base = `/portal/hosts/here/apps`;
    for (const colorScheme of ['light', 'dark'] as const) {
      const [context, page] = await open({ viewport: PHONE, colorScheme });
      for (const path of [
        base,
        `${base}/new`,
        ...['', '/settings', '/keys'].map((part) => `${base}/${app.id}${part}`),
      ]) {
        await page.goto(`http://localhost:${host.port}${path}`);
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width, path);
        const small =
          await page.evaluate(`[...document.querySelectorAll('button, .button, select, .tab, summary, main input:not(.unseen)')]
          .filter((each) => each.offsetParent && each.type !== 'checkbox' && each.offsetHeight < 41).map((each) => each.outerHTML)`);
        assert.deepEqual(small, [], path);
        assert.deepEqual(await accessibilityFaults(page), [], `${path}, ${colorScheme}`);
      }
      await context.close();
    }
  });
});
