import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, OPERATOR_PASSWORD, PortalClient } from '../support/portal-client.ts';

const APP = '0123456789abcdef0123456789abcdef';

describe('the page of operators', () => {
  let host: TestHost;
  let browser: PortalClient;
  before(async () => {
    host = await startTestHost();
    browser = new PortalClient(host);
    await browser.signIn(await makeOperator(host, 'owner', { email: 'ada@example.com' }));
  });
  after(async () => {
    browser.close();
    await host.stop();
  });

  /** Sends a form, gives the proof where one is asked for, and answers the page that follows. */
  async function act(path: string, fields: Record<string, string> = {}) {
    await browser.get('/portal/operators');
    let answer = await browser.post(path, fields);
    if (String(answer.headers.location).startsWith('/portal/confirm')) {
      const confirm = await browser.follow(answer);
      const form = /name="form" value="(\w+)"/.exec(confirm.text)?.[1] ?? '';
      answer = await browser.post('/portal/confirm', { form, password: OPERATOR_PASSWORD });
    }
    return browser.follow(answer);
  }
  const find = (email: string) => host.deps.store.operators.findByEmail(email);
  const idOf = async (email: string) => (await find(email))?.id ?? '';

  it('makes a link for somebody new, limited to some apps', async () => {
    for (const [fields, field] of [
      [{ email: 'nobody', role: 'viewer', apps: '' }, 'email'],
      [{ email: 'ada@example.com', role: 'viewer', apps: '' }, 'email'],
      [{ email: 'bob@example.com', role: 'viewer', apps: 'my app' }, 'apps'],
    ] as const) {
      const page = await act('/portal/operators/invite', fields);
      assert.equal(page.status, 422);
      assert.match(page.text, new RegExp(`id="${field}"[^>]*aria-invalid="true"`));
      assert.ok(page.text.includes(fields.email), 'what was typed stays');
    }
    const page = await act('/portal/operators/invite', {
      email: 'Bob@Example.com',
      role: 'support',
      apps: APP,
    });
    const [link = ''] = /\/portal\/enter\/[\w-]{43}/.exec(page.text) ?? [];
    const bob = new PortalClient(host);
    assert.match((await bob.get(link)).text, /bob@example\.com/);
    await bob.follow(await bob.post(link, { password: OPERATOR_PASSWORD }));
    assert.equal((await bob.get('/portal/hosts')).status, 200);
    assert.equal((await bob.get('/portal/operators')).status, 403);
    bob.close();
    const stored = await find('bob@example.com');
    assert.deepEqual(stored?.apps, [{ host: 'here', appId: APP }]);
    assert.equal(stored?.role, 'support');
  });

  it('changes a role at once, and keeps the limit', async () => {
    const bob = new PortalClient(host);
    await bob.signIn({ email: 'bob@example.com' });
    const page = await act(`/portal/operators/${await idOf('bob@example.com')}`, { role: 'viewer' });
    assert.match(page.text, /Saved\./);
    assert.match(page.text, /aria-label="Role of bob@example\.com"/);
    const stored = await find('bob@example.com');
    assert.deepEqual([stored?.role, stored?.apps?.length], ['viewer', 1]);
    assert.equal((await bob.get('/portal/hosts')).status, 200);
    await act(`/portal/operators/${await idOf('bob@example.com')}/sessions`);
    assert.equal((await bob.get('/portal/hosts')).status, 303);
    bob.close();
  });

  it('keeps the last owner, whatever is asked', async () => {
    const id = await idOf('ada@example.com');
    for (const [path, fields] of [
      [`/portal/operators/${id}/remove`, {}],
      [`/portal/operators/${id}`, { role: 'admin' }],
      [`/portal/operators/${id}`, { role: 'owner', apps: APP }],
    ] as const) {
      const page = await act(path, fields);
      assert.equal(page.status, 422);
      assert.match(page.text, /last owner has to stay/);
    }
    assert.equal((await find('ada@example.com'))?.role, 'owner');
  });

  it('removes somebody, whose sessions end', async () => {
    const bob = new PortalClient(host);
    await bob.signIn({ email: 'bob@example.com' });
    await act(`/portal/operators/${await idOf('bob@example.com')}/remove`);
    assert.equal((await bob.get('/portal/hosts')).status, 303);
    assert.equal((await act('/portal/operators/none/remove')).status, 404);
    bob.close();
  });

  it('leaves a line of each in the audit, which others see of their own alone', async () => {
    const page = await browser.get('/portal/audit');
    for (const action of [
      'Invited operator',
      'Changed role',
      'Ended sessions',
      'Removed operator',
      'Signed in',
    ]) {
      assert.ok(page.text.includes(`>${action}</td>`), action);
    }
    assert.match(page.text, /role: support → viewer/);
    assert.ok(page.text.includes(`apps: – → here/${APP}`), 'the limit of an invitation');
    const filtered = await browser.get('/portal/audit?action=changeRole&from=2026-01-15&to=2026-01-15');
    assert.equal(filtered.text.match(/<tr data-row/g)?.length, 1);
    assert.match((await browser.get('/portal/audit?to=2026-01-14')).text, /Nothing here yet/);
    const grace = new PortalClient(host);
    await grace.signIn(await makeOperator(host, 'admin', { email: 'grace@example.com' }));
    const own = await grace.get('/portal/audit');
    assert.doesNotMatch(own.text, /ada@example\.com/);
    assert.match(own.text, /Signed in/);
    const file = await grace.get('/portal/audit/export');
    assert.match(String(file.headers['content-disposition']), /attachment; filename="audit\.csv"/);
    assert.match(file.text, /^time,operator,address,action,host,app,target,changes\r\n/);
    assert.doesNotMatch(file.text, /ada@example\.com/);
    assert.match(
      (await browser.get('/portal/audit/export')).text,
      /,ada@example\.com,127\.0\.0\.1,changeRole,/,
    );
    grace.close();
  });

  it('shows nobody limited to some apps what others did, or an app outside the limit', async () => {
    const apps = [{ host: 'here', appId: APP }];
    const { deps, clock } = host;
    for (const role of ['owner', 'viewer'] as const) {
      const operator = await makeOperator(host, role, { apps });
      for (const [appId, target] of [
        [APP, 'within@example.com'],
        ['f'.repeat(32), 'outside@example.com'],
      ] as const) {
        const row = { operatorId: operator.id, email: operator.email, address: '', changes: [] };
        const at = { id: deps.codes.newRowId(clock.now()), createdAt: clock.now() };
        await deps.store.audit.insert({ ...row, ...at, action: 'suspendUser', host: 'here', appId, target });
      }
      const client = new PortalClient(host);
      await client.signIn(operator);
      for (const path of ['/portal/audit', '/portal/audit/export']) {
        const { text } = await client.get(path);
        assert.doesNotMatch(text, /ada@example\.com|outside@|f{32}/, `${role} ${path}`);
        assert.equal(text.includes('within@example.com'), role === 'owner', `${role} ${path}`);
        assert.equal(text.includes('w…@e…'), role === 'viewer', `${role} ${path}`);
      }
      client.close();
    }
  });

  it('pages through a long audit, newest first', async () => {
    const { deps, clock } = host;
    for (let n = 0; n < 120; n++) {
      const createdAt = clock.now() + n;
      await deps.store.audit.insert({
        id: deps.codes.newRowId(createdAt),
        operatorId: 'x',
        email: '=cmd|formula',
        address: '192.0.2.1',
        action: 'somethingNew',
        target: `row ${n}`,
        changes: [],
        createdAt,
      });
    }
    const first = await browser.get('/portal/audit?action=somethingNew');
    assert.match(first.text, /row 119.*row 70(?!\d)/s);
    assert.doesNotMatch(first.text, />Previous</);
    const address = (text: string, rel: string) =>
      new RegExp(`href="([^"]+)" rel="${rel}"`)
        .exec(text)?.[1]
        ?.replaceAll('&#x3D;', '=')
        .replaceAll('&amp;', '&') ?? '';
    const second = await browser.get(address(first.text, 'next'));
    assert.match(second.text, /row 69.*row 20(?!\d)/s);
    const third = await browser.get(address(second.text, 'next'));
    assert.match(third.text, /row 19.*row 0(?!\d)/s);
    const back = await browser.get(address(third.text, 'prev'));
    assert.match(back.text, /row 69.*row 20(?!\d)/s);
    assert.match((await browser.get(address(back.text, 'prev'))).text, /row 119.*row 70(?!\d)/s);
    assert.equal((await browser.get('/portal/audit?after=made-up')).status, 422);
    await browser.get('/portal/audit');
    const file = await browser.get('/portal/audit/export?action=somethingNew');
    assert.match(file.text, /,'=cmd\|formula,/);
  });
});
