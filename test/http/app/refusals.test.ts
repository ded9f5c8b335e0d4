import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { split } from '../../support/because.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

interface Case {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /**
   * A complete input; `appId` is added where it is not there. Members that begin with `?` may be left out.
   */
  input?: Record<string, unknown>;
  /** HTTP status without the server secret, where it is not 403. */
  scope?: 400;
  /** What an app nobody knows answers; absent: the route does not care. */
  unknownApp?: { status: number; body?: Record<string, unknown> };
  /** Values of the wrong type, each alone in an otherwise complete input. */
  mistyped?: Record<string, unknown>;
}
const ROW = '0123456789abcdef01234567';
const GONE = 'app no longer exist';
const fails = (status: 400 | 403, message = GONE, name = 'Fails') => ({
  status,
  body: { status: name, message },
});

// Contract §4.2, §4.6; operator §7.
const CASES: Case[] = [
  {
    method: 'POST',
    path: '/api/app',
    scope: 400,
    input: { appId: undefined, name: 'New' },
    mistyped: { name: 7, jwtEnabled: 'perhaps' },
  },
  { method: 'GET', path: '/api/app/connection' },
  { method: 'GET', path: '/api/app/allApps' },
  { method: 'GET', path: '/api/app/search' },
  { method: 'GET', path: '/api/app/getCosyncVersions' },
  { method: 'GET', path: '/api/app/appId/none', unknownApp: fails(403) },
  { method: 'GET', path: '/api/app/searchUser', input: { value: 'a' } },
  { method: 'GET', path: '/api/app/searchSingUp', input: { value: 'a' } },
  { method: 'GET', path: '/api/app/searchInvite', input: { value: 'a' } },
  {
    method: 'POST',
    path: '/api/app/removeAppSignup',
    input: { handle: 'a@b.co', '?_id': ROW },
    unknownApp: fails(403),
    mistyped: { handle: ['a'], _id: 'xyz' },
  },
  {
    method: 'POST',
    path: '/api/app/update',
    scope: 400,
    input: {},
    unknownApp: fails(400),
    mistyped: { signupEnabled: 'maybe', userJWTExpiration: 'long', metaData: 'no list' },
  },
  {
    method: 'POST',
    path: '/api/app/deleteMetadata',
    scope: 400,
    input: { index: '0', type: 'metaData' },
    unknownApp: fails(400),
    mistyped: { index: 'first', type: 'keys' },
  },
  { method: 'DELETE', path: '/api/app/none', scope: 400 },
  {
    method: 'POST',
    path: '/api/app/user',
    input: { userId: ROW, status: 'active' },
    unknownApp: { status: 403 },
    mistyped: { userId: { $ne: 1 }, status: 'pending' },
  },
  {
    method: 'POST',
    path: '/api/app/resetUserPassword',
    input: { userId: ROW, rawValue: 'Secret-1', hashValue: PASSWORD },
    unknownApp: fails(403),
    mistyped: { userId: 'x', hashValue: 'Secret-1' },
  },
  {
    method: 'POST',
    path: '/api/app/updateAppUserMetaData',
    input: { handle: 'a@b.co', metaData: { a: '1' } },
    unknownApp: fails(400),
    mistyped: { metaData: '{}', addedMetadata: 'none' },
  },
  {
    method: 'POST',
    path: '/api/app/updateAppSetting',
    input: { setting: 'jwtEnabled', '?jwtEnabled': true },
    unknownApp: fails(400),
    mistyped: { setting: 'keys', jwtEnabled: 'true' },
  },
  { method: 'POST', path: '/api/app/testEmailExtension', input: {}, unknownApp: fails(400) },
  {
    method: 'POST',
    path: '/api/app/testAppTwilio',
    input: { phone: '+15551230000' },
    unknownApp: fails(400),
    mistyped: { phone: 15551230000 },
  },
  {
    method: 'POST',
    path: '/api/app/addUser',
    input: { handle: 'a@b.co', password: PASSWORD },
    unknownApp: { status: 403, body: { code: 401, message: GONE } },
    mistyped: { handle: 5, password: { md5: PASSWORD } },
  },
  {
    method: 'POST',
    path: '/api/app/removeUser',
    input: { handle: 'a@b.co' },
    unknownApp: fails(403),
    mistyped: { handle: { $gt: '' } },
  },
  {
    method: 'GET',
    path: '/api/app/logs',
    unknownApp: fails(403),
    input: {},
    mistyped: { type: 'host', fromDate: 'yesterday', toDate: 'soon 1' },
  },
  { method: 'GET', path: '/api/app/stat', input: {}, unknownApp: fails(403) },
  { method: 'GET', path: '/api/app/emailTemplates', input: {}, unknownApp: fails(403) },
  {
    method: 'POST',
    path: '/api/app/addRemoveAppLocale',
    input: { locales: ['EN'] },
    unknownApp: fails(403, GONE, 'fails'),
    mistyped: { locales: 'EN' },
  },
  {
    method: 'POST',
    path: '/api/app/updateEmailTemplate',
    input: { _id: ROW, subject: 'S', htmlTemplate: '<p>%CODE%</p>' },
    unknownApp: fails(403),
    mistyped: { _id: 'x', subject: 4, htmlTemplate: {} },
  },
  {
    method: 'POST',
    path: '/api/app/previewTemplate',
    input: { '?templateName': 'signUp' },
    unknownApp: fails(403),
    mistyped: { templateName: 'letter', locale: 'XX' },
  },
  {
    method: 'POST',
    path: '/api/app/updateAppMetaData',
    input: { metaData: [] },
    unknownApp: fails(400),
    mistyped: { metaData: { path: 'a' } },
  },
  {
    method: 'POST',
    path: '/api/app/updateAppInviteMetaData',
    input: { metaDataInvite: [] },
    unknownApp: fails(400),
    mistyped: { metaDataInvite: 'a' },
  },
  {
    method: 'POST',
    path: '/api/app/createAppInvite',
    input: { handle: 'a@b.co' },
    unknownApp: { status: 400, body: { code: 401, message: GONE } },
    mistyped: { handle: ['a@b.co'] },
  },
  {
    method: 'POST',
    path: '/api/app/resendAppInvite',
    input: { handle: 'a@b.co' },
    unknownApp: fails(403),
    mistyped: { handle: 1 },
  },
  {
    method: 'POST',
    path: '/api/app/removeAppInvite',
    input: { handle: 'a@b.co' },
    unknownApp: fails(403),
    mistyped: { handle: 1 },
  },
  { method: 'POST', path: '/api/app/reset', input: {}, unknownApp: fails(400, GONE, 'fails') },
  { method: 'POST', path: '/api/app/patchAppLocales' },
  {
    method: 'POST',
    path: '/api/app/rotateAppToken',
    input: {},
    unknownApp: fails(400),
    mistyped: { graceHours: 721 },
  },
  {
    method: 'POST',
    path: '/api/app/rotateAppKey',
    input: { phase: 'prepare' },
    unknownApp: fails(400),
    mistyped: { phase: 'undo', force: 'yes' },
  },
  {
    method: 'POST',
    path: '/api/app/superUserToken',
    input: {},
    unknownApp: fails(400),
    mistyped: { expiresInMinutes: 1441 },
  },
  {
    method: 'POST',
    path: '/api/app/remoteNotification',
    input: { appId: undefined, userId: 'u', message: 'm' },
  },
];

