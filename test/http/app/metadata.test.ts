import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

describe('metadata fields of an app', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const define = (app: App, metaData: unknown) =>
    host.portal('POST', '/api/app/updateAppMetaData', { json: { appId: app.id, metaData } });
  const remove = (app: App, index: unknown, type = 'metaData') =>
    host.portal('POST', '/api/app/deleteMetadata', { json: { appId: app.id, index, type } });

  it('replaces the list, filling in what is left out', async () => {
    const app = await host.createApp();
    const field = {
      id: 'my-id',
      path: 'user_data.name.first',
      fieldName: 'first',
      required: true,
      canEdit: true,
    };
    const { body } = await define(app, [field, { path: 'user_data.role', fieldName: 'role' }]);
    assert.deepEqual(body.metaData[0], field);
    assert.deepEqual(
      { ...body.metaData[1], id: '' },
      { id: '', path: 'user_data.role', fieldName: 'role', required: false, canEdit: false },
    );
    assert.deepEqual((await define(app, [])).body.metaData, []);
  });

  it('keeps fields of invites apart, which nobody edits', async () => {
    const app = await host.createApp();
    const json = {
      appId: app.id,
      metaDataInvite: [{ id: '1', path: 'team', fieldName: 'team', required: true, canEdit: true }],
    };
    const { body } = await host.portal('POST', '/api/app/updateAppInviteMetaData', { json });
    assert.deepEqual(body.metaDataInvite, [{ id: '1', path: 'team', fieldName: 'team', required: true }]);
    assert.deepEqual(body.metaData, []);
  });

  it('lets a required field decide who can sign up', async () => {
    const app = await host.createApp({ signupFlow: 'none' });
    await define(app, [{ path: 'user_data.first', fieldName: 'first', required: true }]);
    const signUp = (metaData?: string) =>
      host.request('POST', '/api/appuser/signup', {
        headers: { 'app-token': app.appToken },
        json: { handle: 'a@example.com', password: PASSWORD, metaData },
      });
    assert.equal((await signUp()).body.code, 604);
    const { body } = await signUp('{"user_data":{"first":"Ada"}}');
    const claims = JSON.parse(Buffer.from(body.jwt.split('.')[1], 'base64url').toString());
    assert.deepEqual(claims.user_data, { first: 'Ada' });
  });

  const IMPOSSIBLE = [
    '',
    '.',
    'a..b',
    '.a',
    'a.',
    '__proto__',
    'a.__proto__.b',
    'constructor',
    'a.prototype',
    'sub',
    'exp.x',
    'iss',
    'aud',
    'nbf',
    'iat',
    'jti',
    'auth_time',
    'superUser',
    'kid',
    'typ',
    'scope',
    'appId',
    'a b',
    'a.b.c.d.e.f.g.h',
    `${'x'.repeat(65)}`,
    'a\u0000',
  ];
  for (const path of IMPOSSIBLE) {
    it(`refuses the path ${JSON.stringify(path.slice(0, 20))}`, async () => {
      const app = await host.createApp();
      const { status, body } = await define(app, [
        { path: 'good', fieldName: 'good' },
        { path, fieldName: 'x' },
      ]);
      assert.deepEqual([status, body.status], [400, 'Fails']);
      assert.deepEqual((await host.deps.store.apps.read(app.id))?.metaData, []);
    });
  }

  it('refuses a path twice and a path inside another', async () => {
    const app = await host.createApp();
    const paths = (...all: string[]) =>
      define(
        app,
        all.map((path) => ({ path, fieldName: 'x' })),
      );
    assert.equal((await paths('a', 'a')).status, 400);
    assert.equal((await paths('a', 'a.b')).status, 400);
    assert.equal((await paths('a.b', 'a.bc')).status, 200);
  });

  it('lets an imported app keep the reserved paths it has', async () => {
    const kept = { id: '1', path: 'scope', fieldName: 'scope', required: false, canEdit: false };
    const app = await host.createApp({ metaData: [kept] });
    assert.equal((await define(app, [kept, { path: 'more', fieldName: 'more' }])).status, 200);
    assert.equal((await define(app, [kept, { path: 'kid', fieldName: 'kid' }])).status, 400);
  });

  it('deletes a field by its position, as number or text, and nothing beyond the list', async () => {
    const app = await host.createApp();
    await define(
      app,
      ['a', 'b', 'c'].map((path) => ({ path, fieldName: path })),
    );
    const paths = async (answer: ReturnType<typeof remove>) =>
      (await answer).body.metaData.map(({ path }: { path: string }) => path);
    assert.deepEqual(await paths(remove(app, 0)), ['b', 'c']);
    assert.deepEqual(await paths(remove(app, '1')), ['b']);
    for (const index of [1, '1', -1, 0.5, 'x'])
      assert.equal((await remove(app, index)).status, 400, String(index));
    assert.equal((await remove(app, 0, 'metaDataInvite')).status, 400);
    assert.equal((await remove(app, 0, 'locales')).status, 400);
  });
});
