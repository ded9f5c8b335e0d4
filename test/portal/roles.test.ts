import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mask } from '../../portal/mask.ts';
import { ACTIONS, type Action, accessOf, seesApp } from '../../portal/roles.ts';
import { routes } from '../../portal/routes/index.ts';
import { ROLES } from '../../server/model/operator.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, PortalClient } from '../support/portal-client.ts';

/** Owner, admin, support, viewer: `+` everything, `m` masked, `o` own rows, `-` 403. */
const EXPECTED: Record<Action, string> = {
  seeApps: '+++m',
  seeNumbers: '+++m',
  seeLogs: '+++m',
  seeUsers: '+++m',
  searchUsers: '+++-',
  seeDelivery: '+++m',
  seeAssets: '+++m',
  actOnUser: '+++-',
  disableFactor: '+++-',
  deleteUser: '+++-',
  changeHandle: '++--',
  actOnMany: '++--',
  exportPerson: '++--',
  seeSettings: '++--',
  changeSettings: '++--',
  seeTexts: '++--',
  changeTexts: '++--',
  createApp: '++--',
  useKeys: '++--',
  useData: '++--',
  changeAssets: '++--',
  seeHost: '++--',
  testHost: '++--',
  seeHosts: '++++',
  changeHosts: '+---',
  manageOperators: '+---',
  seeAudit: '+ooo',
  ownAccount: '++++',
};
const LETTERS = { full: '+', masked: 'm', own: 'o', none: '-' } as const;

describe('the roles of operators', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  it('may what the table says', () => {
    const told = ACTIONS.map((action) => [
      action,
      ROLES.map((role) => LETTERS[accessOf({ role }, action)]).join(''),
    ]);
    assert.deepEqual(Object.fromEntries(told), EXPECTED);
  });

  it('keep who is limited to some apps from what concerns the whole host', () => {
    const limited = { role: 'owner', apps: [] } as const;
    const refused = ACTIONS.filter((action) => accessOf(limited, action) === 'none');
    assert.deepEqual(refused.sort(), ['changeHosts', 'createApp', 'manageOperators', 'seeHost', 'testHost']);
  });

  it('know of no app outside their limit', () => {
    const limited = { apps: [{ host: 'here', appId: 'a' }] };
    assert.equal(seesApp({}, 'here', 'b'), true);
    assert.equal(seesApp(limited, 'here', 'a'), true);
    assert.equal(seesApp(limited, 'here', 'b'), false);
    assert.equal(seesApp(limited, 'elsewhere', 'a'), false);
  });

  it('mask a handle so that it can be told apart and not read', () => {
    const masked = ['ada@example.com', '+15551234567', 'ada', '', '@x', '𝒜da@example.com'].map(mask);
    assert.deepEqual(masked, ['a…@e…', '+…', 'a…', '…', '@…', '𝒜…@e…']);
  });

  for (const role of ROLES) {
    it(`open each address to the ${role}, or refuse it with 403`, async () => {
      const browser = new PortalClient(host);
      await browser.signIn(await makeOperator(host, role));
      for (const route of routes) {
        if (route.who !== 'operator' || route.path === '/portal/sign-out') continue;
        const path = route.path.replaceAll(/:\w+/g, 'none');
        await browser.get('/portal/me');
        const answer = route.method === 'GET' ? await browser.get(path) : await browser.post(path);
        const isOpen = EXPECTED[route.may].charAt(ROLES.indexOf(role)) !== '-';
        assert.equal(answer.status === 403, !isOpen, `${route.method} ${route.path}: ${answer.status}`);
        assert.ok(answer.status < 500, `${route.method} ${route.path}: ${answer.status}`);
      }
      browser.close();
    });
  }

  it('show in the bar only what may be opened', async () => {
    for (const [role, entries] of [
      ['owner', ['Hosts', 'Apps', 'Operators', 'Audit', 'Account']],
      ['viewer', ['Hosts', 'Apps', 'Audit', 'Account']],
    ] as const) {
      const browser = new PortalClient(host);
      const { text } = await browser.signIn(await makeOperator(host, role));
      const bar = /<nav[^>]*>(.*?)<\/nav>/s.exec(text)?.[1] ?? '';
      assert.deepEqual(
        [...bar.matchAll(/>([^<>\s]+)<\/a>/g)].map(([, name]) => name),
        entries,
      );
      browser.close();
    }
  });
});
