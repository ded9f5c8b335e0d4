import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRefused, assertTokens, assertTrue } from '../support/appuser-client.ts';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts';
import { sentPassword } from '../support/shipped-clients.ts';
import { stranger } from '../support/stranger.ts';
import { claimsOf, type Stage, startStage } from './stage.ts';

type Provider = 'apple' | 'google';
const BUNDLE = 'com.example.jojo';
const CLIENT_ID = '1234-jojo.apps.googleusercontent.com';
const AUDIENCE = { apple: BUNDLE, google: CLIENT_ID };
const OFF = { apple: 415, google: 416 };
const IN_THE_WAY = { apple: 611, google: 612 };
const SWITCHES = {
  appleBundleId: `com.example.web,${BUNDLE}`,
  appleLogin: { appleLoginEnabled: true },
  googleClientId: CLIENT_ID,
  googleLogin: { googleLoginEnabled: true },
};
const password = sentPassword('Typed by hand 1');

describe('signing in with Apple and Google', () => {
  let stage: Stage;
  let providers: Record<Provider, IdentityProvider>;
  before(async () => {
    const [apple, google] = await Promise.all([startIdentityProvider(), startIdentityProvider()]);
    providers = { apple, google };
    stage = await startStage({
      APPLE_ISSUER: apple.issuer,
      APPLE_JWKS_URL: apple.jwksUrl,
      GOOGLE_ISSUER: google.issuer,
      GOOGLE_JWKS_URL: google.jwksUrl,
    });
  });
  after(async () => {
    await stage?.stop();
    await Promise.all([providers.apple.close(), providers.google.close()]);
  });

  /** What the phone gets from the provider. Apple writes `email_verified` as a text. */
  function token(provider: Provider, email: string, claims: Record<string, unknown> = {}): string {
    const email_verified = provider === 'apple' ? 'true' : true;
    const usual = { aud: AUDIENCE[provider], sub: `${provider}-of-${email}`, email, email_verified };
    return providers[provider].token(Date.now(), { ...usual, ...claims });
  }
  const socialApp = (name: string) => stage.makeApp(name, { signupFlow: 'none', ...SWITCHES });

  for (const provider of ['apple', 'google'] as const) {
    const other = provider === 'apple' ? 'google' : 'apple';

    it(`${provider}: log-in falls back to sign-up, once, then logs in`, async () => {
      const app = await socialApp(`With ${provider}`);
      const phone = stage.install('swift', app);
      const handle = `ada+${provider}@example.com`;
      const shown = (await phone.get('getApplication')).body;
      assert.deepEqual(
        [shown.appleLoginEnabled, shown.googleLoginEnabled, shown.googleClientId],
        [true, true, CLIENT_ID],
      );
      const login = { token: token(provider, handle), provider };
      assertRefused(await phone.post('socialLogin', login), 603);
      assertTokens(await phone.post('socialSignup', { ...login, handle, locale: 'EN' }));
      await stage.mailTo(handle, /^Welcome/);
      assertRefused(
        await phone.post('socialSignup', { ...login, handle, locale: 'EN' }),
        IN_THE_WAY[provider],
      );
      const later = await phone.post('socialLogin', { token: token(provider, handle), provider });
      assertTokens(later);
      const claims = await (await stranger(app.issuer)).verify(later.body.jwt);
      assert.equal(claims.email, handle);
      const user = (await phone.get('getUser')).body;
      assert.deepEqual([user.handle, user.loginProvider], [handle, provider]);

      const moved = token(provider, 'new@example.com', { sub: `${provider}-of-${handle}` });
      const again = await phone.post('socialLogin', { token: moved, provider });
      assert.equal(claimsOf(again.body.jwt).sub, claims.sub, 'known by the subject, whatever the address');
    });

    it(`${provider}: never takes an account of another kind over`, async () => {
      const app = await socialApp(`Conflicts of ${provider}`);
      const phone = stage.install('kotlin', app);
      const [typed, social] = ['typed@example.com', 'social@example.com'];
      assertTokens(await phone.post('signup', { handle: typed, password }));
      const elsewhere = { token: token(other, social), provider: other, handle: social };
      assertTokens(await phone.post('socialSignup', elsewhere));
      for (const [handle, code] of [
        [typed, 610],
        [social, IN_THE_WAY[other]],
      ] as const) {
        const mine = { token: token(provider, handle), provider };
        assertRefused(await phone.post('socialLogin', mine), code);
        assertRefused(await phone.post('socialSignup', { ...mine, handle }), code);
      }
      assertRefused(await phone.post('signup', { handle: social, password }), 601);
      assertRefused(await phone.post('login', { handle: social, password }), 600);
    });

    it(`${provider}: refuses tokens that are not for this app, this person or this hour`, async () => {
      const app = await socialApp(`Tokens of ${provider}`);
      const phone = stage.install('swift', app);
      const handle = 'ada@example.com';
      const now = Math.floor(Date.now() / 1000);
      const good = token(provider, handle);
      const bad = [
        token(provider, handle, { aud: 'com.example.other' }),
        token(provider, handle, { iss: 'https://evil.example' }),
        token(provider, handle, { iat: now - 7200, exp: now - 3600 }),
        token(provider, handle, { email_verified: false }),
        token(provider, 'somebody.else@example.com'),
        token(other, handle),
        `${good.slice(0, -6)}AAAAAA`,
        'not a token',
      ];
      for (const each of bad) {
        assertRefused(await phone.post('socialSignup', { token: each, handle, provider, locale: 'EN' }), 613);
      }
      await stage.set(app, `${provider}Login`, { [`${provider}LoginEnabled`]: false });
      assertRefused(await phone.post('socialLogin', { token: good, provider }), OFF[provider]);
      assertRefused(await phone.post('socialSignup', { token: good, handle, provider }), OFF[provider]);
      assertRefused(await phone.post('socialLogin', { token: good, provider: 'facebook' }), 602);
    });

    it(`${provider}: deletes the account with a fresh identity token, never with somebody else's`, async () => {
      const app = await socialApp(`Goodbye ${provider}`);
      const phone = stage.install('swift', app);
      const handle = 'ada@example.com';
      const login = { token: token(provider, handle), provider };
      assertTokens(await phone.post('socialSignup', { ...login, handle, locale: 'EN' }));
      assertRefused(await phone.post('deleteAccount', { handle, password }), 600);
      assertRefused(await phone.post('deleteAccount', { token: token(provider, 'eve@example.com') }), 613);
      assertTrue(await phone.post('deleteAccount', { token: token(provider, handle) }));
      assertRefused(await phone.post('socialLogin', login), 603);
    });
  }

  it('a password account is not deleted by an identity token of the same address', async () => {
    const app = await socialApp('By password only');
    const phone = stage.install('swift', app);
    const handle = 'ada@example.com';
    assertTokens(await phone.post('signup', { handle, password }));
    assertRefused(await phone.post('deleteAccount', { token: token('google', handle) }), 602);
    assertTrue(await phone.post('deleteAccount', { handle, password }));
  });

  it('metadata of a social sign-up is in the JWT; a missing field is named', async () => {
    const app = await socialApp('Metadata');
    const first = { path: 'user_data.first', fieldName: 'first', required: true, canEdit: true };
    await stage.portal('POST', '/api/app/updateAppMetaData', { appId: app.appId, metaData: [first] });
    const phone = stage.install('swift', app);
    const handle = 'ada+raw@example.com';
    const form = { token: token('apple', handle), handle, provider: 'apple' };
    assertRefused(await phone.post('socialSignup', { ...form, metaData: {}, locale: 'EN' }), 604);
    const metaData = { user_data: { first: 'Ada' } };
    const joined = await phone.post('socialSignup', { ...form, metaData, locale: 'EN' });
    assertTokens(joined);
    assert.deepEqual(claimsOf(joined.body.jwt).user_data, metaData.user_data);
  });
});
