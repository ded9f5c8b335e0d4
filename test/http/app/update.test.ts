import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';

describe('many settings of an app at once', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  const update = (app: App, values: Record<string, unknown>) =>
    host.portal('POST', '/api/app/update', { json: { appId: app.id, ...values } });

  it('updates many settings at once, from booleans, numbers and their texts', async () => {
    const app = await host.createApp({ metaData: [] });
    const { body } = await update(app, {
      name: 'Renamed once',
      signupEnabled: 'false',
      invitationEnabled: false,
      passwordFilter: 'true',
      metaDataEmail: 'false',
      userJWTExpiration: '48',
      passwordMinLength: '9',
      passwordMinDigit: 2,
      googleAppName: 'Shown',
      type: 'development',
      metaData: JSON.stringify([{ path: 'user_data.first', fieldName: 'first', required: true }]),
      metaDataInvite: [{ path: 'team' }],
    });
    const expected = {
      name: 'Renamed once',
      signupEnabled: false,
      invitationEnabled: false,
      passwordFilter: true,
      metaDataEmail: false,
      userJWTExpiration: 48,
      passwordMinLength: 9,
      passwordMinUpper: 1,
      passwordMinDigit: 2,
      googleAppName: 'Shown',
      type: 'development',
    };
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(body[name], value, name);
    assert.equal(body.metaData[0].path, 'user_data.first');
    assert.equal(body.metaDataInvite[0].fieldName, 'team');
  });

  it('lets update write nothing beyond its list', async () => {
    const app = await host.createApp();
    const forged = {
      appToken: 'x',
      appSecret: 'x',
      keys: [],
      lifecycle: 'deleting',
      revision: 9,
      appId2: 'x',
      tokenGeneration: 5,
    };
    assert.equal((await update(app, forged)).status, 200);
    assert.deepEqual(await host.deps.store.apps.read(app.id), app);
  });

  it('renames an app, also to its own name, but not to that of another', async () => {
    const [app, other] = [await host.createApp(), await host.createApp()];
    assert.equal((await update(app, { name: app.name })).status, 200);
    const { status, body } = await update(app, { name: other.name });
    assert.equal(status, 400);
    assert.ok(body.message.includes(other.name));
  });

  it('appends metadata fields, and refuses a path that is there', async () => {
    const app = await host.createApp();
    assert.equal((await update(app, { metaData: [{ path: 'a.b' }] })).body.metaData.length, 1);
    assert.equal((await update(app, { metaData: [{ path: 'a.c' }] })).body.metaData.length, 2);
    const answer = await update(app, { metaData: [{ path: 'a.b' }, { path: 'a.b' }] });
    assert.deepEqual([answer.status, answer.body.status], [400, 'Fails']);
  });
});
