import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { handleList } from '../../portal/handle-list.ts';
import type { App } from '../../server/model/app.ts';
import type { Role } from '../../server/model/operator.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, PortalClient, unescaped } from '../support/portal-client.ts';
import { aCode, anInvite, aSignup } from '../support/records.ts';

const HOUR_MS = 3_600_000;
const MARKUP = '"><script>alert(1)</script>@example.com';

describe('signups and invites in the portal', () => {
  let host: TestHost;
  let app: App;
  let base: string;
  const browsers = new Map<Role, PortalClient>();
  const as = (role: Role) => browsers.get(role) as PortalClient;
  before(async () => {
    host = await startTestHost();
    const field = { id: 'team', path: 'team', fieldName: 'Team', required: true };
    app = await host.createApp({ invitationEnabled: true, locales: ['EN', 'DE'], metaDataInvite: [field] });
    base = `/portal/hosts/here/apps/${app.id}`;
    const { store, clock } = host.deps;
    const now = clock.now();
    const code = aCode({ expiresAt: now + HOUR_MS });
    const times = { appId: app.id, code, createdAt: now, updatedAt: now };
    await store.signups.insert(aSignup({ ...times, handle: 'waits@example.com' }));
    await store.signups.insert(aSignup({ ...times, handle: MARKUP }));
    const over = aCode({ expiresAt: now - HOUR_MS });
    await store.signups.insert(aSignup({ ...times, handle: 'late@example.com', code: over }));
    for (const handle of ['one@example.com', 'two@example.com'])
      await store.invites.insert(anInvite({ ...times, handle, senderHandle: 'ada@example.com' }));
    await store.invites.insert(anInvite({ ...times, handle: MARKUP, senderHandle: 'bob@example.com' }));
    for (const role of ['admin', 'support', 'viewer'] as const) {
      const browser = new PortalClient(host);
      await browser.signIn(await makeOperator(host, role));
      browsers.set(role, browser);
    }
  });
  after(async () => {
    for (const browser of browsers.values()) browser.close();
    await host.stop();
  });
  const handles = (text: string) =>
    [...text.matchAll(/<td class="who"><bdi>([^<]*)/g)].map(([, handle = '']) => unescaped(handle)).sort();
  async function act(role: Role, page: string, action: string, fields: Record<string, string>) {
    await as(role).get(base + page);
    return as(role).act(base + action, fields);
  }
  const waiting = async () =>
    handles((await as('support').get(`${base}/invites?state=waiting`)).text).filter(
      (each) => each !== MARKUP,
    );

  it('list signups by state, inert and masked for viewers', async () => {
    const all = await as('support').get(`${base}/signups`);
    assert.deepEqual(handles(all.text), [MARKUP, 'late@example.com', 'waits@example.com']);
    assert.doesNotMatch(all.text, /<script>alert/);
    assert.deepEqual(handles((await as('support').get(`${base}/signups?state=expired`)).text), [
      'late@example.com',
    ]);
    assert.deepEqual(handles((await as('support').get(`${base}/signups?search=waits`)).text), [
      'waits@example.com',
    ]);
    assert.match((await as('support').get(`${base}/signups?search=nobody`)).text, /No signup matches\./);
    assert.match(all.text, /<td class="count" data-label="Messages sent">1</);
    assert.match(all.text, /<h1>Signups <span class="tally">3</);
    const masked = await as('viewer').get(`${base}/signups`);
    assert.match(masked.text, /w…@e…/);
    assert.doesNotMatch(masked.text, /waits@|Confirm by hand|>Remove</);
    assert.equal((await as('viewer').get(`${base}/signups?search=waits`)).status, 403);
  });

  it('send a signup its message again', async () => {
    const waits = { handle: 'waits@example.com' };
    const sent = await act('support', '/signups', '/signups/resend', waits);
    assert.match(sent.text, /The message is on its way again\..*data-label="Messages sent">2</s);
    assert.equal((await host.outbox()).at(-1)?.to, 'waits@example.com');
    const late = await act('support', '/signups', '/signups/resend', { handle: 'late@example.com' });
    assert.equal(late.status, 422);
    assert.match(late.text, /role="alert"/);
    assert.equal((await as('viewer').post(`${base}/signups/resend`, waits)).status, 403);
    const [signup] = await host.deps.store.signups.search(app.id, { value: 'waits', offset: 0, limit: 1 });
    const { rows } = await host.deps.store.audit.list({ action: 'resendSignup' }, { limit: 5 });
    assert.deepEqual(
      rows.map(({ target }) => target),
      [signup?.id],
    );
  });

  it('vouch for a signup, or remove it', async () => {
    const asked = await as('support').get(`${base}/signups/confirm?handle=waits@example.com`);
    assert.match(asked.text, /you vouch that the person owns this address/);
    const made = await act('support', '/signups', '/signups/confirm', { handle: 'waits@example.com' });
    assert.match(made.text, /The account is made\..*<h1><bdi>waits@example\.com/s);
    const again = await act('support', '/signups', '/signups/confirm', { handle: 'nobody@example.com' });
    assert.equal(again.status, 422);
    const [late] = await host.deps.store.signups.search(app.id, { value: 'late', offset: 0, limit: 1 });
    const fields = { handle: 'late@example.com', id: late?.id ?? '' };
    assert.match((await act('support', '/signups', '/signups/remove', fields)).text, /The signup is removed/);
    assert.match((await act('support', '/signups', '/signups/remove', fields)).text, /role="alert"/);
    assert.equal((await as('viewer').post(`${base}/signups/remove`, fields)).status, 403);
  });

  it('list invites by sender, resend and withdraw one', async () => {
    const { text } = await as('support').get(`${base}/invites?sender=ada@example.com`);
    assert.deepEqual(handles(text), ['one@example.com', 'two@example.com']);
    assert.match(text, /<td class="count" data-label="Messages sent">1</);
    assert.doesNotMatch((await as('support').get(`${base}/invites`)).text, /<script>alert/);
    const masked = await as('viewer').get(`${base}/invites`);
    assert.match(masked.text, /o…@e….*a…@e…/s);
    assert.doesNotMatch(masked.text, /ada@|one@|>Resend</);
    assert.equal((await as('viewer').get(`${base}/invites?sender=ada@example.com`)).status, 403);
    const one = { handle: 'one@example.com', id: 'x' };
    const [{ id: invited } = { id: '' }] = await host.deps.store.invites.search(app.id, {
      value: 'one@example.com',
      offset: 0,
      limit: 1,
    });
    assert.match((await act('support', '/invites', '/invites/resend', one)).text, /on its way again/);
    assert.equal((await host.outbox()).at(-1)?.to, 'one@example.com');
    assert.match(
      (await act('support', '/invites', '/invites/withdraw', one)).text,
      /The invite is withdrawn/,
    );
    assert.deepEqual(await waiting(), ['two@example.com']);
    const { rows } = await host.deps.store.audit.list({}, { limit: 50 });
    const targets = rows.filter(({ action }) => /^(?:resend|withdraw)Invite$/.test(action));
    assert.deepEqual(
      targets.map(({ target }) => target),
      [invited, invited],
      'what the form says of the id does not count',
    );
  });

  it('withdraw all of a sender, for admins, after saying how many', async () => {
    const path = `${base}/invites/withdraw-all`;
    assert.equal((await as('support').get(`${path}?sender=ada@example.com`)).status, 403);
    assert.match(
      (await as('admin').get(`${path}?sender=ada@example.com`)).text,
      /Withdraws open invites: 1\./,
    );
    const fields = { sender: 'ada@example.com' };
    assert.match((await act('admin', '/invites', '/invites/withdraw-all', fields)).text, /are withdrawn/);
    assert.deepEqual(await waiting(), []);
    assert.match((await as('admin').get(`${path}?sender=ada@example.com`)).text, /No invite of this sender/);
  });

  it('leave each list as a file, for admins', async () => {
    for (const [list, head, row] of [
      ['signups?state=waiting', /^_id,handle,state,startedAt,/, /waiting/],
      ['invites?sender=bob@example.com', /^_id,handle,state,senderHandle,/, /waiting,bob@example\.com,1,/],
    ] as const) {
      const path = `${base}/${list.replace('?', '/export?')}`;
      assert.equal((await as('support').get(path)).status, 403);
      const file = await as('admin').get(path);
      assert.match(file.text, head);
      assert.match(file.text, row);
      assert.equal(file.text.trim().split('\r\n').length, 2);
      assert.match((await as('admin').get(`${base}/${list}`)).text, />CSV<\/a>/);
    }
  });

  it('invite many: what was pasted, what it is taken for, what became of each', async () => {
    await host.createUser(app, { handle: 'here@example.com' });
    const browser = as('admin');
    const add = `${base}/invites/add`;
    const pasted =
      'name,email\r\nAda,new@example.com\r\nBob,here@example.com\r\nEve,nonsense\r\nA,New@example.com';
    await browser.get(add);
    const preview = await browser.act(add, { handles: pasted, locale: 'DE', 'meta:team': 'blue' });
    assert.match(preview.text, /People to be invited: 2\. Left out: 2\./);
    assert.match(
      preview.text,
      /nonsense<\/bdi>.*Cannot be used.*New@example\.com<\/bdi>.*Stands there twice/s,
    );
    const fields = browser.hidden(`${add}/send`);
    const done = await browser.act(`${add}/send`, fields);
    assert.match(done.text, /Sent: 1/);
    assert.match(done.text, /here@example\.com<\/bdi>.*Is a user already/s);
    const mail = (await host.outbox()).at(-1);
    assert.deepEqual([mail?.to, mail?.locale], ['new@example.com', 'DE']);
    const edited = await browser.act(`${add}/send`, { ...fields, edit: 'yes' });
    assert.match(edited.text, /<textarea [^>]*>new@example\.com\nhere@example\.com<\/textarea>/);
    assert.match(edited.text, /name="meta:team"[^>]*value="blue"/);
  });

  it('refuse what cannot be, with what was typed', async () => {
    const add = `${base}/invites/add`;
    const typed = async (role: Role, fields: Record<string, string>) =>
      act(role, '/invites/add', '/invites/add', fields);
    assert.equal((await typed('admin', { handles: '' })).status, 422);
    assert.match((await typed('admin', { handles: 'nobody' })).text, />nobody<\/textarea>.*None of these/s);
    const many = Array.from({ length: 501 }, (_, n) => `p${n}@example.com`).join('\n');
    assert.match((await typed('admin', { handles: many })).text, /At most 500 at once/);
    const two = { handles: 'a@example.com, b@example.com' };
    assert.match((await typed('support', two)).text, /Your role invites one person at a time/);
    assert.equal((await as('support').post(`${add}/send`, two)).status, 403);
    const lacking = await act('support', '/invites/add', '/invites/add/send', { handles: 'c@example.com' });
    assert.equal(lacking.status, 422);
    assert.match(lacking.text, /The field team is required/);
  });
});

