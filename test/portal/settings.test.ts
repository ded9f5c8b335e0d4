import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import type { Answer } from '../support/http-client.ts';
import { makeOperator, PortalClient } from '../support/portal-client.ts';

const MARKUP = '"><img src=x onerror=alert(1)>';

describe('the settings of an app', () => {
  let host: TestHost;
  let browser: PortalClient;
  let app: App;
  before(async () => {
    host = await startTestHost();
    browser = new PortalClient(host);
    await browser.signIn(await makeOperator(host, 'admin'));
    app = await host.createApp();
  });
  after(async () => {
    browser.close();
    await host.stop();
  });
  const at = (path = '') => `/portal/hosts/here/apps/${app.id}/settings${path}`;
  const stored = async () => (await host.deps.store.apps.read(app.id)) as App;
  /** The form of a group as a browser would send it, with other values for some fields. */
  const formOf = ({ text }: Answer, group: string): Record<string, string> => {
    const [form = ''] = new RegExp(`action="[^"]*/settings/${group}">.*?</form>`, 's').exec(text) ?? [];
    const plain = (value = '') =>
      value.replaceAll(/&(?:#x([\dA-F]+)|(\w+));/g, (_, code: string, name: string) =>
        code
          ? String.fromCharCode(Number.parseInt(code, 16))
          : ({ quot: '"', lt: '<', gt: '>', amp: '&' }[name] ?? ''),
      );
    const fields: Record<string, string> = {};
    for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(tag)?.[1] ?? '';
      if (tag.includes('checkbox') && !tag.includes(' checked')) continue;
      fields[name] = plain(/ value="([^"]*)"/.exec(tag)?.[1] ?? (tag.includes('checkbox') ? 'on' : ''));
    }
    for (const [, name = '', options = ''] of form.matchAll(
      /<select[^>]*name="([^"]*)"[^>]*>(.*?)<\/select>/gs,
    ))
      fields[name] = plain(/value="([^"]*)" selected/.exec(options)?.[1]);
    for (const [, name = '', value] of form.matchAll(/<textarea[^>]*name="([^"]*)"[^>]*>([^<]*)</g))
      fields[name] = plain(value);
    return fields;
  };
  const save = async (group: string, changes: Record<string, string | undefined>, page?: Answer) => {
    const form = formOf(page ?? (await browser.get(at())), group);
    const given = Object.entries({ ...form, ...changes }).filter(([, value]) => value !== undefined);
    return browser.post(at(`/${group}`), Object.fromEntries(given) as Record<string, string>);
  };

  it('stand in groups, each with its own Save', async () => {
    const { text } = await browser.get(at());
    const headings = [...text.matchAll(/<h2 id="[^"]+">([^<]+)</g)].map(([, name]) => name);
    for (const name of [
      ...['Who may join', 'Passwords', 'Second factor', 'Apple and Google', 'Tokens', 'Fields of users'],
      ...['Fields of invites', 'Links and look', 'Languages', 'Status'],
    ]) {
      assert.ok(headings.includes(name), name);
    }
    const groups = text.match(/<form[^>]*action="[^"]*\/settings\/\w+">/g)?.length ?? 0;
    assert.equal(text.match(/<button class="primary">Save<\/button>/g)?.length, groups);
    assert.match(text, /<label for="userJWTExpiration">User token lifetime \(hours\)<\/label>/);
  });

  it('are saved group by group, whatever kind a value is', async () => {
    const before = await stored();
    const done = await save('tokens', {
      userJWTExpiration: '1.5',
      userJWTAudience: 'one\n two ',
      metaDataEmail: undefined,
    });
    assert.equal(done.status, 303);
    assert.equal(done.headers.location, `${at()}#set-tokens`);
    assert.match((await browser.get(at())).text, /Saved\./);
    assert.equal((await save('join', { signupFlow: 'none', hideAccounts: 'on', maxUsers: '7' })).status, 303);
    assert.equal((await save('links', { brandColor: '#0B6B5D', appUrl: 'tearoom://open' })).status, 303);
    assert.equal((await save('status', { name: 'Tea Room', status: 'inactive' })).status, 303);
    assert.equal((await save('status', { status: 'active' })).status, 303);
    const after = await stored();
    assert.deepEqual(
      [after.userJwtExpirationHours, after.userJwtAudience, after.metaDataEmail],
      [1.5, ['one', 'two'], false],
    );
    assert.deepEqual([after.signupFlow, after.hideAccounts, after.maxUsers], ['none', true, 7]);
    assert.deepEqual([after.brandColor, after.appUrl, after.name], ['#0b6b5d', 'tearoom://open', 'Tea Room']);
    assert.deepEqual(after.passwordRules, before.passwordRules);
    const { rows } = await host.deps.store.audit.list({ action: 'changeSettings' }, { limit: 5 });
    const lifetime = rows
      .flatMap(({ changes }) => changes)
      .find(({ field }) => field === 'userJWTExpiration');
    assert.deepEqual(lifetime, { field: 'userJWTExpiration', before: '24', after: '1.5' });
  });

  it('that cannot be are refused at their field, with what was typed', async () => {
    for (const [group, field, value] of [
      ['tokens', 'userJWTExpiration', 'soon'],
      ['tokens', 'userJWTExpiration', '-1'],
      ['links', 'appUrl', 'javascript:alert(1)'],
      ['links', 'brandColor', MARKUP.slice(0, 7)],
      ['factor', 'smsCountries', 'Atlantis'],
      ['status', 'name', ''],
    ] as const) {
      const { status, text } = await save(group, { [field]: value });
      assert.equal(status, 422, `${field} ${value}`);
      const tag = new RegExp(`<(?:input|textarea)[^>]*name="${field}"[^>]*>`).exec(text)?.[0] ?? '';
      assert.match(tag, /aria-invalid="true"/, `${field} ${value}`);
      if (value === 'soon') assert.match(tag, /value="soon"/);
      assert.match(text, new RegExp(`id="${field}-error"`));
    }
  });

  it('of a group that somebody else changed wait for the operator to choose', async () => {
    const page = await browser.get(at());
    assert.equal((await save('passwords', { passwordMinLength: '11' })).status, 303);
    const stale = await save('passwords', { passwordMinLength: '9' }, page);
    assert.equal(stale.status, 409);
    assert.match(stale.text, /Characters at least<\/td>.*>9<\/td>.*>11<\/td>/s);
    assert.equal((await stored()).passwordRules.minLength, 11, 'nothing is stored yet');
    assert.match(stale.text, /<form method="get"[^>]*><button>Take theirs</);
    const mine = formOf(stale, 'passwords');
    assert.match(stale.text, /<button class="primary">Keep mine</);
    assert.equal((await browser.post(at('/passwords'), mine)).status, 303);
    assert.equal((await stored()).passwordRules.minLength, 9);
  });

  it('of other groups may change meanwhile', async () => {
    const page = await browser.get(at());
    assert.equal((await save('tokens', { userJWTExpiration: '5' })).status, 303);
    assert.equal((await save('passwords', { passwordMinLength: '10' }, page)).status, 303);
    const { userJwtExpirationHours, passwordRules } = await stored();
    assert.deepEqual([userJwtExpirationHours, passwordRules.minLength], [5, 10]);
  });

  it('keep a secret that is not typed, show none, and forget one when asked', async () => {
    const secret = 'a-token-of-twilio';
    const account = {
      TWILIOAccountSid: 'AC0123456789',
      TWILIOToken: secret,
      TWILIOPhoneNumber: '+15005550006',
    };
    assert.equal((await save('factor', { ...account, twoFactorVerification: 'phone' })).status, 303);
    const page = await browser.get(at());
    assert.equal(page.text.includes(secret), false);
    assert.equal((await save('factor', { smsPerHour: '3' })).status, 303);
    assert.equal((await stored()).twilio?.token, secret);
    assert.equal(
      (await save('factor', { 'clear.TWILIOToken': 'on', twoFactorVerification: 'none' })).status,
      303,
    );
    assert.equal((await stored()).twilio, undefined);
    const { rows } = await host.deps.store.audit.list({ action: 'changeSettings' }, { limit: 50 });
    assert.equal(JSON.stringify(rows).includes(secret), false);
  });

  it('ask for a secret again where somebody else changed its group meanwhile', async () => {
    const secret = 'a-token-typed-in-vain';
    const page = await browser.get(at());
    assert.equal((await save('factor', { smsPerHour: '4' })).status, 303);
    const stale = await save('factor', { smsPerHour: '5', TWILIOToken: secret }, page);
    assert.equal(stale.status, 409);
    assert.equal(stale.text.includes(secret), false);
    assert.match(stale.text, /<input id="TWILIOToken" name="TWILIOToken" type="password"/);
    const again: Record<string, string> = { ...formOf(stale, 'factor'), TWILIOToken: secret };
    assert.equal(again.smsPerHour, '5');
    const account = { TWILIOAccountSid: 'AC0123456789', TWILIOPhoneNumber: '+15005550006' };
    assert.equal((await browser.post(at('/factor'), { ...again, ...account })).status, 303);
    assert.equal((await stored()).twilio?.token, secret);
  });

  it('hold fields that are added, put in order and removed, with their tree', async () => {
    const add = (n: number, path: string, extra = {}) =>
      save('userFields', { [`path.${n}`]: path, [`label.${n}`]: path.toUpperCase(), ...extra });
    assert.equal((await add(0, 'plan', { 'required.0': 'on' })).status, 303);
    assert.equal((await add(1, 'address.city', { 'edit.1': undefined })).status, 303);
    const [plan, city] = (await stored()).metaData;
    assert.deepEqual([plan?.required, city?.canEdit, city?.fieldName], [true, false, 'ADDRESS.CITY']);
    assert.match((await browser.get(at())).text, /&quot;address&quot;: \{\s+&quot;city&quot;/);
    assert.equal((await save('userFields', { 'order.1': '0.5' })).status, 303);
    assert.deepEqual((await stored()).metaData, [city, plan]);
    const refused = await add(2, 'sub');
    assert.equal(refused.status, 422);
    assert.match(refused.text, /The name sub is reserved/);
    assert.match(refused.text, /value="sub"/);
    assert.equal((await save('userFields', { 'remove.0': 'on' })).status, 303);
    assert.deepEqual((await stored()).metaData, [plan]);
  });

  it('add a language and take one away', async () => {
    assert.equal((await save('languages', { add: 'DE' })).status, 303);
    assert.deepEqual((await stored()).locales, ['EN', 'DE']);
    assert.equal((await save('languages', { locale: 'EN' })).status, 303);
    assert.deepEqual((await stored()).locales, ['EN']);
  });

  it('show a token as it would be issued, its size, and warn of a large one', async () => {
    const size = (text: string) => Number(/([\d,]+) bytes when signed/.exec(text)?.[1]?.replace(',', ''));
    const small = (await browser.get(at())).text;
    assert.ok(size(small) > 300 && size(small) < 2_048);
    assert.doesNotMatch(small, /Over 2,048 bytes/);
    const audience = Array.from({ length: 30 }, (_, n) => `https://${n}.${'x'.repeat(60)}.example`).join(
      '\n',
    );
    await save('tokens', { userJWTAudience: audience });
    const large = (await browser.get(at())).text;
    assert.ok(size(large) > 2_048);
    assert.match(large, /class="warning">[^<]*Over 2,048 bytes/);
  });

  it('try an identity token rule by rule', async () => {
    await browser.get(at());
    const { status, text } = await browser.post(at('/try'), { provider: 'google', token: MARKUP });
    assert.equal(status, 200);
    assert.match(text, /This token would be refused/);
    assert.match(text, /<li class="bad"><span><b>form<\/b>/);
    assert.doesNotMatch(text, /<img src=x/);
  });

  it('show markup in names and values as text', async () => {
    const other = await host.createApp({ name: MARKUP, googleAppName: MARKUP });
    const { text } = await browser.get(`/portal/hosts/here/apps/${other.id}/settings`);
    assert.doesNotMatch(text, /<img src=x/);
  });

  it('are for owner and admin alone', async () => {
    for (const role of ['support', 'viewer'] as const) {
      const client = new PortalClient(host);
      await client.signIn(await makeOperator(host, role));
      assert.equal((await client.get(at())).status, 403, role);
      await client.get('/portal/me');
      assert.equal((await client.post(at('/status'), { status: 'blocked' })).status, 403, role);
      const home = await client.get(at().replace('/settings', ''));
      assert.doesNotMatch(home.text, />Settings</);
      client.close();
    }
    assert.equal((await stored()).status, 'active');
  });
});
