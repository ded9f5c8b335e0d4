import assert from 'node:assert/strict';
import { verify as verifySignature } from 'node:crypto';
import { describe, it } from 'node:test';
import type { HostTokenKind } from '../../server/ports/security/host-tokens.ts';
import { FakeClock } from '../support/clock.ts';
import { APP_ID, issue, KINDS, publicKey, setUp, signed } from './host-token-stage.ts';

const HOUR_MS = 3_600_000;
const decode = (token: string, part: 0 | 1) =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString());

describe('host tokens', () => {
  it('say what they were issued with', async () => {
    const { clock, host } = setUp();
    const now = clock.now();
    const verified = async (kind: HostTokenKind) => {
      const said = await host.verify(await issue[kind](host), kind);
      assert.ok(said);
      const { jti, sid = jti, ...rest } = { jti: undefined, sid: undefined, ...said };
      if (kind !== 'server' && kind !== 'app') assert.match(String(jti), /^[0-9a-f]{32}$/);
      assert.equal(sid, jti, 'a log-in begins a session');
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
      number: 0,
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
      generation: 1,
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
      'number',
      'scope',
      'sid',
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
    assert.deepEqual(await claims('superuser'), ['appId', 'exp', 'gen', 'iat', 'jti', 'name', 'scope']);
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

  it('comes with that of the session, whatever an access token says', async () => {
    const days = 24 * HOUR_MS;
    const { clock, host } = setUp({ sessionMaxDays: 7 });
    const now = clock.now();
    const seconds = (at: number) => Math.floor(at / 1000);
    const said = {
      scope: 'user',
      appId: APP_ID,
      handle: 'ada@example.com',
      userId: 'u1',
      epoch: 4,
      iat: seconds(now),
    };
    const long = { ...said, exp: seconds(now + 30 * days) };
    const tokens = {
      issued: await issue.user(host),
      'of before the setting': signed({ ...long, auth_time: seconds(now), jti: 'j' }),
      renewed: await host.issueAccessToken({
        appId: APP_ID,
        handle: 'ada@example.com',
        userId: 'u1',
        epoch: 4,
        session: { sid: 's', number: 3, authTime: now, expiresAt: host.accessTokenEnd(now) },
      }),
    };
    const legacy = signed(long);
    for (const [about, token] of Object.entries(tokens)) {
      assert.equal((await host.verify(token, 'user'))?.expiresAt, now + 7 * days, about);
    }
    const renewed = await host.verify(tokens.renewed, 'user');
    assert.deepEqual([renewed?.sid, renewed?.number, renewed?.authTime], ['s', 3, now]);
    clock.advance(7 * days);
    for (const [about, token] of Object.entries(tokens)) {
      assert.equal((await host.verify(token, 'user'))?.expired, true, about);
      assert.equal(await host.isInForce(token), false, about);
    }
    assert.equal((await host.verify(legacy, 'user'))?.expired, false, 'of an old installation');
    assert.equal(setUp({ sessionMaxDays: 0 }).host.accessTokenEnd(0) > now + 29 * days, true, 'no end');
  });

  it('comes before a beginning that some other signer named', async () => {
    const { clock, host } = setUp();
    const begins = Math.floor(clock.now() / 1000) + 60;
    const all: Record<(typeof KINDS)[number], Record<string, unknown>> = {
      server: { scope: 'server', name: 'here' },
      app: { scope: 'app', appId: APP_ID },
      user: { scope: 'user', appId: APP_ID, handle: 'a@b.co', exp: begins + 60 },
      login: { scope: 'login', appId: APP_ID, userId: 'u1', factor: 'totp', exp: begins + 60, jti: 'j' },
      superuser: { scope: 'superuser', appId: APP_ID, name: 'n', exp: begins + 60, jti: 'j' },
    };
    const token = (kind: (typeof KINDS)[number], nbf: unknown) =>
      signed({ ...all[kind], iat: begins - 60, nbf });
    for (const kind of KINDS) {
      assert.equal(await host.verify(token(kind, begins), kind), undefined, kind);
      assert.equal(await host.isInForce(token(kind, begins)), false, kind);
      for (const nbf of ['soon', null, String(begins), {}]) {
        assert.equal(await host.verify(token(kind, nbf), kind), undefined, `${kind} ${nbf}`);
      }
    }
    clock.advance(59_999);
    for (const kind of KINDS) assert.equal(await host.verify(token(kind, begins), kind), undefined, kind);
    clock.advance(1);
    for (const kind of KINDS) assert.ok(await host.verify(token(kind, begins), kind), kind);
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
