import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Auth, createAuth, memoryStorage, type Session, type Why } from '../../../client/user/index.ts';
import type { App } from '../../../server/model/app.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';

const PASSWORD = 'Correct-Horse-1';

describe('a session of the client', () => {
  let host: TestHost;
  let app: App;
  before(async () => {
    host = await startTestHost({ now: Date.now() });
    app = await host.createApp({ signupFlow: 'none' });
  });
  after(() => host.stop());

  function started(storage = memoryStorage(), fetch = globalThis.fetch): { auth: Auth; heard: Why[] } {
    const auth = createAuth({ url: host.url, appToken: app.appToken, storage, fetch });
    const heard: Why[] = [];
    auth.on('change', (_session: Session | undefined, why: Why) => heard.push(why));
    return { auth, heard };
  }

  it('begins with a sign-up, outlives the page, and ends with a log-out', async () => {
    const storage = memoryStorage();
    const first = started(storage);
    assert.equal(await first.auth.token(), undefined);
    const signedUp = await first.auth.signUp({ handle: 'ada@example.com', password: PASSWORD });
    assert.ok(signedUp.ok && signedUp.value.state === 'loggedIn');
    assert.equal(first.auth.session?.user.handle, 'ada@example.com');
    assert.match(String(await first.auth.token()), /^[\w-]+\.[\w-]+\.[\w-]+$/);

    const second = started(storage);
    await second.auth.ready;
    assert.deepEqual(second.auth.session, first.auth.session);
    assert.deepEqual(second.heard, [], 'restoring is no event');
    assert.deepEqual(await second.auth.logOut(), { ok: true, value: true });
    assert.deepEqual([second.auth.session, second.heard], [undefined, ['loggedOut']]);
    const refused = await first.auth.user.get();
    assert.ok(!refused.ok);
    assert.equal(refused.error.code, 'session_ended');
    assert.deepEqual(first.heard, ['loggedIn', 'loggedOut'], 'the storage says that it was a log-out');
  });

  it('renews once for fifty calls at once', async () => {
    const storage = memoryStorage();
    let renewals = 0;
    const counting: typeof fetch = (input, init) => {
      if (String(input).endsWith('/renew')) renewals++;
      return fetch(input, init);
    };
    const { auth, heard } = started(storage, counting);
    await auth.orThrow.signUp({ handle: 'fifty@example.com', password: PASSWORD });
    const before = await auth.token();
    // The JWT is missing, as after a start without room for it.
    await storage.remove(`cosync.${app.id}.jwt`);
    const again = started(storage, counting);
    const tokens = await Promise.all(Array.from({ length: 50 }, () => again.auth.token()));
    assert.equal(new Set(tokens).size, 1);
    assert.notEqual(tokens[0], before);
    assert.equal(renewals, 1);
    assert.deepEqual([heard, again.heard], [['loggedIn'], ['renewed']]);
  });

  it('says why a log-in is refused, as a result and as an error', async () => {
    const { auth } = started();
    const refused = await auth.logIn({ handle: 'nobody@example.com', password: PASSWORD });
    assert.ok(!refused.ok);
    assert.deepEqual([refused.error.code, refused.error.wire], ['wrong_credentials', 600]);
    await assert.rejects(auth.orThrow.logIn({ handle: 'nobody@example.com', password: PASSWORD }), {
      name: 'AuthError',
      code: 'wrong_credentials',
    });
  });
});
