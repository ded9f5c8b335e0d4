import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { authenticatorCode } from '../support/authenticator.ts';
import { accessibilityFaults } from '../support/axe.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, OPERATOR_PASSWORD } from '../support/portal-client.ts';

const skip = chromiumObstacle() ?? false;
const PHONE = { width: 320, height: 640 };
const DESKTOP = { width: 1280, height: 800 };
let browser: Browser;
let host: TestHost;
before(async () => {
  if (skip) return;
  [browser, host] = await Promise.all([launchChromium(), startTestHost()]);
});
after(() => skip || Promise.all([browser.close(), host.stop()]));

for (const javaScriptEnabled of [true, false]) {
  describe(`the portal in a browser ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, { skip }, () => {
    let context: BrowserContext;
    let page: Page;
    let noise: string[] = [];
    afterEach(() => context.close());

    async function open(viewport = DESKTOP): Promise<string> {
      context = await browser.newContext({ viewport, javaScriptEnabled });
      page = await context.newPage();
      noise = [];
      page.on('console', (message) => noise.push(message.text()));
      page.on('pageerror', (error) => noise.push(String(error)));
      return `http://localhost:${host.port}`;
    }
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
    const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
    async function signIn(url: string, email: string, password = OPERATOR_PASSWORD): Promise<void> {
      await page.goto(`${url}/portal`);
      await page.getByLabel('E-mail').fill(email);
      await page.getByLabel('Password').fill(password);
      await press('Sign in');
    }

    it('signs in, switches the second factor on, signs out and in again with a code', async () => {
      const { email } = await makeOperator(host, 'admin');
      const url = await open();
      await signIn(url, email, 'not that phrase');
      await page.getByRole('alert').waitFor();
      await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
      await press('Sign in');
      await heading('Apps');
      await page.goto(`${url}/portal/me`);
      await press('Switch on second factor');
      await heading('Confirm that it is you');
      await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
      await press('Confirm');
      await heading('Switch on second factor');
      const secret = await page.locator('code').innerText();
      await page.getByLabel('Code', { exact: true }).fill(authenticatorCode(secret, host.clock.now()));
      await press('Switch on');
      await heading('Recovery codes');
      const [recovery = ''] = await page.locator('main li').allInnerTexts();
      await press('Sign out');
      await heading('Sign in');
      await signIn(url, email);
      await page.getByRole('link', { name: 'Use a recovery code' }).click();
      await page.getByLabel('Recovery code').fill(recovery);
      await press('Sign in');
      await heading('Apps');
      assert.deepEqual(
        noise.filter((text) => !text.includes('401')),
        [],
      );
    });

    it('changes the password and says so', async () => {
      const { email } = await makeOperator(host, 'support');
      const url = await open(PHONE);
      await signIn(url, email);
      await page.getByRole('link', { name: 'Account' }).click();
      await page.getByLabel('Current password').fill(OPERATOR_PASSWORD);
      await page.getByLabel('New password').fill('another pass phrase');
      await press('Change password');
      await page.getByText('every other session has ended').waitFor();
    });

    it('invites an operator after a fresh proof', async () => {
      const { email } = await makeOperator(host);
      const url = await open();
      await signIn(url, email);
      await page.getByRole('link', { name: 'Operators' }).click();
      await page.getByRole('link', { name: 'Invite operator' }).click();
      const invited = `invited${javaScriptEnabled}@example.com`;
      await page.getByLabel('E-mail').fill(invited);
      await page.getByLabel('Role').selectOption('Support');
      await press('Invite operator');
      await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
      await press('Confirm');
      const link = await page.locator('code').innerText();
      assert.match(link, /^http:\/\/localhost:\d+\/portal\/enter\/[\w-]{43}$/);
      await page.goto(`${url}/portal/operators`);
      assert.equal(await page.getByLabel(`Role of ${invited}`).inputValue(), 'support');
    });

    it('speaks another language and changes the theme', async () => {
      const { email } = await makeOperator(host, 'viewer');
      const url = await open();
      await signIn(url, email);
      await page.getByLabel('Language').selectOption('DE');
      if (!javaScriptEnabled) await press('Choose');
      await page.getByRole('button', { name: 'Abmelden' }).waitFor();
      assert.equal(await page.locator('html').getAttribute('lang'), 'de');
      const ground = async () =>
        javaScriptEnabled ? page.evaluate('getComputedStyle(document.documentElement).backgroundColor') : '';
      const before = await ground();
      await page.getByRole('button', { name: 'Farbschema' }).click();
      await page.locator('html[data-theme="dark"]').waitFor();
      if (javaScriptEnabled) assert.notEqual(await ground(), before);
      await page.reload();
      await page.locator('html[data-theme="dark"]').waitFor();
    });

    it('filters a list, with the state in the address', async () => {
      const { email } = await makeOperator(host, 'viewer');
      const url = await open();
      await signIn(url, email);
      await page.getByRole('link', { name: 'Audit' }).click();
      const rows = () => page.locator('[data-row]').count();
      assert.equal(await rows(), 2);
      if (javaScriptEnabled) await page.evaluate('document.body.dataset.mark = "same page"');
      await page.getByLabel('Action').selectOption('Signed in');
      await press('Filter');
      await page.waitForURL(/action=signIn/);
      await page
        .waitForFunction('document.querySelectorAll("[data-row]").length === 1')
        .catch(() => undefined);
      assert.equal(await rows(), 1);
      if (javaScriptEnabled) assert.equal(await page.locator('body').getAttribute('data-mark'), 'same page');
      await page.goBack();
      await page.waitForURL((address) => !address.search.includes('signIn'));
      await page.locator('[data-row]').nth(1).waitFor();
      assert.equal(await rows(), 2);
      assert.deepEqual(noise, []);
    });

    it('gets on from a link on another site', async () => {
      const { email } = await makeOperator(host, 'viewer');
      const url = await open();
      await signIn(url, email);
      await heading('Apps');
      await page.route('http://elsewhere.test/**', (route) =>
        route.fulfill({ contentType: 'text/html', body: `<a href="${url}/portal/audit">audit</a>` }),
      );
      await page.goto('http://elsewhere.test/');
      await page.getByRole('link').click();
      if (!javaScriptEnabled) await page.getByRole('link', { name: 'Continue' }).click();
      await heading('Audit');
    });
  });
}

