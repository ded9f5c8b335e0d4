import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { createAuth } from '../../client/user/index.ts';
import { createVerifier, TokenError } from '../../client/verify/index.ts';
import type { App } from '../../server/model/app.ts';
import { startTestHost, type TestHost } from '../support/host.ts';

describe('a verifier of a back end', () => {
  let host: TestHost;
  let app: App;
  let token: string;
  let uid: string;
  before(async () => {
    host = await startTestHost({ now: Date.now() });
    app = await host.createApp({ signupFlow: 'none', userJwtAudience: ['my-api'] });
    [token, uid] = await userOf(app);
  });
  after(() => host.stop());

  async function userOf(of: App): Promise<[token: string, uid: string]> {
    const auth = createAuth({ url: host.url, appToken: of.appToken });
    await auth.orThrow.signUp({ handle: 'ada@example.com', password: 'Correct-Horse-1' });
    return [(await auth.token()) ?? '', auth.session?.user.sub ?? ''];
  }
  const issuer = () => `http://localhost:${host.port}/apps/${app.id}`;
  const refused = (code: string) => (error: unknown) => {
    assert.ok(error instanceof TokenError);
    assert.equal(error.code, code);
    return true;
  };

  it('takes a token of its app, and asks for the keys once', async (test) => {
    const asked = test.mock.method(globalThis, 'fetch');
    const { verify } = createVerifier({ issuer: issuer(), audience: 'my-api' });
    const claims = await Promise.all([verify(token), verify(token), verify(token)]);
    assert.deepEqual(
      claims.map(({ sub, iss }) => [sub, iss]),
      Array(3).fill([uid, issuer()]),
    );
    await verify(token);
    assert.equal(asked.mock.callCount(), 2, 'one for the address, one for the keys');
  });

  it('takes no other token', async () => {
    const { verify } = createVerifier({ issuer: issuer() });
    const [ofAnother] = await userOf(await host.createApp({ signupFlow: 'none' }));
    const [header = '', claims = '', signature = ''] = token.split('.');
    const altered = Buffer.from(claims, 'base64url').toString().replace(uid, 'f'.repeat(32));
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
    const others = [
      '',
      'no token',
      ofAnother,
      app.appToken,
      [header, Buffer.from(altered).toString('base64url'), signature].join('.'),
      [unsigned, claims, ''].join('.'),
    ];
    for (const other of others) await assert.rejects(verify(other), refused('invalid'), other);
    const elsewhere = createVerifier({ issuer: issuer(), audience: 'another' });
    await assert.rejects(elsewhere.verify(token), refused('invalid'));
  });

  it('says when a token has expired, but for a clock that is a little off', async () => {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const { verify } = createVerifier({ issuer: issuer(), clockTolerance: 10 });
    mock.timers.enable({ apis: ['Date'], now: exp * 1000 + 9_000 });
    await verify(token);
    mock.timers.setTime(exp * 1000 + 11_000);
    await assert.rejects(verify(token), refused('expired'));
    mock.timers.reset();
  });

  it('blames no token for a host that is away, and asks again', async (test) => {
    const { verify } = createVerifier({ issuer: issuer() });
    const away = test.mock.method(globalThis, 'fetch', async () => {
      throw new TypeError('away');
    });
    await assert.rejects(verify(token), refused('unreachable'));
    away.mock.restore();
    await verify(token);
    const impostor = createVerifier({ issuer: `http://127.0.0.1:${host.port}/apps/${app.id}` });
    await assert.rejects(impostor.verify(token), refused('unreachable'), 'it calls itself localhost');
  });

  it('asks nobody over an open line', () => {
    for (const address of ['http://auth.example.com/apps/a', 'ftp://localhost/', 'nonsense']) {
      assert.throws(() => createVerifier({ issuer: address }), TypeError);
    }
    createVerifier({ issuer: 'https://auth.example.com/apps/a' });
  });
});
