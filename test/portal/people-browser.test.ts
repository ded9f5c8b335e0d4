import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import { accessibilityFaults } from '../support/axe.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, OPERATOR_PASSWORD } from '../support/portal-client.ts';
import { aCode, anInvite, aSignup } from '../support/records.ts';

const skip = chromiumObstacle() ?? false;
const PHONE = { width: 320, height: 640 };
const LONG = `${'a-very-long-name-'.repeat(6)}abcdef@example.com`;
const RIGHT_TO_LEFT = 'مستخدم@مثال.com';
const MARKUP = '<img src=x onerror="document.title=1">';
let browser: Browser;
let host: TestHost;
before(async () => {
  if (skip) return;
  [browser, host] = await Promise.all([launchChromium(), startTestHost()]);
});
after(() => skip || Promise.all([browser.close(), host.stop()]));

const addressOf = (app: App, path: string) =>
  `http://localhost:${host.port}/portal/hosts/here/apps/${app.id}${path}`;

async function enter(page: Page): Promise<void> {
  const { email } = await makeOperator(host);
  await page.goto(`http://localhost:${host.port}/portal`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(OPERATOR_PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

async function people(app: App, count: number): Promise<User[]> {
  const made: User[] = [];
  for (let n = 0; n < count; n++) {
    made.push(await host.createUser(app, { handle: `person${n}@example.com` }));
    host.clock.advance(1);
  }
  return made;
}

for (const javaScriptEnabled of [true, false]) {
  describe(`the people of an app in a browser ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, {
    skip,
  }, () => {
    let context: BrowserContext;
    let page: Page;
    afterEach(() => context.close());
    async function open(app: App, path: string): Promise<void> {
      context = await browser.newContext({ javaScriptEnabled });
      page = await context.newPage();
      await enter(page);
      await page.goto(addressOf(app, path));
    }
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
    const follow = (name: string) => page.getByRole('link', { name, exact: true }).click();
    const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();

    it('adds somebody, suspends and activates them, and deletes them', async () => {
      const app = await host.createApp();
      await open(app, '/users');
      await follow('Add user');
      await page.getByLabel('E-mail').fill('new@example.com');
      await page.getByLabel('Password').fill('correct horse 9 Battery!');
      await press('Add user');
      await heading('new@example.com');
      await press('Suspend');
      await page.getByText('The user is suspended.').waitFor();
      await press('Activate');
      await page.getByText('The user is active.').waitFor();
      await press('Delete user');
      await page.getByText('Tokens already handed out stay valid').waitFor();
      await press('Delete user');
      await page.getByText('The user is deleted.').waitFor();
    });

    it('searches, pages, and suspends all that a filter finds', async () => {
      const app = await host.createApp();
      await people(app, 52);
      await open(app, '/users');
      await page.getByLabel('Search').fill('person3');
      await press('Filter');
      await page.getByText('Searched: beginning, over all users.').waitFor();
      assert.equal(await page.locator('[data-row]').count(), 11);
      await page.goto(addressOf(app, '/users'));
      await follow('Next');
      await page.getByLabel('Select person0@example.com').waitFor();
      await follow('Previous');
      await page.getByLabel('Select person51@example.com').check();
      await page.getByLabel('All users of the app').check();
      await press('Suspend');
      await page.getByText('Suspends users and ends their sessions: 52.').waitFor();
      await press('Suspend users');
      await heading('Suspend users');
      for (let n = 0; n < 100 && !(await page.getByText('Users looked at: 52 of 52').isVisible()); n++) {
        host.deps.wakeJobs();
        // With scripts the page looks by itself.
        if (!javaScriptEnabled) await follow('Look again').catch(() => undefined);
        await page.waitForTimeout(100);
      }
      await follow('To the users');
      await page.locator('.state.suspend').first().waitFor();
    });

    it('changes metadata by form, and chooses when somebody else was first', async () => {
      const field = { id: 'team', path: 'team', fieldName: 'Team', required: false };
      const app = await host.createApp({ metaData: [field] });
      const user = await host.createUser(app, { handle: 'ada@example.com', metaData: { team: 'red' } });
      await open(app, `/users/${user.id}`);
      await page.getByLabel('Team').fill('blue');
      const current = (await host.deps.store.users.find(app.id, user.id)) as User;
      await host.deps.store.users.replace({ ...current, metaData: { team: 'green' } });
      await press('Save metadata');
      await page.getByText('green').first().waitFor();
      await press('Keep mine');
      await page.getByText('Saved.').waitFor();
      assert.equal(await page.getByLabel('Team').inputValue(), 'blue');
      await follow('JSON');
      assert.match(await page.getByLabel('Metadata as JSON').inputValue(), /"team": "blue"/);
    });

    it('invites those of a pasted table, and withdraws one', async () => {
      const app = await host.createApp({ invitationEnabled: true });
      await open(app, '/invites');
      await follow('Invite');
      if (javaScriptEnabled) {
        const file = {
          name: 'people.csv',
          mimeType: 'text/csv',
          buffer: Buffer.from('name,email\nA,a@example.com\n'),
        };
        await page.getByLabel('Or read a CSV file').setInputFiles(file);
      } else await page.getByLabel('E-mail').fill('name,email\nA,a@example.com\n');
      await press('Preview');
      await page.getByText('People to be invited: 1.').waitFor();
      await press('Send invites');
      await page.getByText('Sent: 1').waitFor();
      await follow('To the invites');
      await press('Withdraw that of a@example.com');
      await page.getByText('The invite is withdrawn.').waitFor();
    });

    it('vouches for a signup', async () => {
      const app = await host.createApp();
      const code = aCode({ expiresAt: host.clock.now() + 3_600_000 });
      const signup = aSignup({
        appId: app.id,
        code,
        handle: 'waits@example.com',
        createdAt: host.clock.now(),
      });
      await host.deps.store.signups.insert(signup);
      await open(app, '/signups');
      await follow('Confirm by hand: waits@example.com');
      await press('Confirm by hand');
      await heading('waits@example.com');
    });
  });
}

describe('the pages about people', { skip }, () => {
  it('select a whole page with one box', async () => {
    const app = await host.createApp();
    await people(app, 3);
    const page = await browser.newPage();
    await enter(page);
    await page.goto(addressOf(app, '/users'));
    await page.getByLabel('Select all of this page').check();
    await page.getByRole('button', { name: 'Activate', exact: true }).click();
    await page.getByText('Lets users log in again: 3.').waitFor();
    await page.close();
  });

  it('fit a narrow phone in both themes, hold any name inert, and have no fault that axe knows', async () => {
    const app = await host.createApp({ name: 'Tea Room', userNamesEnabled: true, invitationEnabled: true });
    const user = await host.createUser(app, { handle: LONG, userName: MARKUP, twoFactorTotp: true });
    for (const handle of [RIGHT_TO_LEFT, 'ada@example.com']) await host.createUser(app, { handle });
    const row = { appId: app.id, code: aCode({ expiresAt: host.clock.now() + 3_600_000 }) };
    await host.deps.store.signups.insert(aSignup({ ...row, handle: LONG }));
    await host.deps.store.invites.insert(anInvite({ ...row, handle: MARKUP, senderHandle: LONG }));
    const { body } = await host.portal('POST', '/api/app/bulk', {
      json: { appId: app.id, filter: { search: 'nobody' }, action: 'activate' },
    });
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ viewport: PHONE, colorScheme });
      const page = await context.newPage();
      await enter(page);
      for (const path of [
        ...['/users', '/users?status=suspend&factor=totp', '/users/add', `/users/${user.id}`],
        ...[`/users/${user.id}?metadata=json`, `/users/${user.id}/delete`, `/users/jobs/${body.job}`],
        ...['/users/many?action=delete&all=yes', '/users/many?action=sendPasswordReset&all=yes'],
        ...['/signups', '/signups/confirm?handle=x', '/invites', '/invites/add'],
        `/invites/withdraw-all?sender=${LONG}`,
      ]) {
        await page.goto(addressOf(app, path));
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width, path);
        const small =
          await page.evaluate(`[...document.querySelectorAll('main button, main .button, main select, main input:not(.unseen)')]
          .filter((each) => each.offsetParent && each.type !== 'checkbox' && each.offsetHeight < 41)
          .map((each) => each.outerHTML)`);
        assert.deepEqual(small, [], path);
        assert.equal(await page.locator('main img').count(), 0, path);
        assert.deepEqual(await accessibilityFaults(page), [], `${path}, ${colorScheme}`);
      }
      await context.close();
    }
  });
});