describe('the pages of the portal', { skip }, () => {
  it('fit a narrow phone in both themes, with targets a finger meets and no fault that axe knows', async () => {
    const { email } = await makeOperator(host, 'owner', { email: 'somebody.with.a.long.name@example.com' });
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ viewport: PHONE, colorScheme });
      const page = await context.newPage();
      const url = `http://localhost:${host.port}`;
      await page.goto(`${url}/portal`);
      assert.deepEqual(await accessibilityFaults(page), [], `sign-in, ${colorScheme}`);
      await page.getByLabel('E-mail').fill(email);
      await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { level: 1, name: 'Apps' }).waitFor();
      for (const path of [
        'hosts',
        'hosts/add',
        'operators',
        'operators/invite',
        'audit',
        'me',
        'me/factor',
        'x',
      ]) {
        await page.goto(`${url}/portal/${path}`);
        if (path === 'me/factor') {
          await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
          await page.getByRole('button', { name: 'Confirm', exact: true }).click();
          await page.getByRole('heading', { level: 1, name: 'Switch on second factor' }).waitFor();
        }
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width, path);
        const small =
          await page.evaluate(`[...document.querySelectorAll('button, .button, select, main input:not(.unseen)')]
          .filter((each) => each.offsetParent && each.type !== 'checkbox' && each.offsetHeight < 41)
          .map((each) => each.outerHTML)`);
        assert.deepEqual(small, [], path);
        assert.deepEqual(await accessibilityFaults(page), [], `${path}, ${colorScheme}`);
      }
      await context.close();
    }
  });

  it('answer to the keyboard', async () => {
    const { email } = await makeOperator(host, 'viewer');
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://localhost:${host.port}/portal`);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Apps' }).waitFor();
    await page.goto(`http://localhost:${host.port}/portal/audit`);
    await page.keyboard.press('j');
    assert.equal(await page.evaluate('document.activeElement.matches("[data-row]")'), true);
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.getByRole('heading', { name: 'Hosts' }).waitFor();
    await context.close();
  });
});
