import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createRenderer } from '../../server/delivery/render.ts';
import { signupRoutes } from '../../server/http/routes/appuser/signup.ts';
import { landingRoutes } from '../../server/http/routes/pages/landing.ts';
import type { App } from '../../server/model/app.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/host.ts';
import { codeOf } from '../support/outbox.ts';
import { contrast, READ_COLOURS, type ReadColour } from './contrast.ts';

/** A picture without an answer: its caption must do. */
const LOGO = 'https://127.0.0.1:1/logo.png';
const PHONE = { width: 320, height: 640 };
const DESKTOP = { width: 1280, height: 800 };
let browser: Browser;
let host: TestHost;
const skip = chromiumObstacle() ?? false;
before(async () => {
  if (skip) return;
  [browser, host] = await Promise.all([
    launchChromium(),
    startTestHost({ routes: [...signupRoutes, ...landingRoutes] }),
  ]);
});
after(() => skip || Promise.all([browser.close(), host.stop()]));

describe('a person who opens the mail', { skip }, () => {
  let context: BrowserContext;
  let page: Page;
  let app: App;
  /** Everything the browser complained about or fetched beside the page. */
  let noise: string[];
  beforeEach(async () => {
    context = await browser.newContext({ viewport: PHONE });
    page = await context.newPage();
    noise = [];
    page.on('console', (message) => noise.push(message.text()));
    page.on('requestfailed', (request) => noise.push(request.url()));
  });
  afterEach(() => context.close());

  async function signUp(handle: string, settings: Partial<App> = {}): Promise<string> {
    app = await host.createApp({ signupFlow: 'link', name: `Chess Club ${handle}`, ...settings });
    await host.request('POST', '/api/appuser/signup', {
      headers: { 'app-token': app.appToken },
      json: { handle, password: PASSWORD },
    });
    const line = (await host.outbox()).findLast(({ appId }) => appId === app.id);
    // The mail itself, as a mail client shows it.
    await page.setContent(String(line?.html));
    const href = await page.locator('a').getAttribute('href');
    assert.equal(href, line?.link);
    return href ?? '';
  }
  const click = (selector: string) => Promise.all([page.waitForURL(/confirm/), page.click(selector)]);
  const heading = () => page.locator('h1').innerText();
  const user = (handle: string) => host.deps.store.users.findByHandle(app.id, handle);

  it('follows the link, confirms with the button and lands on the verified page', async () => {
    await signUp('ada+tag@example.com');
    await click('a.button');
    assert.equal(await heading(), 'Confirm your account');
    assert.match(await page.innerText('main'), /ada\+tag@example\.com/);
    assert.match(await page.innerText('main'), /Chess Club/);
    assert.equal(await user('ada+tag@example.com'), undefined);
    await Promise.all([
      page.waitForResponse((response) => response.request().method() === 'POST'),
      page.click('button'),
    ]);
    await page.getByRole('heading', { name: 'You are all set' }).waitFor();
    assert.equal((await user('ada+tag@example.com'))?.status, 'active');
    assert.deepEqual(noise, []);
  });

  it('may reload the last page and open the link twice', async () => {
    const link = await signUp('grace@example.com');
    await page.goto(link);
    await page.click('button');
    await page.getByRole('heading', { name: 'You are all set' }).waitFor();
    await page.reload();
    assert.equal(await heading(), 'You are all set');
    await page.goto(link);
    assert.equal(await heading(), 'You are all set');
  });

  it('can do it with the keyboard alone', async () => {
    await page.goto(await signUp('keys@example.com'));
    await page.keyboard.press('Tab');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    assert.equal(await page.evaluate('document.activeElement.tagName'), 'BUTTON');
    assert.equal(outline, 'solid');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'You are all set' }).waitFor();
  });

  it('needs no script', async () => {
    const link = await signUp('plain@example.com');
    const plain = await browser.newContext({ javaScriptEnabled: false });
    const tab = await plain.newPage();
    await tab.goto(link);
    await tab.click('button');
    await tab.getByRole('heading', { name: 'You are all set' }).waitFor();
    await plain.close();
  });

  it('may say which password is theirs when somebody else asked too, without a script', async () => {
    for (const [typed, told] of [
      ['pässword of mine', 'You are all set'],
      ['', 'You are almost set'],
    ] as const) {
      const handle = `both${typed.length}@example.com`;
      await signUp(handle);
      const password = createHash('md5').update('pässword of mine').digest('hex');
      const json = { handle, password };
      await host.request('POST', '/api/appuser/signup', { headers: { 'app-token': app.appToken }, json });
      const mail = (await host.outbox()).findLast(({ appId }) => appId === app.id);
      const plain = await browser.newContext({ javaScriptEnabled: false });
      const tab = await plain.newPage();
      await tab.goto(String(mail?.link));
      await tab.getByLabel('The password you chose').fill(typed);
      await tab.click('button');
      await tab.getByRole('heading', { name: told }).waitFor();
      await plain.close();
      assert.equal((await user(handle))?.passwordHash !== undefined, typed !== '');
    }
  });

  it('is told when the link is late or forged', async () => {
    const link = await signUp('late@example.com');
    const forged = await page.goto(link.replace(/\d+$/, '7'.repeat(39)));
    assert.deepEqual([forged?.status(), await heading()], [400, 'This link is not valid']);
    host.clock.advance(host.deps.config.signupHours * 3_600_000 + 1);
    const late = await page.goto(link);
    assert.deepEqual([late?.status(), await heading()], [410, 'This link has expired']);
  });

  it('never runs what a handle or an app name holds', async () => {
    const link = await signUp('x@example.com', { name: '<script>document.title="run"</script>' });
    const evil = encodeURIComponent('<svg onload=document.title="run">@example.com');
    const before = `/api/appuser/completeSignup?appToken=${app.appToken}&handle=${evil}&code=${codeOf({ link })}`;
    for (const address of [link, host.deps.config.apiUrl + before]) {
      await page.goto(address);
      assert.notEqual(await page.title(), 'run');
    }
  });
});

