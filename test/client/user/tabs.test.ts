import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { App } from '../../../server/model/app.ts';
import { chromiumObstacle, launchChromium } from '../../support/chromium.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';

const skip = chromiumObstacle() ?? false;
const HANDLE = 'tabs@example.com';
const PASSWORD = 'Correct-Horse-1';

interface Tab {
  auth: import('../../../client/user/index.ts').Auth;
  heard: string[];
}
declare const tab: Tab;

describe('tabs of a browser', { skip }, () => {
  let browser: Browser;
  let host: TestHost;
  let app: App;
  let script: string;
  before(async () => {
    [browser, host] = await Promise.all([launchChromium(), startTestHost({ now: Date.now() })]);
    app = await host.createApp({ signupFlow: 'none' });
    const start = `
      import { createAuth, webStorage } from './client/user/index.ts';
      const auth = createAuth({ url: location.origin, appToken: '${app.appToken}', storage: webStorage() });
      globalThis.tab = { auth, heard: [] };
      auth.on('change', (session, why) => tab.heard.push(why));
      await auth.ready;
      document.title = 'ready';`;
    const options = { bundle: true, format: 'esm', target: 'es2022', write: false } as const;
    const built = await build({ stdin: { contents: start, resolveDir: process.cwd() }, ...options });
    script = built.outputFiles[0]?.text ?? '';
  });
  after(() => skip || Promise.all([browser.close(), host.stop()]));

  /** A browser of its own, and how often it renewed, in all and at the same time. */
  async function opened(count: number) {
    const context = await browser.newContext();
    const renewals = { all: 0, now: 0, most: 0 };
    context.on('request', (request) => {
      if (!request.url().endsWith('/renew')) return;
      renewals.all++;
      renewals.most = Math.max(renewals.most, ++renewals.now);
    });
    context.on('response', (response) => {
      if (response.url().endsWith('/renew')) renewals.now--;
    });
    await context.route('**/tab.html', (route) =>
      route.fulfill({ contentType: 'text/html', body: `<script type="module">${script}</script>` }),
    );
    const pages: Page[] = [];
    for (let page = 0; page < count; page++) pages.push(await newTab(context));
    return { context, pages, renewals };
  }
  async function newTab(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`http://localhost:${host.port}/tab.html`);
    await page.waitForFunction("document.title === 'ready'");
    return page;
  }
  const heard = (page: Page) => page.evaluate(() => tab.heard);
  const hears = (page: Page, why: string) => page.waitForFunction((word) => tab.heard.at(-1) === word, why);
  const signUp = (page: Page, handle: string) =>
    page.evaluate((user) => tab.auth.orThrow.signUp(user), { handle, password: PASSWORD });
  const forgetJwt = (page: Page) =>
    page.evaluate((id) => localStorage.removeItem(`cosync.${id}.jwt`), app.id);
  const reloaded = (pages: readonly Page[]) =>
    Promise.all(
      pages.map(async (page) => {
        await page.reload();
        await page.waitForFunction("document.title === 'ready'");
      }),
    );

  it('log in, renew and log out together', async () => {
    const { context, pages, renewals } = await opened(5);
    const [first, ...others] = pages as [Page, ...Page[]];
    assert.equal(await first.evaluate(() => 'locks' in navigator), true);
    await signUp(first, HANDLE);
    for (const page of others) await hears(page, 'loggedIn');
    await forgetJwt(first);
    await reloaded(pages);

    const tokens = await Promise.all(
      pages.map((page) =>
        page.evaluate(() => Promise.all(Array.from({ length: 10 }, () => tab.auth.token()))),
      ),
    );
    assert.ok(tokens.flat().every((token) => token?.startsWith('ey')));
    assert.equal(renewals.most, 1, 'never at once');
    assert.ok(renewals.all <= 2, `${renewals.all} renewals`);
    for (const page of pages) assert.deepEqual(await heard(page), ['renewed']);

    await first.evaluate(() => tab.auth.orThrow.user.setLocale({ locale: 'EN' }));
    await first.evaluate(() => tab.auth.logOut());
    for (const page of others) await hears(page, 'loggedOut');
    assert.equal(await others[0]?.evaluate(() => tab.auth.token()), undefined);

    await signUp(others[0] as Page, 'another@example.com');
    await hears(first, 'loggedIn');
    assert.equal(await first.evaluate(() => tab.auth.session?.user.handle), 'another@example.com');
    await context.close();
  });

  it('do not wait for ever for one that sleeps with the lock', async () => {
    const { context, pages } = await opened(2);
    const [sleeper, other] = pages as [Page, Page];
    await signUp(sleeper, 'sleeper@example.com');
    await hears(other, 'loggedIn');
    await forgetJwt(sleeper);
    await reloaded([other]);
    await sleeper.evaluate(
      (id) =>
        new Promise<void>((taken) => {
          const { locks } = navigator as unknown as {
            locks: { request(name: string, work: () => Promise<void>): Promise<void> };
          };
          void locks.request(`cosync.${id}.renew`, () => {
            taken();
            return new Promise(() => {});
          });
        }),
      app.id,
    );
    const devtools = await context.newCDPSession(sleeper);
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
    const startedAt = Date.now();
    assert.match(String(await other.evaluate(() => tab.auth.token())), /^ey/);
    const waitedMs = Date.now() - startedAt;
    assert.ok(waitedMs > 7_000 && waitedMs < 30_000, `${waitedMs} ms`);
    await devtools.send('Page.setWebLifecycleState', { state: 'active' });
    await hears(sleeper, 'renewed');
    await context.close();
  });
});
