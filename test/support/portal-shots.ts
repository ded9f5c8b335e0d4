import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { takeBytes } from '../../server/domain/assets/quota.ts';
import { SETUP } from '../../server/domain/operators/audit.ts';
import { issueEntry } from '../../server/domain/operators/entry.ts';
import { launchChromium } from './chromium.ts';
import { startTestHost, type TestHost } from './host.ts';
import { makeOperator, OPERATOR_PASSWORD } from './portal-client.ts';
import { aCode, anAsset, anInvite, aSignup } from './records.ts';

// Pictures of every screen of the portal, wide and phone, light and dark: `npm run shots`. To be looked at.

const FOLDER = fileURLToPath(new URL('../../docs/images/portal/', import.meta.url));
const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } } as const;
const THEMES = ['light', 'dark'] as const;
const EMAIL = 'ada@example.com';
/** An app with people in it, one of them looked at. */
const APP = '5'.repeat(32);
const USER = '6'.repeat(24);
const PEOPLE = `/portal/hosts/here/apps/${APP}`;
const LONG = `${'a-very-long-name-'.repeat(6)}abcdef@example.com`;
/** Screens by the name of their picture. */
const SCREENS: Readonly<Record<string, string>> = {
  hosts: '/portal/hosts',
  'hosts-add': '/portal/hosts/add',
  operators: '/portal/operators',
  'operators-invite': '/portal/operators/invite',
  audit: '/portal/audit',
  users: `${PEOPLE}/users`,
  'users-none': `${PEOPLE}/users?search=nobody&factor=totp`,
  'users-add': `${PEOPLE}/users/add`,
  'users-delete': `${PEOPLE}/users/many?action=delete&all=yes`,
  user: `${PEOPLE}/users/${USER}`,
  'user-json': `${PEOPLE}/users/${USER}?metadata=json`,
  signups: `${PEOPLE}/signups`,
  invites: `${PEOPLE}/invites`,
  assets: `${PEOPLE}/assets`,
  'invites-add': `${PEOPLE}/invites/add`,
  me: '/portal/me',
  'me-factor': '/portal/me/factor',
  'not-found': '/portal/nothing-here',
  apps: '/portal/hosts/here/apps',
  'apps-new': '/portal/hosts/here/apps/new',
  'apps-import': '/portal/hosts/here/apps/import',
  host: '/portal/hosts/here',
};
/** Screens of an app, by the address below its home. */
const APP_SCREENS: Readonly<Record<string, string>> = {
  app: '',
  settings: '/settings',
  keys: '/keys',
  messages: '/messages',
  'messages-edit': '/messages/signUp/EN',
  'messages-delivery': '/messages/delivery',
  numbers: '/numbers',
  logs: '/logs',
  data: '/data',
  'data-reset': '/data/reset',
  'assets-off': '/assets',
  'move-in': '/data/move-in',
  'move-in-try': '/data/move-in?format=firebase',
};

/** Answers the id of an app with some people. */
async function furnish(host: TestHost): Promise<string> {
  await makeOperator(host, 'owner', { email: EMAIL });
  await makeOperator(host, 'admin', { email: 'grace.hopper@example.com' });
  const apps = [{ host: 'here', appId: '0'.repeat(32) }];
  await makeOperator(host, 'viewer', { email: 'alan@example.com', apps });
  await issueEntry(host.deps, SETUP, { email: 'new@example.com', role: 'support' });
  await host.createApp({ name: 'Empty', type: 'development', signupFlow: 'none' });
  const field = { id: '1', path: 'address.city', fieldName: 'City', required: false, canEdit: true };
  const app = await host.createApp({ name: 'Tea Room', metaData: [field], locales: ['EN', 'DE', 'JA'] });
  for (const handle of ['ada@example.com', 'grace@example.com']) await host.createUser(app, { handle });
  return app.id;
}

async function furnishPeople(host: TestHost): Promise<void> {
  const field = (path: string, fieldName: string) => ({ id: path, path, fieldName, required: false });
  const app = await host.createApp({
    id: APP,
    name: 'Sailing Club',
    invitationEnabled: true,
    userNamesEnabled: true,
    assetStorage: 'local',
    assetQuotaMb: 100,
    locales: ['EN', 'DE'],
    metaData: [field('name.first', 'First name'), field('boat', 'Boat')],
  });
  const now = host.clock.now();
  await host.createUser(app, {
    id: USER,
    handle: 'grace@example.com',
    userName: 'amazing.grace',
    lastLogin: now,
    twoFactorTotp: true,
    phone: '+14155552671',
    phoneVerified: true,
    metaData: { name: { first: 'Grace' }, boat: 'Nautilus', knots: 12 },
  });
  await host.createUser(app, { handle: LONG, status: 'suspend', locale: 'DE' });
  await host.createUser(app, { handle: 'مستخدم@مثال.com', lockedAt: now });
  for (const [n, size] of [48_213_004, 3_120_884, 61_209].entries()) {
    const asset = anAsset({ appId: APP, userId: USER, size, storageSize: size, createdAt: now + n });
    await host.deps.store.assets.insert(asset);
    await takeBytes(host.deps, app, USER, size);
  }
  const row = { appId: APP, code: aCode({ expiresAt: now + 3_600_000 }), createdAt: now, updatedAt: now };
  await host.deps.store.signups.insert(aSignup({ ...row, handle: 'waits@example.com' }));
  await host.deps.store.signups.insert(aSignup({ ...row, handle: LONG, code: aCode({ expiresAt: now }) }));
  await host.deps.store.invites.insert(anInvite({ ...row, handle: 'mate@example.com', senderHandle: LONG }));
  await host.deps.store.invites.insert(anInvite({ ...row, handle: LONG, sentCount: 3, lastSentAt: now }));
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
const appId = await furnish(host);
await furnishPeople(host);
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
      if (name === 'me-factor') {
        await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
        await page.getByRole('button', { name: 'Confirm', exact: true }).click();
        await page.getByLabel('Code', { exact: true }).waitFor();
      }
      await shoot(name);
    }
    for (const [name, path] of Object.entries(APP_SCREENS)) {
      await page.goto(`${url}/portal/hosts/here/apps/${appId}${path}`);
      await shoot(name);
    }
    await context.close();
  }
}
await browser.close();
await host.stop();
