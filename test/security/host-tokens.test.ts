import assert from 'node:assert/strict';
import { constants, createHmac, generateKeyPairSync, sign, verify as verifySignature } from 'node:crypto';
import { describe, it } from 'node:test';
import type { HostTokenKind } from '../../server/ports/security.ts';
import { createCodes } from '../../server/security/codes.ts';
import { createHostTokens } from '../../server/security/host-tokens.ts';
import { FakeClock } from '../support/clock.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 3072 });
const codes = createCodes({ key: Buffer.alloc(32) });
const APP_ID = 'a'.repeat(32);
const HOUR_MS = 3_600_000;
const KINDS: readonly HostTokenKind[] = ['server', 'app', 'user', 'login', 'superuser'];

function setUp(config: { legacyTokensUntil?: number } = {}) {
  const clock = new FakeClock();
  const host = createHostTokens({
    privateKey,
    publicKey,
    config: { accessTokenDays: 30, loginTokenSeconds: 300, legacyTokensUntil: config.legacyTokensUntil },
    clock,
    codes,
  });
  return { clock, host };
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (token: string, part: 0 | 1) =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString());
/** Signs anything with the host key, as an old installation or a careless programmer could have. */
function signed(claims: Record<string, unknown>, header: Record<string, unknown> = {}, key = privateKey) {
  const input = `${encode({ alg: 'RS256', typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

type Host = ReturnType<typeof setUp>['host'];
const issue: Record<HostTokenKind, (host: Host) => Promise<string>> = {
  server: (host) => host.issueServerSecret({ name: 'here', generation: 2 }),
  app: (host) => host.issueAppToken({ appId: APP_ID, generation: 3 }),
  user: (host) => host.issueAccessToken({ appId: APP_ID, handle: 'ada@example.com', userId: 'u1', epoch: 4 }),
  login: async (host) =>
    (await host.issueLoginToken({ appId: APP_ID, userId: 'u1', factor: 'totp', epoch: 4 })).token,
  superuser: async (host) =>
    (await host.issueSuperUserToken({ appId: APP_ID, name: 'support', expiresInMinutes: 5 })).token,
};

describe('host tokens', () => {
  it('say what they were issued with', async () => {
    const { clock, host } = setUp();
    const now = clock.now();
    const verified = async (kind: HostTokenKind) => {
      const said = await host.verify(await issue[kind](host), kind);
      assert.ok(said);
      const { jti, ...rest } = { jti: undefined, ...said };
      if (kind !== 'server' && kind !== 'app') assert.match(String(jti), /^[0-9a-f]{32}$/);
      return rest;
    };
    assert.deepEqual(await verified('server'), { kind: 'server', name: 'here', generation: 2 });
    assert.deepEqual(await verified('app'), { kind: 'app', appId: APP_ID, generation: 3 });
    assert.deepEqual(await verified('user'), {
      kind: 'user',
      appId: APP_ID,
      handle: 'ada@example.com',
      userId: 'u1',
      epoch: 4,
      authTime: now,
      issuedAt: now,
      expiresAt: now + 30 * 24 * HOUR_MS,
      expired: false,
    });
    assert.deepEqual(await verified('login'), {
      kind: 'login',
      appId: APP_ID,
      userId: 'u1',
      factor: 'totp',
      epoch: 4,
      expiresAt: now + 300_000,
    });
    assert.deepEqual(await verified('superuser'), {
      kind: 'superuser',
      appId: APP_ID,
      name: 'support',
      expiresAt: now + 300_000,
    });
  });

  it('carry exactly the claims of the design, each a new jti', async () => {
    const { host } = setUp();
    const claims = async (kind: HostTokenKind) => Object.keys(decode(await issue[kind](host), 1)).sort();
    assert.deepEqual(await claims('server'), ['gen', 'iat', 'jti', 'name', 'scope']);
    assert.deepEqual(await claims('app'), ['appId', 'gen', 'iat', 'jti', 'scope']);
    assert.deepEqual(await claims('user'), [
      'appId',
      'auth_time',
      'epoch',
      'exp',
      'handle',
      'iat',
      'jti',
      'scope',
      'userId',
    ]);
    assert.deepEqual(await claims('login'), [
      'appId',
      'epoch',
      'exp',
      'factor',
      'iat',
      'jti',
      'scope',
      'userId',
    ]);
    assert.deepEqual(await claims('superuser'), ['appId', 'exp', 'iat', 'jti', 'name', 'scope']);
    const [first, second] = [await issue.app(host), await issue.app(host)];
    assert.notEqual(decode(first, 1).jti, decode(second, 1).jti);
  });

  it('are RS256 with the key named in kid', async () => {
    const { host } = setUp();
    const token = await issue.app(host);
    assert.deepEqual(decode(token, 0), { alg: 'RS256', typ: 'JWT', kid: host.kid });
    const end = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    assert.ok(verifySignature('sha256', Buffer.from(token.slice(0, end)), publicKey, signature));
  });

  it('never pass for another kind', async () => {
    const { host } = setUp();
    for (const made of KINDS) {
      const token = await issue[made](host);
      for (const asked of KINDS) {
        const said = await host.verify(token, asked);
        assert.equal(said?.kind, made === asked ? made : undefined, `${made} token as ${asked}`);
      }
    }
  });

  it('never pass for another kind when the first kind is remembered', async () => {
    const { host } = setUp();
    const token = await issue.app(host);
    assert.ok(await host.verify(token, 'app'));
    assert.ok(await host.verify(token, 'app'));
    for (const kind of KINDS.filter((kind) => kind !== 'app')) {
      assert.equal(await host.verify(token, kind), undefined);
    }
  });

  it('make an app secret that no verifier takes', async () => {
    const { host } = setUp();
    const token = await host.issueAppSecret({ appId: APP_ID });
    assert.equal(decode(token, 1).scope, 'appSecret');
    for (const kind of KINDS) assert.equal(await host.verify(token, kind), undefined);
  });
});

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
      config: { accessTokenDays: 30, loginTokenSeconds: 300, legacyTokensUntil: undefined },
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

describe('the end of a host token', () => {
  it('is exact for login and super-user tokens, remembered or not', async () => {
    const { clock, host } = setUp();
    for (const kind of ['login', 'superuser'] as const) {
      const [seen, unseen] = [await issue[kind](host), await issue[kind](host)];
      assert.ok(await host.verify(seen, kind));
      clock.advance(299_999);
      assert.ok(await host.verify(seen, kind));
      clock.advance(1);
      assert.equal(await host.verify(seen, kind), undefined);
      assert.equal(await host.verify(unseen, kind), undefined);
    }
  });

  it('leaves an access token good for its app id alone (C9)', async () => {
    const { clock, host } = setUp();
    const token = await issue.user(host);
    assert.equal((await host.verify(token, 'user'))?.expired, false);
    clock.advance(30 * 24 * HOUR_MS - 1);
    assert.equal((await host.verify(token, 'user'))?.expired, false);
    clock.advance(1);
    const said = await host.verify(token, 'user');
    assert.deepEqual([said?.expired, said?.appId], [true, APP_ID]);
    assert.equal((await host.verify(token, 'user'))?.expired, true);
  });

  it('counts for app tokens and server secrets that name one, though none is issued', async () => {
    const { clock, host } = setUp();
    const iat = Math.floor(clock.now() / 1000);
    const limited = signed({ appId: APP_ID, scope: 'app', iat, exp: iat + 60 });
    assert.ok(await host.verify(limited, 'app'));
    clock.advance(60_000);
    assert.equal(await host.verify(limited, 'app'), undefined);
    for (const exp of ['never', null, -1]) {
      assert.equal(await host.verify(signed({ appId: APP_ID, scope: 'app', iat, exp }), 'app'), undefined);
    }
  });

  it('never comes for app tokens and server secrets as issued', async () => {
    const { clock, host } = setUp();
    const tokens = { app: await issue.app(host), server: await issue.server(host) };
    clock.advance(10 * 365 * 24 * HOUR_MS);
    assert.ok(await host.verify(tokens.app, 'app'));
    assert.ok(await host.verify(tokens.server, 'server'));
    clock.advance(-20 * 365 * 24 * HOUR_MS);
    assert.ok(await host.verify(tokens.app, 'app'));
  });
});

describe('tokens of an old installation', () => {
  const iat = 1_600_000_000;
  const access = signed({ handle: 'ada@example.com', appId: APP_ID, scope: 'user', iat });

  it('verify without kid, generation and end where they never had one', async () => {
    const { host } = setUp();
    const app = await host.verify(signed({ appId: APP_ID, scope: 'app', iat }), 'app');
    assert.deepEqual(app, { kind: 'app', appId: APP_ID, generation: undefined });
    const server = await host.verify(signed({ name: 'old', scope: 'server', iat }), 'server');
    assert.deepEqual(server, { kind: 'server', name: 'old', generation: undefined });
  });

  it('count as expired access tokens unless LEGACY_TOKENS_UNTIL says how long they last', async () => {
    const until = new FakeClock().now() + HOUR_MS;
    assert.equal((await setUp().host.verify(access, 'user'))?.expired, true);
    const { clock, host } = setUp({ legacyTokensUntil: until });
    const said = await host.verify(access, 'user');
    assert.deepEqual(
      [said?.expired, said?.userId, said?.epoch, said?.jti],
      [false, undefined, undefined, undefined],
    );
    clock.advance(HOUR_MS);
    assert.equal((await host.verify(access, 'user'))?.expired, true);
  });

  it('never were login tokens: theirs had no scope', async () => {
    const { host } = setUp({ legacyTokensUntil: Number.MAX_SAFE_INTEGER });
    const token = signed({ handle: 'ada@example.com', appId: APP_ID, iat });
    for (const kind of KINDS) assert.equal(await host.verify(token, kind), undefined);
  });
});
