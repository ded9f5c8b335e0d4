import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { type Operator, ROLES, type Role } from '../../server/model/operator.ts';
import type { User } from '../../server/model/user.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, PortalClient, unescaped } from '../support/portal-client.ts';
import { aUser } from '../support/records.ts';
import { until } from '../support/until.ts';

const MARKUP = '<img src=x onerror=alert(1)>';

describe('the page of users', () => {
  let host: TestHost;
  let app: App;
  let users: string;
  let owner: Operator;
  const browsers = new Map<Role, PortalClient>();
  const as = (role: Role) => browsers.get(role) as PortalClient;
  const people: User[] = [];
  before(async () => {
    host = await startTestHost();
    app = await host.createApp({
      name: 'Tea Room',
      userNamesEnabled: true,
      refuseCommonPasswords: true,
      locales: ['EN', 'DE'],
    });
    users = `/portal/hosts/here/apps/${app.id}/users`;
    for (let n = 0; n < 60; n++) {
      people.push(
        await host.createUser(app, { handle: `person${n}@example.com`, locale: n < 2 ? 'DE' : 'EN' }),
      );
      host.clock.advance(1);
    }
    for (const role of ROLES) {
      const browser = new PortalClient(host);
      const operator = await makeOperator(host, role);
      if (role === 'owner') owner = operator;
      await browser.signIn(operator);
      browsers.set(role, browser);
    }
  });
  after(async () => {
    for (const browser of browsers.values()) browser.close();
    await host.stop();
  });
  const handles = (text: string) =>
    [...text.matchAll(/<td class="who"><a [^>]*><bdi>([^<]*)/g)].map(([, handle]) => handle);
  const link = (text: string, rel: string) =>
    unescaped(new RegExp(`href="([^"]+)" rel="${rel}"`).exec(text)?.[1] ?? '');

  it('goes page by page, newest first, and back', async () => {
    const { text } = await as('viewer').get(users);
    assert.match(text, /<h1>Users <span class="tally">(?:about )?60</);
    const first = await as('support').get(users);
    assert.deepEqual(handles(first.text).length, 50);
    assert.equal(handles(first.text)[0], 'person59@example.com');
    const second = await as('support').get(link(first.text, 'next'));
    assert.equal(handles(second.text).length, 10);
    assert.equal(link(second.text, 'next'), '');
    const back = await as('support').get(link(second.text, 'prev'));
    assert.deepEqual(handles(back.text), handles(first.text));
    const oldest = await as('support').get(`${users}?sort=created`);
    assert.equal(handles(oldest.text)[0], 'person0@example.com');
    assert.match(oldest.text, /aria-sort="ascending"><a [^>]*>Created/);
    assert.equal((await as('support').get(`${users}?after=made-up`)).status, 422);
  });

  it('finds by handle and filters, and says how it searched', async () => {
    const said = async (query: string) => {
      const { text } = await as('support').get(`${users}?${query}`);
      return [handles(text).length, /Searched: [^<.]*/.exec(text)?.[0]];
    };
    assert.deepEqual(await said('search=person7@example.com'), [1, 'Searched: exact, over all users']);
    assert.deepEqual(await said('search=person1'), [11, 'Searched: beginning, over all users']);
    assert.deepEqual(await said('search=erson1'), [11, 'Searched: contains, newest 1,000']);
    assert.deepEqual(await said('locale=DE'), [2, undefined]);
    assert.deepEqual(await said('status=suspend'), [0, undefined]);
    assert.deepEqual(await said('lastLogin=never&provider=password&factor=none'), [50, undefined]);
    assert.deepEqual(await said('createdFrom=2026-01-15&createdTo=2026-01-15'), [50, undefined]);
    assert.deepEqual(await said('createdTo=2026-01-14'), [0, undefined]);
    assert.match((await as('support').get(`${users}?status=suspend`)).text, /Nobody matches\./);
  });

  it('finds somebody rare among very many, and counts no longer than it may', async () => {
    const large = await host.createApp({ name: 'Large', locales: ['EN', 'DE'] });
    const at = `/portal/hosts/here/apps/${large.id}/users`;
    const add = (n: number, more: Partial<User>) =>
      host.deps.store.users.insert(
        aUser({ appId: large.id, handle: `p${n}@example.com`, createdAt: host.clock.now() + n, ...more }),
      );
    await add(0, { status: 'suspend', locale: 'DE', handle: 'rare@example.com' });
    for (let n = 1; n <= 1_100; n++) {
      await add(n, { status: 'suspend', locale: 'EN' });
      await add(n + 2_000, { locale: 'DE' });
    }
    const filter = 'status=suspend&locale=DE';
    assert.deepEqual(handles((await as('admin').get(`${at}?${filter}`)).text), ['rare@example.com']);
    const asked = await as('admin').get(`${at}/many?action=suspend&all=yes&${filter}`);
    assert.match(asked.text, /: 1\./);
  });

  it('shows a viewer no handle, and lets them search for none', async () => {
    const { text } = await as('viewer').get(users);
    assert.match(text, /p…@e…/);
    assert.doesNotMatch(text, /person\d|type="search"|type="checkbox"|Add user|users\/export/);
    assert.equal((await as('viewer').get(`${users}?search=person1@example.com`)).status, 403);
    assert.equal((await as('viewer').get(`${users}/export`)).status, 403);
    assert.equal((await as('support').get(`${users}/export`)).status, 403);
  });

  it('leaves a list as a file', async () => {
    const file = await as('admin').get(`${users}/export?locale=DE`);
    assert.match(String(file.headers['content-disposition']), /attachment; filename="Tea_Room-users\.csv"/);
    const [head, ...rows] = file.text.trim().split('\r\n');
    assert.match(head ?? '', /^_id,uid,handle,userName,status,/);
    assert.deepEqual(
      rows.map((row) => row.split(',')[2]),
      ['person1@example.com', 'person0@example.com'],
    );
  });

  it('adds a user, with a password or a code to choose one', async () => {
    const browser = as('support');
    const add = async (fields: Record<string, string>) => {
      await browser.get(`${users}/add`);
      return browser.follow(await browser.post(`${users}/add`, fields));
    };
    const refused = await add({ handle: 'nobody', password: 'correct horse 9 Battery!' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /id="handle"[^>]* value="nobody"[^>]*aria-invalid="true"/);
    const weak = await add({ handle: 'new@example.com', password: 'password' });
    assert.match(weak.text, /id="password"[^>]*aria-invalid="true"/);
    assert.match((await add({ handle: 'person1@example.com', password: '' })).text, /Somebody else has this/);
    const added = await add({ handle: 'New@example.com', password: 'correct horse 9 Battery!' });
    assert.match(added.text, /The user is added\..*<h1><bdi>new@example\.com/s);
    const waits = await add({ handle: 'later@example.com', password: '' });
    assert.match(waits.text, /a code to choose a password is on its way/);
    const [mail] = (await host.outbox()).filter(({ to }) => to === 'later@example.com');
    assert.ok(mail?.code);
  });

  it('holds markup that somebody is called inert', async () => {
    const { id } = await host.createUser(app, { handle: 'mark@example.com', userName: MARKUP });
    for (const path of [`${users}?search=${encodeURIComponent(`user:${MARKUP}`)}`, `${users}/${id}`]) {
      const { text } = await as('owner').get(path);
      assert.ok(text.includes('&lt;img src&#x3D;x'), path);
      assert.doesNotMatch(text, /<img src=x/);
    }
  });

  it('suspends those who were chosen, after saying how many', async () => {
    const [one, two] = people as [User, User];
    const browser = as('admin');
    const page = await browser.get(`${users}/many?action=suspend&id=${one.id}&id=${two.id}&locale=EN`);
    assert.match(page.text, /Suspends users and ends their sessions: 2\./);
    await browser.follow(await browser.post(`${users}/many`, { action: 'suspend', id: one.id }));
    assert.match(browser.page?.text ?? '', /Done for all that were selected/);
    assert.equal((await host.deps.store.users.find(app.id, one.id))?.status, 'suspend');
    assert.equal((await host.deps.store.users.find(app.id, two.id))?.status, 'active');
    assert.match(
      (await browser.follow(await browser.get(`${users}/many?action=suspend`))).text,
      /Nobody is sel/,
    );
    assert.equal((await browser.get(`${users}/many?action=burn&all=yes`)).status, 404);
    assert.equal((await as('support').get(`${users}/many?action=suspend&all=yes`)).status, 403);
  });

  it('deletes all of a filter by a job, for who typed the name and gave a proof', async () => {
    const browser = as('owner');
    const page = await browser.get(`${users}/many?action=delete&all=yes&locale=DE`);
    assert.match(page.text, /Deletes users with their sessions, signups and invites: 2\./);
    const fields = browser.hidden(`${users}/many/delete`);
    const wrong = await browser.act(`${users}/many/delete`, { ...fields, typed: 'tea' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /value="tea"[^>]*aria-invalid="true"/);
    assert.equal((await browser.post(`${users}/many`, { ...fields, typed: 'Tea Room' })).status, 403);
    const begun = await browser.act(`${users}/many/delete`, { ...fields, typed: 'Tea Room' });
    assert.match(begun.text, /<h1>Delete users/);
    const job = /users\/jobs\/(\w{24})/.exec(begun.text)?.[1] ?? '';
    await until('the job ends', async () => {
      host.deps.wakeJobs();
      return (await browser.get(`${users}/jobs/${job}`)).text.includes('>Done</span>');
    });
    assert.match(browser.page?.text ?? '', /Users looked at: 2/);
    assert.equal(handles((await browser.get(`${users}?locale=DE`)).text).length, 0);
    const other = await host.createApp();
    assert.equal((await browser.get(`/portal/hosts/here/apps/${other.id}/users/jobs/${job}`)).status, 404);
    const audit = await browser.get('/portal/audit?action=many.delete');
    assert.match(audit.text, new RegExp(`${app.id} · ${job}`));
  });

  it('stops a job that still runs', async () => {
    const browser = as('owner');
    await browser.get(`${users}/many?action=sendPasswordReset&all=yes`);
    const fields = { ...browser.hidden(`${users}/many`), perHour: '1' };
    const begun = await browser.follow(await browser.post(`${users}/many`, fields));
    const address = /action="([^"]+)\/stop"/.exec(begun.text)?.[1] ?? '';
    const stopped = await browser.follow(await browser.post(`${address}/stop`));
    assert.match(stopped.text, />Stopped<\/span>/);
    const { rows } = await host.deps.store.jobs.list(app.id, { limit: 1 });
    assert.equal(rows[0]?.by, owner.email);
    const wrong = { ...fields, perHour: 'many' };
    assert.equal((await browser.post(`${users}/many`, wrong)).status, 422);
  });

  it('says what to do while nobody is there', async () => {
    const empty = await host.createApp();
    const path = `/portal/hosts/here/apps/${empty.id}/users`;
    assert.match((await as('support').get(path)).text, /No users yet\. They come.*Add user<\/a>/s);
    assert.match((await as('viewer').get(path)).text, /No users yet\./);
  });
});
