import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { socialLogIn } from '../../../server/domain/login/social-login.ts';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { createIdentityTokens } from '../../../server/security/identity-token.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.ts';

const AUDIENCE = 'com.example.app';
const HANDLE = 'ada@example.com';
const ISSUERS = { apple: 'https://apple.example', google: 'https://google.example' };

describeOnBothStores('an imported account without the subject of its owner', (host) => {
  let provider: IdentityProvider;
  before(async () => {
    provider = await startIdentityProvider();
  });
  after(() => provider.close());

  const settings = {
    appleLoginEnabled: true,
    appleBundleId: AUDIENCE,
    googleLoginEnabled: true,
    googleClientId: AUDIENCE,
  };
  const stage = async (user: Partial<User> = {}, more: Partial<App> = {}) => {
    const app = await host().createApp({ ...settings, ...more });
    const imported = { handle: HANDLE, passwordHash: undefined, loginProvider: 'google' } as const;
    const { id } = await host().createUser(app, { ...imported, ...user });
    return { app, id, read: async () => await host().deps.store.users.find(app.id, id) };
  };
  const token = (sub: string, claims: Record<string, unknown> = {}) =>
    provider.token(host().clock.now(), {
      iss: ISSUERS.google,
      aud: AUDIENCE,
      sub,
      email: HANDLE,
      email_verified: true,
      ...claims,
    });
  const logIn = (
    app: App,
    sub: string,
    claims: Record<string, unknown> = {},
    by: 'apple' | 'google' = 'google',
  ) => {
    const { config, clock } = host().deps;
    const jwksUrls = { appleJwksUrl: provider.jwksUrl, googleJwksUrl: provider.jwksUrl };
    const issuers = { appleIssuer: ISSUERS.apple, googleIssuer: ISSUERS.google };
    const identityTokens = createIdentityTokens({ config: { ...config, ...jwksUrls, ...issuers }, clock });
    return socialLogIn(
      { ...host().deps, identityTokens },
      { app, provider: by, token: token(sub, { iss: ISSUERS[by], ...claims }) },
    );
  };
  const refused = (error: string) => ({ error });
  const eventsOf = (id: string) =>
    host().events.filter(({ event, userId }) => event === 'identity_bound' && userId === id);
  const noticesOf = async (app: App) =>
    (await host().outbox()).filter(({ appId, message }) => appId === app.id && message === 'identityBound');

  it('gets the subject of the first log-in, and its owner a notice in his language', async () => {
    const { app, id, read } = await stage({ locale: 'DE' }, { locales: ['EN', 'DE'] });
    await logIn(app, 'first');
    assert.equal((await read())?.socialUserId, 'first');
    assert.deepEqual(
      eventsOf(id).map(({ provider }) => provider),
      ['google'],
    );
    const [notice, ...more] = await noticesOf(app);
    assert.equal(more.length, 0);
    assert.equal(notice?.to, HANDLE);
    assert.match(String(notice?.text), /Google angemeldet/);
    await logIn(app, 'first');
    await logIn(app, 'first', { email: 'other@example.com' });
    assert.deepEqual([eventsOf(id).length, (await noticesOf(app)).length], [1, 1]);
  });

  it('is opened by no other subject from then on, whatever address it has', async () => {
    for (const [hideAccounts, error] of [
      [false, 'account_unknown'],
      [true, 'invalid_credentials'],
    ] as const) {
      const { app, read } = await stage({}, { hideAccounts });
      await logIn(app, 'first');
      await assert.rejects(logIn(app, 'second'), refused(error));
      assert.equal((await read())?.socialUserId, 'first');
    }
  });

  it('goes to one of two subjects at once', async () => {
    const { app, id, read } = await stage();
    const subs = Array.from({ length: 8 }, (_, n) => `sub-${n}`);
    const outcomes = await Promise.allSettled(subs.map((sub) => logIn(app, sub)));
    const winners = subs.filter((_, n) => outcomes[n]?.status === 'fulfilled');
    assert.deepEqual(winners, [(await read())?.socialUserId]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.equal(outcome.reason.error, 'account_unknown');
    assert.deepEqual([eventsOf(id).length, (await noticesOf(app)).length], [1, 1]);
  });

  it('lets every log-in of its owner through that comes at once, and tells him once', async () => {
    const { app, id } = await stage();
    await Promise.all(Array.from({ length: 8 }, () => logIn(app, 'owner')));
    assert.deepEqual([eventsOf(id).length, (await noticesOf(app)).length], [1, 1]);
  });

  it('stays without one when the log-in is refused', async () => {
    const suspended = await stage({ status: 'suspend' });
    await assert.rejects(logIn(suspended.app, 'first'), refused('user_suspended'));
    const { app, read } = await stage();
    await assert.rejects(logIn(app, 'first', { email_verified: false }), refused('account_unknown'));
    await assert.rejects(logIn(app, 'first', {}, 'apple'), refused('google_account_exists'));
    await assert.rejects(logIn(app, 'first', { aud: 'other' }), refused('invalid_identity_token'));
    for (const one of [suspended.read, read]) assert.equal((await one())?.socialUserId, undefined);
    assert.deepEqual([await noticesOf(app), await noticesOf(suspended.app)], [[], []]);
  });

  it('does not get a subject that another account of the app has', async () => {
    const { app, read } = await stage();
    await host().createUser(app, { handle: 'bo@example.com', loginProvider: 'google', socialUserId: 'bo' });
    await logIn(app, 'bo');
    assert.equal((await read())?.socialUserId, undefined);
  });
});