describe('what the portal is refused', () => {
  let host: TestHost;
  let app: App;
  before(async () => {
    host = await startTestHost();
    app = await host.createApp();
  });
  after(() => host.stop());

  function complete(input: Case['input'] = {}, appId: string = app.id): Record<string, unknown> {
    const members = Object.entries(input).map(([name, value]) => [name.replace('?', ''), value]);
    return { appId, ...Object.fromEntries(members) };
  }
  function call({ method, path }: Case, input: Record<string, unknown>, headers?: Record<string, string>) {
    if (method === 'POST') return host.portal(method, path, { json: input, headers });
    const query = new URLSearchParams(input as Record<string, string>);
    return host.portal(method, `${path}?${query}`, { headers });
  }

  for (const each of CASES) {
    const { method, path, input, scope = 403, unknownApp, mistyped = {} } = each;
    describe(`${method} ${path}`, () => {
      it(`answers Fails with ${scope} to anybody without the server secret`, async () => {
        const asApp = { 'server-secret': '', 'app-token': app.appToken };
        for (const headers of [{ 'server-secret': '' }, asApp]) {
          const answer = await call(each, complete(input), headers);
          assert.equal(answer.status, scope);
          const because = headers === asApp ? 'wrong_credential' : 'no_credential';
          assert.deepEqual(answer.body, {
            status: 'Fails',
            message: 'Invalid Data',
            reason: because,
            wanted: 'server-secret',
          });
        }
      });
      if (unknownApp) {
        it(`answers ${unknownApp.status} for an unknown app`, async () => {
          const answer = await call(each, complete(input, 'f'.repeat(32)));
          assert.equal(answer.status, unknownApp.status);
          if (unknownApp.body) assert.deepEqual(answer.body, unknownApp.body);
        });
      }
      const required = Object.keys(input ?? {}).filter((name) => !name.startsWith('?') && name !== 'appId');
      if (input && !('appId' in input)) required.push('appId');
      for (const name of required) {
        it(`answers Fails with 400 without ${name}`, async () => {
          const { [name]: _, ...rest } = complete(input);
          for (const without of [rest, { ...rest, [name]: '' }]) {
            const { status, body } = await call(each, without);
            const { reason, field } = body;
            assert.deepEqual([status, body.status, reason, field], [400, 'Fails', 'missing', name]);
          }
        });
      }
      for (const [name, value] of Object.entries(mistyped)) {
        it(`answers Fails with 400 when ${name} is ${JSON.stringify(value)}`, async () => {
          const answer = await call(each, { ...complete(input), [name]: value });
          assert.deepEqual([answer.status, answer.body.status], [400, 'Fails']);
          assert.deepEqual([split(answer.body).because?.field], [name], answer.text);
        });
      }
    });
  }

  it('answers a wrong server secret with code 500 on every route', async () => {
    const answer = await host.portal('GET', '/api/app/connection', { headers: { 'server-secret': 'x.y.z' } });
    assert.deepEqual([answer.status, answer.body], [400, { code: 500, message: 'internal server error' }]);
  });

  const RETIRED = [
    'initCosyncJWT',
    'reinitCosyncJWT',
    'removeCosyncJWT',
    'initCosyncEngine',
    'reinitCosyncEngine',
    'removeCosyncEngine',
    'saveUserSchema',
  ];
  for (const name of RETIRED) {
    it(`tells that ${name} is retired, whatever the body holds, and logs no part of it`, async () => {
      const path = `/api/app/${name}`;
      const refused = await host.request('POST', path, { json: { appId: app.id } });
      assert.equal(refused.status, 403);
      const message = `MongoDB App Services reached end of life on 2025-09-30; ${name} is no longer available.`;
      for (const json of [{}, { appId: app.id, privateKey: 'planted-atlas-key' }, { appId: 7 }]) {
        const answer = await host.portal('POST', path, { json });
        assert.deepEqual([answer.status, answer.body], [400, { status: 'Fails', message }]);
      }
      const { body } = await host.portal('GET', `/api/app/logs?appId=${app.id}&filterAction=${name}`);
      assert.deepEqual([body.totalLog, body.logs[0].status], [1, 'error']);
      assert.ok(!JSON.stringify(body).includes('planted-atlas-key'));
    });
  }
});
