import assert from 'node:assert/strict';
import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import type { HostTokenKind } from '../../server/ports/security/host-tokens.ts';
import { createHostTokens } from '../../server/security/host-tokens.ts';
import { FakeClock } from '../support/clock.ts';
import { APP_ID, codes, encode, issue, privateKey, publicKey, setUp, signed } from './host-token-stage.ts';

const stranger = generateKeyPairSync('rsa', { modulusLength: 3072 });

describe('verifying a host token', () => {
  const claims = { appId: APP_ID, scope: 'app', gen: 1, iat: 1_768_478_400 };
  const { host } = setUp();
  const refused = async (token: string, kind: HostTokenKind = 'app') =>
    assert.equal(await host.verify(token, kind), undefined);

  it('accepts the token the other cases are variants of', async () => {
    assert.ok(await host.verify(signed(claims), 'app'));
  });

  it('refuses HS256 keyed with the public key in every spelling', async () => {
    const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const spellings = [
      spki,
      spki.trimEnd(),
      publicKey.export({ type: 'spki', format: 'der' }),
      publicKey.export({ type: 'pkcs1', format: 'pem' }),
    ];
    for (const key of spellings) {
      const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
      await refused(`${input}.${createHmac('sha256', key).update(input).digest('base64url')}`);
    }
  });

  it('refuses none, PS256 and RS512 made with the host key itself', async () => {
    await refused(`${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`);
    await refused(`${encode({ alg: 'none' })}.${encode(claims)}.AAAA`);
    const ps = `${encode({ alg: 'PS256' })}.${encode(claims)}`;
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    await refused(
      `${ps}.${sign('sha256', Buffer.from(ps), { key: privateKey, padding, saltLength: 32 }).toString('base64url')}`,
    );
    const rs = `${encode({ alg: 'RS512' })}.${encode(claims)}`;
    await refused(`${rs}.${sign('sha512', Buffer.from(rs), privateKey).toString('base64url')}`);
  });

  it("refuses another key's signature, also one the token brings along", async () => {
    await refused(signed(claims, {}, stranger.privateKey));
    const jwk = stranger.publicKey.export({ format: 'jwk' });
    await refused(signed(claims, { jwk }, stranger.privateKey));
    await refused(signed(claims, { kid: host.kid }, stranger.privateKey));
  });

  it('refuses a kid that names another key', async () => {
    await refused(signed(claims, { kid: 'other' }));
    assert.ok(await host.verify(signed(claims, { kid: host.kid }), 'app'));
  });

  it('refuses critical extensions', async () => {
    await refused(signed(claims, { crit: ['b64'], b64: true }), 'login');
    await refused(signed(claims, { crit: ['x'], x: 1 }));
  });

  it('refuses anything around, inside or after the token', async () => {
    const token = await issue.app(host);
    assert.ok(await host.verify(token, 'app'));
    const [header = '', payload = '', signature = ''] = token.split('.');
    const variants = [
      `${token}\n`,
      `\n${token}`,
      `${token} `,
      `${token}=`,
      `${token}.`,
      `${token}.${signature}`,
      `${header}.${payload}.${signature.slice(0, 40)}\n${signature.slice(40)}`,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `.${payload}.${signature}`,
      `${header}..${signature}`,
      '',
      '..',
      'null',
    ];
    for (const variant of variants) await refused(variant);
  });

  it('answers other spellings of the last character from the signature, never from another token', async () => {
    // 256 bytes of signature leave four spare bits in the last character.
    const small = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const clock = new FakeClock();
    const own = createHostTokens({
      ...small,
      config: {
        accessTokenDays: 30,
        sessionMaxDays: 365,
        loginTokenSeconds: 300,
        legacyTokensUntil: undefined,
      },
      clock,
      codes,
    });
    const token = await own.issueLoginToken({ appId: APP_ID, userId: 'u1', factor: 'phone' });
    const original = await own.verify(token.token, 'login');
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      const said = await own.verify(token.token.slice(0, -1) + last, 'login');
      // Whatever verifies is the same token to everybody: revocation goes by jti.
      if (said) assert.deepEqual(said, original);
    }
  });

  it('refuses any changed character', async () => {
    const token = await issue.server(host);
    for (let at = 0; at < token.length; at += 7) {
      const other = token[at] === 'A' ? 'B' : 'A';
      await refused(token.slice(0, at) + other + token.slice(at + 1), 'server');
    }
  });

  it('looks at 8 KB and no further', async () => {
    const filler = (size: number) => signed({ ...claims, filler: 'x'.repeat(size) });
    const long = filler(5000);
    assert.ok(long.length < 8192 && (await host.verify(long, 'app')));
    const longer = filler(6000);
    assert.ok(longer.length > 8192);
    await refused(longer);
  });

  it('refuses payloads that are no JSON object', async () => {
    for (const payload of ['null', '[]', '"app"', '1', '{"scope":"app"', '']) {
      const input = `${encode({ alg: 'RS256' })}.${Buffer.from(payload).toString('base64url')}`;
      await refused(`${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`);
    }
  });

  it('requires every claim of the kind, in its type', async () => {
    const iat = Math.floor(new FakeClock().now() / 1000);
    const complete: Record<Exclude<HostTokenKind, 'server' | 'app'>, Record<string, unknown>> = {
      user: { scope: 'user', appId: APP_ID, handle: 'a@b.co', iat, exp: iat + 60 },
      login: { scope: 'login', appId: APP_ID, userId: 'u1', factor: 'totp', iat, exp: iat + 60, jti: 'j' },
      superuser: { scope: 'superuser', appId: APP_ID, name: 'n', iat, exp: iat + 60, jti: 'j' },
    };
    const wrong = [undefined, null, 1.5, true, {}, [], ''];
    for (const [kind, full] of Object.entries(complete) as [HostTokenKind, Record<string, unknown>][]) {
      assert.ok(await host.verify(signed(full), kind), kind);
      for (const name of Object.keys(full)) {
        for (const value of wrong) {
          if (kind === 'user' && name === 'exp' && value === undefined) continue;
          await refused(signed({ ...full, [name]: value }), kind);
        }
      }
    }
    for (const value of wrong) {
      await refused(signed({ scope: 'app', appId: value }), 'app');
      await refused(signed({ scope: value, appId: APP_ID }), 'app');
    }
    for (const gen of [null, '1', 1.5, {}]) await refused(signed({ ...claims, gen }), 'app');
    await refused(signed({ ...complete.login, factor: 'google' }), 'login');
    await refused(signed({ ...complete.user, scope: ['user'] }), 'user');
  });

  it('refuses a token with an end that was issued in the future', async () => {
    const now = Math.floor(new FakeClock().now() / 1000);
    const from = (iat: number) =>
      signed({ scope: 'user', appId: APP_ID, handle: 'a@b.co', iat, exp: iat + 999 });
    assert.ok(await host.verify(from(now + 60), 'user'));
    await refused(from(now + 61), 'user');
  });
});