describe('pages and mails', { skip }, () => {
  const renderer = createRenderer({ dataDir: '/nowhere', events: { emit() {} } });
  const values = {
    HANDLE: `${'long.address.'.repeat(8)}@example.com`,
    APP_NAME: 'Donaudampfschifffahrtsgesellschaft',
    CODE: '482915',
    LINK: 'https://auth.example.com/api/appuser/completeSignup?code=1',
    PASSWORD: 'correct horse battery staple',
    CHANGE: 'totpOn',
  };
  const sources: [string, string][] = [];
  for (const locale of ['EN', 'DE', 'ES', 'FR', 'JA', 'ZH']) {
    for (const name of [
      ...(['confirm', 'verified', 'verified-set-password', 'expired', 'invalid', 'busy'] as const),
    ]) {
      sources.push([`${locale} ${name}`, renderer.page({ name, locale, template: undefined, values })]);
    }
    const contested = { ...values, CONTESTED: 'yes' };
    sources.push([
      `${locale} contested`,
      renderer.page({ name: 'confirm', locale, template: undefined, values: contested }),
    ]);
    for (const brandColor of ['#ffcc00', '#ffffff', '#000000', '#7a7a7a', '#0a7f3c']) {
      const branded = { brandColor, appUrl: 'https://chess.example.com', logoUrl: LOGO } as App;
      for (const name of ['confirm', 'verified', 'expired'] as const) {
        const html = renderer.page({ name, locale, template: undefined, values, app: branded });
        sources.push([`${locale} ${name} ${brandColor}`, html]);
      }
      for (const name of ['signUp', 'signUpLink'] as const) {
        const mail = renderer.message({ name, locale, template: undefined, values, app: branded });
        sources.push([`${locale} mail ${name} ${brandColor}`, mail.html]);
      }
    }
    for (const name of ['signUp', 'signUpLink', 'qrCode', 'passwordSetByPortal', 'setPassword'] as const) {
      const mail = renderer.message({ name, locale, template: undefined, values, app: undefined });
      sources.push([`${locale} mail ${name}`, mail.html]);
    }
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`have enough contrast in ${colorScheme} mode (WCAG 2.2 SC 1.4.3 and 1.4.11)`, async () => {
      const context = await browser.newContext({ colorScheme });
      const page = await context.newPage();
      for (const [name, html] of sources.filter(([source]) => source.startsWith('EN'))) {
        await page.setContent(html);
        const found = await page.evaluate<ReadColour[]>(READ_COLOURS);
        assert(found.length > 1, name);
        for (const { name: element, colour, ground, graphic } of found) {
          const ratio = contrast(colour, ground);
          assert(
            ratio >= (graphic ? 3 : 4.5),
            `${name}: ${element} ${colour} on ${ground} is ${ratio.toFixed(2)}`,
          );
        }
      }
      await context.close();
    });
  }

  it('fit a small phone and a desktop without scrolling sideways, even with long names', async () => {
    for (const viewport of [PHONE, DESKTOP]) {
      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      for (const [name, html] of sources) {
        await page.setContent(html);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert(width <= viewport.width, `${name} is ${width} wide at ${viewport.width}`);
      }
      await context.close();
    }
  });

  it('have a language, a title, one heading and a button big enough to touch', async () => {
    const page = await browser.newPage({ viewport: PHONE });
    for (const [name, html] of sources) {
      await page.setContent(html);
      assert.match(
        await page.evaluate<string>('document.documentElement.lang'),
        /^(?:en|de|es|fr|ja|zh-Hans)$/,
        name,
      );
      assert((await page.title()).length > 3, name);
      assert.equal(await page.locator('h1').count(), 1, name);
      for (const button of await page.locator('button, a.button').all()) {
        const box = await button.boundingBox();
        assert((box?.height ?? 0) >= 44, name);
      }
    }
    await page.close();
  });
});
