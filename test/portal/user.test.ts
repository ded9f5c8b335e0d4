import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { ROLES, type Role } from '../../server/model/operator.ts';
import type { User } from '../../server/model/user.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, PortalClient, unescaped } from '../support/portal-client.ts';

describe('the page of a user', () => {
  let host: TestHost;
  let app: App;
  let user: User;
  let page: string;
  const browsers = new Map<Role, PortalClient>();
  const as = (role: Role) => browsers.get(role) as PortalClient;
  before(async () => {
    host = await startTestHost();
    const field = (path: string, fieldName: string) => ({ id: path, path, fieldName, required: false });
    app = await host.createApp({
      userNamesEnabled: true,
      locales: ['EN', 'DE'],
      metaData: [field('name.first', 'First name'), field('age', 'Age')],
    });
    user = await host.createUser(app, {
      handle: 'ada@example.com',
      phone: '+14155552671',
      phoneVerified: true,
      metaData: { name: { first: 'Ada' }, age: 36, secret: 'kept' },
    });
    page = `/portal/hosts/here/apps/${app.id}/users/${user.id}`;
    for (const role of ROLES) {
      const browser = new PortalClient(host);
      await browser.signIn(await makeOperator(host, role, { email: `${role}@example.com` }));
      browsers.set(role, browser);
    }
  });
  after(async () => {
    for (const browser of browsers.values()) browser.close();
    await host.stop();
  });
  const stored = () => host.deps.store.users.find(app.id, user.id);
  /** Presses a button of the page: the form's own hidden fields go along. */
  async function press(role: Role, action: string, fields: Record<string, string> = {}) {
    const browser = as(role);
    await browser.get(page);
    return browser.act(`${page}/${action}`, { ...browser.hidden(`${page}/${action}`), ...fields });
  }

  it('tells who this is, with ids to copy, metadata and the token as it would be', async () => {
    const { text } = await as('support').get(page);
    assert.match(text, /<h1><bdi>ada@example\.com<\/bdi><\/h1>/);
    assert.ok(text.includes(`data-copy="${user.id}"`) && text.includes(`data-copy="${user.uid}"`));
    assert.match(text, /<label for="meta:name\.first">First name<\/label>\s*<input [^>]*value="Ada"/);
    assert.match(text, /name="meta:secret"[^>]*value="kept"/);
    assert.match(text, /\+14155552671 · verified/);
    assert.ok(unescaped(text).includes(`"sub": "${user.uid}"`));
    assert.match(text, /Not signed\. Size in bytes: \d{3}/);
    const json = await as('support').get(`${page}?metadata=json`);
    assert.match(unescaped(json.text), /<textarea [^>]*>\{\n {2}"name": \{\n {4}"first": "Ada"/);
    assert.equal((await as('support').get(page.replace(/\w{24}$/, '0'.repeat(24)))).status, 404);
  });

  it('shows a viewer nothing that tells who it is', async () => {
    const { text } = await as('viewer').get(page);
    assert.match(text, /<h1><bdi>a…@e…<\/bdi><\/h1>/);
    assert.match(text, /\+… · verified/);
    for (const hidden of ['ada@', user.uid, 'Ada', 'kept', '14155552671', 'Suspend', 'Timeline', '<textarea'])
      assert.equal(text.includes(hidden), false, hidden);
    for (const action of ['suspend', 'metadata', 'delete'])
      assert.equal((await as('viewer').post(`${page}/${action}`)).status, 403);
  });

  it('suspends, activates, unlocks, ends sessions and sends a reset', async () => {
    assert.match((await press('support', 'suspend')).text, /The user is suspended.*>Activate<\/button>/s);
    assert.equal((await stored())?.status, 'suspend');
    assert.match((await press('support', 'activate')).text, /The user is active.*>Suspend<\/button>/s);
    const current = (await stored()) as User;
    await host.deps.store.users.replace({ ...current, lockedAt: host.clock.now() });
    assert.match((await as('support').get(page)).text, /class="state locked">Locked/);
    assert.match((await press('support', 'unlock')).text, /The user is unlocked/);
    assert.equal((await stored())?.lockedAt, undefined);
    assert.match((await press('support', 'endSessions')).text, /Every session has ended/);
    assert.equal((await stored())?.sessionsEndedAt, host.clock.now());
    assert.match((await press('support', 'sendReset')).text, /A code for a new password is on its way/);
    const { text } = await as('support').get(page);
    for (const action of ['updateAppUser', 'unlockUser', 'endSessions', 'sendPasswordReset'])
      assert.match(text, new RegExp(`>${action}</td>.*>support@example\\.com</td>`, 's'));
    const audit = await as('support').get('/portal/audit');
    assert.match(audit.text, new RegExp(`Suspended user</td>.*here · ${app.id} · ${user.id}`, 's'));
  });

  it('changes metadata by form, keeping what no field names and what is no text', async () => {
    await press('support', 'metadata', {
      'meta:name.first': 'Augusta',
      'meta:age': '37',
      'meta:secret': 'kept',
    });
    assert.deepEqual((await stored())?.metaData, { name: { first: 'Augusta' }, age: 37, secret: 'kept' });
    const wrong = await press('support', 'metadata', { 'meta:age': 'old' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /age was no text before.*value="old"/s);
    await press('support', 'metadata', { 'meta:name.first': '', 'meta:age': '37', 'meta:secret': 'kept' });
    assert.deepEqual((await stored())?.metaData, { age: 37, secret: 'kept' });
  });

  it('changes metadata as JSON, and keeps what was typed when it is none', async () => {
    const browser = as('support');
    const save = async (json: string) => {
      await browser.get(`${page}?metadata=json`);
      return browser.act(`${page}/metadata`, { ...browser.hidden(`${page}/metadata`), json });
    };
    const wrong = await save('[1, 2');
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /<textarea [^>]*aria-invalid="true"[^>]*>\[1, 2<\/textarea>/);
    assert.match((await save('{"team":{"name":"blue"}}')).text, /Saved\./);
    assert.deepEqual((await stored())?.metaData, { team: { name: 'blue' } });
  });

  it('shows both values to who comes second, who chooses', async () => {
    const browser = as('support');
    await browser.get(page);
    const mine = { ...browser.hidden(`${page}/profile`), userName: 'countess', locale: 'DE' };
    await press('admin', 'profile', { userName: 'augusta', locale: 'EN' });
    await browser.get(page);
    const clash = await browser.act(`${page}/profile`, mine);
    assert.equal(clash.status, 409);
    assert.match(clash.text, /User name<\/td><td[^>]*>countess<\/td><td[^>]*>augusta</);
    assert.match(clash.text, /Language<\/td><td[^>]*>DE<\/td><td[^>]*>EN</);
    assert.match(clash.text, />Take theirs<\/button>/);
    assert.equal((await stored())?.userName, 'augusta');
    const kept = await browser.act(`${page}/profile`, browser.hidden(`${page}/profile`));
    assert.match(kept.text, /Saved\./);
    assert.deepEqual([(await stored())?.userName, (await stored())?.locale], ['countess', 'DE']);
  });

  it('changes handle and phone for owners and admins, after a proof', async () => {
    assert.doesNotMatch((await as('support').get(page)).text, /Change handle or phone/);
    assert.equal((await as('support').post(`${page}/identity`, { handle: 'x@example.com' })).status, 403);
    await as('admin').get(page);
    const asked = await as('admin').post(`${page}/identity`, { handle: 'x@example.com' });
    assert.match(String(asked.headers.location), /^\/portal\/confirm/);
    await host.createUser(app, { handle: 'taken@example.com' });
    const taken = await press('admin', 'identity', { handle: 'taken@example.com', phone: '+14155552671' });
    assert.match(taken.text, /id="handle"[^>]* value="taken@example\.com"[^>]*aria-invalid="true"/);
    const phone = await press('admin', 'identity', { handle: 'ada@example.com', phone: '12' });
    assert.match(phone.text, /id="phone"[^>]* value="12"[^>]*aria-invalid="true"/);
    await press('admin', 'identity', { handle: 'Countess@Example.com', phone: '' });
    assert.deepEqual(
      [(await stored())?.handle, (await stored())?.phone],
      ['countess@example.com', undefined],
    );
  });

  it('switches a second factor off for a reason, after a proof', async () => {
    const current = (await stored()) as User;
    await host.deps.store.users.replace({ ...current, twoFactorTotp: true });
    const refused = await press('support', 'factor', { why: ' ' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /Say why\./);
    const done = await press('support', 'factor', { why: 'phone lost, seen in person' });
    assert.match(done.text, /The second factor is off.*phone lost, seen in person/s);
    assert.equal((await stored())?.twoFactorTotp, false);
  });

  it('gives everything about a person out, to owners and admins', async () => {
    assert.equal((await as('support').get(`${page}/export`)).status, 403);
    const file = await as('admin').get(`${page}/export`);
    const { user: told, invites, log } = JSON.parse(file.text);
    assert.deepEqual([told.handle, told.metaData], ['countess@example.com', { team: { name: 'blue' } }]);
    assert.deepEqual(invites, []);
    assert.ok(log.some(({ action }: { action: string }) => action === 'disableSecondFactor'));
    assert.doesNotMatch(file.text, /passwordHash|revision/);
  });

  it('deletes somebody who has no name, too', async () => {
    const nobody = await host.createUser(app, { handle: `ANON_${'5f0c2d1e'.repeat(4)}` });
    const path = page.replace(/\w{24}$/, nobody.id);
    const { text } = await as('support').get(path);
    assert.match(text, /<dd>Anonymous<\/dd>/);
    assert.doesNotMatch(text, />Send reset</);
    assert.match((await as('support').act(`${path}/delete`)).text, /The user is deleted/);
    assert.equal(await host.deps.store.users.find(app.id, nobody.id), undefined);
  });

  it('deletes after a plain question', async () => {
    const browser = as('support');
    const { text } = await browser.get(`${page}/delete`);
    assert.match(text, /Deletes users with their sessions, signups and invites: 1\./);
    assert.match((await browser.act(`${page}/delete`)).text, /<h1>Users.*|The user is deleted/s);
    assert.equal(await stored(), undefined);
    assert.equal((await browser.get(page)).status, 404);
  });
});
