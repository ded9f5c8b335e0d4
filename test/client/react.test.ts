import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { AuthProvider, useAuth, useSession, useUser } from '../../client/react/index.ts';
import { createAuth } from '../../client/user/index.ts';
import type { App } from '../../server/model/app.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { startTestHost, type TestHost } from '../support/host.ts';

const Name = () => createElement('p', null, useUser()?.handle ?? 'nobody', useSession() ? '!' : '?');

describe('hooks of the client', () => {
  let host: TestHost;
  let app: App;
  before(async () => {
    host = await startTestHost({ now: Date.now() });
    app = await host.createApp({ signupFlow: 'none', locales: ['EN', 'DE'] });
  });
  after(() => host.stop());

  it('know nobody on a server, whoever is logged in there', async () => {
    const auth = createAuth({ url: host.url, appToken: app.appToken });
    await auth.orThrow.signUp({ handle: 'server@example.com', password: 'Correct-Horse-1' });
    const page = renderToString(createElement(AuthProvider, { auth }, createElement(Name)));
    assert.equal(page.replaceAll('<!-- -->', ''), '<p>nobody?</p>');
  });

  it('want an AuthProvider around them', () => {
    const Lost = () => createElement('p', null, String(useAuth()));
    assert.throws(() => renderToString(createElement(Lost)), TypeError);
  });

  describe('in a browser', { skip: chromiumObstacle() ?? false }, () => {
    let browser: Browser;
    before(async () => {
      browser = await launchChromium();
    });
    after(() => browser.close());

    it('draw what changed, and who was restored', async () => {
      const contents = `
        import { createElement as e, StrictMode } from 'react';
        import { createRoot } from 'react-dom/client';
        import { AuthProvider, useAuth, useSession, useUser } from './client/react/index.ts';
        import { createAuth, webStorage } from './client/user/index.ts';
        const auth = createAuth({ url: location.origin, appToken: '${app.appToken}', storage: webStorage() });
        function Account() {
          const { signUp, logOut, user } = useAuth();
          const handle = useUser()?.handle ?? 'nobody';
          const { user: account } = useSession() ?? {};
          return e('main', null, e('p', null, handle, ' ', account?.locale),
            e('button', { onClick: () => signUp({ handle: 'ada@example.com', password: 'Correct-Horse-1' }) }, 'Sign up'),
            e('button', { onClick: () => user.setLocale({ locale: 'DE' }) }, 'German'),
            e('button', { onClick: () => logOut() }, 'Log out'));
        }
        createRoot(document.body).render(
          e(StrictMode, null, e(AuthProvider, { auth }, e(Account))));`;
      const built = await build({
        stdin: { contents, resolveDir: process.cwd() },
        define: { 'process.env.NODE_ENV': '"development"' },
        bundle: true,
        format: 'esm',
        write: false,
      });
      const page = await browser.newPage();
      const noise: string[] = [];
      page.on('pageerror', (error) => noise.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && noise.push(message.text()));
      await page.route('**/app.html', (route) =>
        route.fulfill({
          contentType: 'text/html',
          body: '<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="/app.js"></script>',
        }),
      );
      await page.route('**/app.js', (route) =>
        route.fulfill({ contentType: 'text/javascript', body: built.outputFiles[0]?.text ?? '' }),
      );
      await page.goto(`http://localhost:${host.port}/app.html`);
      const shown = (text: string) => page.getByText(text, { exact: true }).waitFor();
      const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
      await shown('nobody');
      await press('Sign up');
      await shown('ada@example.com EN');
      await press('German');
      await shown('ada@example.com DE');
      await page.reload();
      await shown('ada@example.com DE');
      await press('Log out');
      await shown('nobody');
      assert.deepEqual(noise, []);
    });
  });
});
