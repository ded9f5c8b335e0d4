import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/host.ts';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts';
import { exchange, requestBytes } from './wire.ts';

interface SwiftRequest {
  call: string;
  path: string;
  credential: 'app' | 'access';
  body: string;
}
/** The contract's examples of what shipped clients send: the rows of its table. */
const SWIFT: readonly SwiftRequest[] = [
  ...readFileSync(new URL('../../docs/contract/client-requests.md', import.meta.url), 'utf8').matchAll(
    /^\| (.+?) \| `POST (\S+)`, (app|access) \| `(.+)` \|$/gm,
  ),
].map(([, call = '', path = '', credential, body = '']) => ({
  call: call.replaceAll('`', ''),
  path,
  credential: credential === 'app' ? 'app' : 'access',
  body,
}));
const URL_SESSION = {
  Accept: '*/*',
  'Accept-Language': 'en-US,en;q=0.9',
  'Accept-Encoding': 'gzip, deflate',
  'User-Agent': 'Sample/1 CFNetwork/1490.0.4 Darwin/23.2.0',
};
const NEW = '0123456789abcdef0123456789abcdef';
const AUDIENCE = 'com.example.app';
const field = (path: string) => ({
  id: path,
  path,
  fieldName: path.split('.').at(-1) ?? '',
  required: false,
  canEdit: true,
});

/**
 * What CosyncJWTSwift demands of who joined: up to 1.1.21 the JWT under a former name (additions §2), later
 * ones only its own.
 */
function assertReadable(tokens: Record<string, unknown>): void {
  assert.deepEqual(Object.keys(tokens).sort(), ['access-token', 'jwt', 'signed-user-token']);
  assert.equal(typeof tokens.jwt, 'string');
  assert.equal(tokens['signed-user-token'], tokens.jwt);
}

