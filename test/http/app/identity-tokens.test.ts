import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { routes } from '../../../server/http/routes/index.ts';
import type { App } from '../../../server/model/app.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.ts';

interface Told {
  rule: string;
  ok: boolean | 'unknown';
  repair?: string;
}
const CLAIMS = { aud: 'com.example.app', sub: 'g-1', email: 'ada@example.com', email_verified: true };
const DAY = 86_400;
let host: TestHost;
let google: IdentityProvider;
let apple: IdentityProvider;
before(async () => {
  [google, apple] = await Promise.all([startIdentityProvider(), startIdentityProvider()]);
  const config = {
    googleIssuer: google.issuer,
    googleJwksUrl: google.jwksUrl,
    appleIssuer: apple.issuer,
    appleJwksUrl: apple.jwksUrl,
  };
  host = await startTestHost({ routes, config });
});
after(() => Promise.all([host.stop(), google.close(), apple.close()]));

const newApp = (settings: Partial<App> = {}) =>
  host.createApp({
    googleLoginEnabled: true,
    googleClientId: 'x, com.example.app',
    appleLoginEnabled: true,
    appleBundleId: 'com.example.app',
    ...settings,
  });
async function tried(app: App, token: string, provider = 'google') {
  const { status, body } = await host.portal('POST', '/api/app/tryIdentityToken', {
    json: { appId: app.id, provider, token },
  });
  assert.equal(status, 200, JSON.stringify(body));
  const open = body.rules.filter(({ ok }: Told) => ok !== true);
  assert.equal(body.ok, open.length === 0);
  return { body, open: open.map(({ rule }: Told) => rule) };
}
const token = (claims: Record<string, unknown> = {}, provider = google) =>
  provider.token(host.clock.now(), { ...CLAIMS, ...claims });
const seconds = () => Math.floor(host.clock.now() / 1000);

describe('an identity token that is tried', () => {
  it('is good when log-in would take it, and nothing is stored', async () => {
    const app = await newApp();
    for (const [provider, from] of [
      ['google', google],
      ['apple', apple],
    ] as const) {
      const { body, open } = await tried(app, token({}, from), provider);
      assert.deepEqual([body.ok, open], [true, []]);
    }
    assert.deepEqual((await host.deps.store.users.count(app.id)).total, 0);
    assert.equal(
      host.events.some(({ event }) => event === 'login_failed'),
      false,
    );
    await host.deps.activity.flush();
    const { rows } = await host.deps.store.activity.page(app.id, {}, { offset: 0, limit: 9 });
    assert.deepEqual(rows, []);
  });

  const REFUSED: [string, () => string, string[]][] = [
    ['of another provider', () => token({}, apple), ['signature', 'issuer']],
    ['of another app', () => token({ aud: 'com.other' }), ['audience']],
    [
      'of several apps, issued to another',
      () => token({ aud: ['com.example.app', 'o'], azp: 'o' }),
      ['audience'],
    ],
    ['that is over', () => token({ iat: seconds() - 4000, exp: seconds() - 400 }), ['expiry']],
    ['that is old', () => token({ iat: seconds() - DAY - 60, exp: seconds() + 60 }), ['issued-at']],
    ['of tomorrow', () => token({ iat: seconds() + 600 }), ['issued-at']],
    ['of nobody', () => token({ sub: undefined }), ['subject']],
    ['of another issuer', () => token({ iss: 'https://evil.example' }), ['issuer']],
    [
      'with a changed claim',
      () => token().replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"x"}').toString('base64url')}.`),
      ['signature', 'issuer', 'audience', 'expiry', 'issued-at'],
    ],
    ['that is none', () => 'x.y.z', ['form']],
  ];
  for (const [about, made, broken] of REFUSED) {
    it(`is told what is wrong with one ${about}, as log-in refuses it`, async () => {
      const app = await newApp();
      const text = made();
      const { open, body } = await tried(app, text);
      assert.deepEqual(open, broken);
      for (const { ok, repair } of body.rules) assert.ok(ok === true || repair);
      const login = await host.request('POST', '/api/appuser/socialLogin', {
        headers: { 'app-token': app.appToken },
        json: { token: text, provider: 'google' },
      });
      assert.equal(login.body.code, 613);
    });
  }

  it('says what is missing in the app', async () => {
    assert.deepEqual((await tried(await newApp({ googleLoginEnabled: false }), token())).open, ['enabled']);
    assert.deepEqual((await tried(await newApp({ googleClientId: ' ,' }), token())).open, ['audience']);
  });

  it('needs no verified e-mail, and says so', async () => {
    const { body } = await tried(await newApp(), token({ email_verified: false }));
    const { ok, detail } = body.rules.at(-1);
    assert.deepEqual([body.ok, ok, /no verified/.test(detail)], [true, true, true]);
  });

  it('is left open while the provider cannot be asked', async () => {
    const away = await startIdentityProvider();
    const lonely = await startTestHost({
      routes,
      config: { googleIssuer: away.issuer, googleJwksUrl: away.jwksUrl },
    });
    try {
      away.mood = 503;
      const app = await lonely.createApp({ googleLoginEnabled: true, googleClientId: 'com.example.app' });
      const json = { appId: app.id, provider: 'google', token: away.token(lonely.clock.now(), CLAIMS) };
      const { body } = await lonely.portal('POST', '/api/app/tryIdentityToken', { json });
      const open = body.rules.filter(({ ok }: Told) => ok === 'unknown').map(({ rule }: Told) => rule);
      assert.deepEqual([body.ok, open], [false, ['key', 'signature']]);
    } finally {
      await Promise.all([lonely.stop(), away.close()]);
    }
  });
});