describe('a list of handles that was pasted', () => {
  const read = (text: string, kind: 'email' | 'phone' = 'email') =>
    handleList(text, kind).map(({ handle, check }) => `${handle} ${check}`);

  it('is read one a line, between separators, or from a column', () => {
    const both = ['a@example.com ready', 'b@example.com ready'];
    for (const text of [
      'a@example.com\nb@example.com\n\n',
      'a@example.com, b@example.com',
      ' a@example.com ; b@example.com ',
      'a@example.com\tb@example.com',
      'Ada,a@example.com\nBob,b@example.com',
      'id;E-Mail;team\r\n1;a@example.com;x\r\n2;b@example.com;y',
      'name,mail\n"Lovelace, Ada",a@example.com\n,"b@example.com"',
    ])
      assert.deepEqual(read(text), both, text);
  });

  it('says what cannot be used and what stands there twice', () => {
    assert.deepEqual(read('a@example.com, bob, A@EXAMPLE.com'), [
      'a@example.com ready',
      'bob invalid',
      'A@EXAMPLE.com double',
    ]);
    assert.deepEqual(read('phone\n+1 415 555 2671\n004915\n+14155552671', 'phone'), [
      '+1 415 555 2671 ready',
      '004915 invalid',
      '+14155552671 double',
    ]);
    assert.deepEqual(read(''), []);
  });
});