describe('what shipped clients put on the wire', () => {
  let host: TestHost;
  let google: IdentityProvider;
  let app: App;
  let user: User;
  let accessToken: string;
  before(async () => {
    google = await startIdentityProvider();
    host = await startTestHost({ config: { googleIssuer: google.issuer, googleJwksUrl: google.jwksUrl } });
    app = await host.createApp({
      twoFactorVerification: 'phone',
      anonymousLoginEnabled: true,
      googleLoginEnabled: true,
      googleClientId: AUDIENCE,
      metaData: [field('user_data.name.first'), field('user_data.name.last')],
      metaDataInvite: [field('invite_data.team')],
    });
    user = await host.createUser(app, { phone: '+15550001111', phoneVerified: true });
    accessToken = await host.accessToken(app, user);
  });
  after(async () => {
    await host?.stop();
    await google.close();
  });

  const stored = (handle: string) => host.deps.store.users.findByHandle(app.id, handle);
  const lastSent = async (to: string) => (await host.outbox()).findLast((line) => line.to === to);

  /** The example of that name, its `<…>` filled in; header names capitalised, as URLSession does. */
  async function swift(call: string, values: Record<string, string> = {}) {
    const example = SWIFT.find((each) => each.call === call);
    assert.ok(example, call);
    const body = Object.entries(values).reduce(
      (text, [mark, value]) => text.replace(mark, value),
      example.body,
    );
    const credential: Record<string, string> =
      example.credential === 'app' ? { 'App-Token': app.appToken } : { 'Access-Token': accessToken };
    const headers = { ...URL_SESSION, ...credential, 'Content-Type': 'application/x-www-form-urlencoded' };
    return exchange(host.port, requestBytes({ method: 'POST', path: example.path, headers, body }));
  }
  async function json(path: string, headers: Record<string, string>, body: unknown) {
    const type = { 'Content-Type': 'application/json; charset=UTF-8' };
    const bytes = requestBytes({
      method: 'POST',
      path,
      headers: { ...type, ...headers },
      body: JSON.stringify(body),
    });
    const answer = await exchange(host.port, bytes);
    return { status: answer.status, body: JSON.parse(answer.body.toString()) };
  }
  function assertFourBytes({ status, body }: { status: number; body: Buffer }): void {
    assert.deepEqual([status, body.length, body.toString()], [200, 4, 'true']);
  }

  describe('Swift', () => {
    it('reads the application without a cacheable answer', async () => {
      const headers = { 'app-token': app.appToken, ...URL_SESSION };
      const path = '/api/appuser/getApplication';
      const { status, head, body } = await exchange(
        host.port,
        requestBytes({ method: 'GET', path, headers }),
      );
      assert.equal(status, 200);
      assert.match(head, /^cache-control: no-store$/im);
      assert.doesNotMatch(head, /^(etag|last-modified|content-encoding):/im);
      assert.equal(JSON.parse(body.toString()).name, app.name);
    });

    it('signs up with unescaped metadata and an escaped plus, and completes with the code', async () => {
      assertFourBytes(await swift('signup with metadata', { '<md5>': NEW }));
      const handle = 'ada+news@example.com';
      const code = String((await lastSent(handle))?.code);
      const { status, body } = await swift('completeSignup', { 123456: code });
      assert.equal(status, 200);
      assertReadable(JSON.parse(body.toString()));
      assert.deepEqual((await stored(handle))?.metaData, {
        user_data: { name: { first: 'Åsa', last: 'Öberg' } },
      });
      const login = { handle, password: NEW };
      assert.equal((await json('/api/appuser/login', { 'app-token': app.appToken }, login)).status, 200);
    });

    it('reads the tokens of an accepted invite, in every version of the library', async () => {
      const bo = { handle: 'bo+old@example.com', senderUserId: '' };
      await host.request('POST', '/api/appuser/invite', {
        headers: { 'access-token': accessToken },
        json: bo,
      });
      const code = String((await lastSent(bo.handle))?.code);
      const raw = `handle=bo%2Bold@example.com&password=${NEW}&code=${code}`;
      const headers = { 'app-token': app.appToken, 'content-type': 'application/x-www-form-urlencoded' };
      const { status, body } = await host.request('POST', '/api/appuser/register', { headers, raw });
      assert.equal(status, 200);
      assertReadable(body);
    });

    it('sets metadata that hold &, = and %', async () => {
      assertFourBytes(await swift('metadata that holds &, = and %'));
      assert.deepEqual((await stored(user.handle))?.metaData, {
        user_data: { name: { first: 'A&B=C', last: '100% sure' } },
      });
    });

    it('sends a phone number whose plus is raw', async () => {
      assertFourBytes(await swift('phone with a raw plus'));
      assert.equal((await lastSent('+15551234567'))?.channel, 'sms');
    });

    it('switches the second factor on over a doubled slash', async () => {
      assertFourBytes(await swift('second factor, doubled slash'));
      assert.equal((await stored(user.handle))?.twoFactorPhone, true);
    });

    it('invites without a sender, in the name of the caller', async () => {
      assertFourBytes(await swift('invite without a sender'));
      const [invite] = await host.deps.store.invites.listByHandle(app.id, 'bo+x@example.com');
      assert.deepEqual(
        [invite?.senderHandle, invite?.senderUserId, invite?.metaData],
        [user.handle, user.id, { invite_data: { team: 'red' } }],
      );
      assert.ok((await lastSent('bo+x@example.com'))?.code, 'mailed to the invited, not to the sender');
    });

    it('logs an anonymous handle with a raw plus in, always as the same user', async () => {
      const subjects = [];
      for (let time = 0; time < 2; time++) {
        const { status, body } = await swift('anonymous log-in, raw plus in the handle');
        assert.equal(status, 200, body.toString());
        const { jwt } = JSON.parse(body.toString());
        subjects.push(JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url').toString()).sub);
      }
      assert.ok(subjects[0]);
      assert.equal(subjects[0], subjects[1]);
    });

    it('signs up socially with an unescaped handle', async () => {
      const claims = { aud: AUDIENCE, sub: 'g-1', email: 'ada+social@example.com', email_verified: true };
      const token = google.token(host.clock.now(), claims);
      const values = { '<identity token>': token, 'ada+news': 'ada+social' };
      const { status, body } = await swift('social sign-up, handle not escaped', values);
      assert.equal(status, 200, body.toString());
      assert.equal((await stored('ada+social@example.com'))?.loginProvider, 'google');
    });
  });

  describe('Kotlin', () => {
    it('logs in, null members left out, also over a base address that ends in a slash', async () => {
      const login = { handle: 'kay@example.com', password: PASSWORD };
      await host.createUser(app, { handle: login.handle });
      for (const path of ['/api/appuser/login', '//api/appuser/login', '/API/AppUser/login/']) {
        const { status, body } = await json(path, { 'app-token': app.appToken }, login);
        assert.deepEqual([path, status, Object.keys(body).sort()], [path, 200, ['access-token', 'jwt']]);
      }
    });

    it('resets a password with the app token in access-token (C6)', async () => {
      const kay = await host.createUser(app, { handle: 'kay2@example.com' });
      const { handle } = kay;
      const asked = await json('/api/appuser/forgotPassword', { 'app-token': app.appToken }, { handle });
      assert.equal(asked.body, true);
      const reset = { handle, password: NEW, code: String((await lastSent(handle))?.code) };
      const answer = await json('/api/appuser/resetPassword', { 'access-token': app.appToken }, reset);
      assert.deepEqual(answer, { status: 200, body: true });
    });

    it('is told that changePassword and invite need a user (C6, C7)', async () => {
      const change = { password: PASSWORD, newPassword: NEW };
      const changed = await json('/api/appuser/changePassword', { 'access-token': app.appToken }, change);
      assert.deepEqual([changed.status, changed.body.code], [400, 405]);
      const invite = { handle: 'cy@example.com', senderUserId: 'x' };
      const invited = await json('/api/appuser/invite', { 'app-token': app.appToken }, invite);
      assert.deepEqual([invited.status, invited.body.code], [400, 403]);
    });
  });

  describe('React Native', () => {
    it('logs in and signs up with the access token of a former log-in, live, revoked or expired (C9)', async () => {
      const { handle } = await host.createUser(app, { handle: 'rea@example.com' });
      const login = { handle, password: PASSWORD };
      const first = await json('/api/appuser/login', { 'app-token': app.appToken }, login);
      const stale = { 'access-token': first.body['access-token'], Accept: 'application/json' };
      assert.equal((await json('/api/appuser/login', stale, login)).status, 200);
      assert.equal((await json('/api/appuser/logout', stale, { everywhere: true })).body, true);
      assert.equal((await json('/api/appuser/login', stale, login)).status, 200);
      host.clock.advance(40 * 86_400_000);
      const late = await json('/api/appuser/login', stale, login);
      assert.equal(late.status, 200);
      assert.ok(!('code' in late.body), 'a truthy code would mean failure');
      const signup = await json('/api/appuser/signup', stale, { handle: 'rob@example.com', password: NEW });
      assert.deepEqual(signup, { status: 200, body: true });
      const named = await exchange(
        host.port,
        requestBytes({ method: 'GET', path: '/api/appuser/getApplication', headers: stale }),
      );
      assert.ok(!('code' in JSON.parse(named.body.toString())));
    });
  });
});
