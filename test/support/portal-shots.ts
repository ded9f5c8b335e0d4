import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { SETUP } from '../../server/domain/operators/audit.ts';
import { issueEntry } from '../../server/domain/operators/entry.ts';
import { launchChromium } from './chromium.ts';
import { startTestHost, type TestHost } from './host.ts';
import { makeOperator, OPERATOR_PASSWORD } from './portal-client.ts';

// Pictures of every screen of the portal, wide and phone, light and dark: `npm run shots`. To be looked at.

const FOLDER = fileURLToPath(new URL('../../docs/images/portal/', import.meta.url));
const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } } as const;
const THEMES = ['light', 'dark'] as const;
const EMAIL = 'ada@example.com';
/** Screens by the name of their picture. */
const SCREENS: Readonly<Record<string, string>> = {
  hosts: '/portal/hosts',
  'hosts-add': '/portal/hosts/add',
  operators: '/portal/operators',
  'operators-invite': '/portal/operators/invite',
  audit: '/portal/audit',
  me: '/portal/me',
  'me-factor': '/portal/me/factor',
  'not-found': '/portal/nothing-here',
};

async function furnish(host: TestHost): Promise<void> {
  await makeOperator(host, 'owner', { email: EMAIL });
  await makeOperator(host, 'admin', { email: 'grace.hopper@example.com' });
  const apps = [{ host: 'here', appId: '0'.repeat(32) }];
  await makeOperator(host, 'viewer', { email: 'alan@example.com', apps });
  await issueEntry(host.deps, SETUP, { email: 'new@example.com', role: 'support' });
}

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/portal`);
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const host = await startTestHost({ config: { serverName: 'auth' } });
const browser = await launchChromium();
await furnish(host);
const url = `http://localhost:${host.port}`;
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of THEMES) {
    const context = await browser.newContext({ viewport, colorScheme });
    const page = await context.newPage();
    const shoot = (name: string) =>
      page.screenshot({ path: `${FOLDER}${name}-${size}-${colorScheme}.png`, fullPage: true });
    await page.goto(`${url}/portal/sign-in`);
    await shoot('sign-in');
    await signIn(page, url);
    for (const [name, path] of Object.entries(SCREENS)) {
      await page.goto(url + path);
      await shoot(name);
    }
    await context.close();
  }
}
await browser.close();
await host.stop();
