import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { appClient, assertRefused, assertTrue } from '../../support/appuser-client.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';
import { patched } from '../../support/patched.ts';

describe('a wrong reset code in an app that hides accounts', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  it('costs as many writes for nobody as for somebody who was sent one', async () => {
    const app = await host.createApp({ hideAccounts: true });
    const user = await host.createUser(app);
    const client = appClient(host, app);
    const { counters } = host.deps.store;
    const { increment } = counters;
    let writes = 0;
    const counting = (...args: Parameters<typeof increment>) => {
      writes++;
      return increment(...args);
    };
    const writesFor = async (handle: string) => {
      assertTrue(await client.post('forgotPassword', { handle }));
      writes = 0;
      assertRefused(await client.post('resetPassword', { handle, password: PASSWORD, code: '000000' }), 602);
      return writes;
    };
    await patched(counters, { increment: counting }, async () =>
      assert.equal(await writesFor('nobody@example.com'), await writesFor(user.handle)),
    );
  });
});
