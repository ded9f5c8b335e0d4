import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sweep } from '../../../server/domain/housekeeping.ts';
import { appClient } from '../../support/appuser-client.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';
import { beforeNext } from '../../support/patched.ts';

describe('an app that is deleted while requests are under way', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  it('leaves nobody behind who was signing up, and its name is free at once', async () => {
    const app = await host.createApp({ signupFlow: 'none' });
    const { passwords, store } = host.deps;
    await beforeNext(passwords, 'hash', {
      meanwhile: async () => assert.equal((await host.portal('DELETE', `/api/app/${app.id}`)).text, 'true'),
      work: () => appClient(host, app).post('signup', { handle: 'late@example.com', password: PASSWORD }),
    });
    assert.equal((await host.portal('POST', '/api/app', { json: { name: app.name } })).status, 200);
    host.clock.advance(60_001);
    await sweep(host.deps);
    assert.deepEqual((await store.users.count(app.id)).total, 0);
    assert.equal(await store.signups.findByHandle(app.id, 'late@example.com'), undefined);
    assert.deepEqual(await store.apps.listUnfinished(), []);
  });
});
