import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { isHostError } from '../../server/model/errors.ts';
import type { IdentityTokens } from '../../server/ports/security/identity-tokens.ts';
import { createIdentityTokens } from '../../server/security/identity-token.ts';
import { FakeClock } from '../support/clock.ts';
import { startStopwatch } from '../support/stopwatch.ts';

const AUDIENCE = 'co.example.app';
const keys = {
  first: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  second: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
type KeyName = keyof typeof keys;
const published = (...names: KeyName[]) => ({
  keys: names.map((kid) => ({
    ...keys[kid].publicKey.export({ format: 'jwk' }),
    kid,
    use: 'sig',
    alg: 'RS256',
  })),
});
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A provider whose answer each test sets, and how often it was asked. */
let answer: RequestListener;
let asked: number;
const server = createServer((request, response) => {
  asked++;
  answer(request, response);
});
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => {
  server.closeAllConnections();
  server.close();
});

const answerWith =
  (body: unknown, status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

let clock: FakeClock;
let identityTokens: IdentityTokens;
beforeEach(() => {
  asked = 0;
  answer = answerWith(published('first'));
  clock = new FakeClock();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  identityTokens = createIdentityTokens({
    clock,
    config: {
      appleIssuer: 'https://appleid.apple.com',
      appleJwksUrl: `${url}/apple`,
      googleIssuer: 'https://accounts.google.com',
      googleJwksUrl: `${url}/google`,
    },
  });
});

const now = () => Math.floor(clock.now() / 1000);
const claimsOf = (changes: Record<string, unknown> = {}) => ({
  iss: 'https://appleid.apple.com',
  aud: AUDIENCE,
  sub: 'apple-user-1',
  iat: now(),
  exp: now() + 600,
  email: 'Ada@Example.com',
  email_verified: true,
  ...changes,
});
function token(
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key: KeyName = 'first',
) {
  const input = `${encode({ alg: 'RS256', kid: 'first', ...header })}.${encode(claimsOf(claims))}`;
  return `${input}.${sign('sha256', Buffer.from(input), keys[key].privateKey).toString('base64url')}`;
}
const check = (
  text: string,
  options: { provider?: 'apple' | 'google'; audiences?: string[]; nonce?: string } = {},
) => identityTokens.verify({ provider: 'apple', audiences: [AUDIENCE], ...options, token: text });
const refused = (text: string, options: Parameters<typeof check>[1] = {}) =>
  assert.rejects(check(text, options), (error) => isHostError(error, 'invalid_identity_token'));

describe('an identity token', () => {
  it('says who the user is, with the e-mail in lower case', async () => {
    assert.deepEqual(await check(token()), { subject: 'apple-user-1', email: 'ada@example.com' });
  });

  it("gives an e-mail only when it is verified; Apple's text counts", async () => {
    const email = async (changes: Record<string, unknown>) => (await check(token(changes))).email;
    assert.equal(await email({ email_verified: 'true' }), 'ada@example.com');
    for (const email_verified of [false, 'false', undefined, null, 1, 'yes', 'TRUE']) {
      assert.equal(await email({ email_verified }), undefined, String(email_verified));
    }
    assert.equal(await email({ email: undefined }), undefined);
    assert.equal(await email({ email: ['ada@example.com'] }), undefined);
  });

  it('comes from the provider asked for; Google signs with and without scheme', async () => {
    for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
      assert.ok(await check(token({ iss }), { provider: 'google' }));
      await refused(token({ iss }));
    }
    await refused(token(), { provider: 'google' });
    for (const iss of ['https://evil.example', 'appleid.apple.com', undefined, '', 1]) {
      await refused(token({ iss }));
    }
  });

  it('is for one of the configured audiences, trimmed', async () => {
    assert.ok(await check(token(), { audiences: [' other', `  ${AUDIENCE} `] }));
    assert.ok(await check(token({ aud: [AUDIENCE] })), 'a list of one names one audience');
    for (const aud of ['other', '', undefined, [], 'co.example.app2', ` ${AUDIENCE}`]) {
      await refused(token({ aud }));
    }
    await refused(token({ aud: '' }), { audiences: [''] });
    await refused(token(), { audiences: [] });
  });

  it('for several audiences was issued to one of ours', async () => {
    const several = ['evil', AUDIENCE];
    assert.ok(await check(token({ aud: several, azp: AUDIENCE })));
    assert.ok(await check(token({ aud: several, azp: 'android' }), { audiences: [AUDIENCE, 'android'] }));
    for (const azp of [undefined, 'evil', '', null, 1, [AUDIENCE], ` ${AUDIENCE}`]) {
      await refused(token({ aud: several, azp }));
    }
    await refused(token({ aud: [AUDIENCE, AUDIENCE] }));
    await refused(token({ aud: ['evil', 'other'], azp: AUDIENCE }));
    await refused(token({ aud: [AUDIENCE, 7], azp: AUDIENCE }));
    await refused(token({ aud: [[AUDIENCE]], azp: AUDIENCE }));
  });

  it('for one audience may have been asked for by another client, as Google does on Android', async () => {
    const token1 = token({ iss: 'https://accounts.google.com', azp: 'android.example' });
    assert.ok(await check(token1, { provider: 'google' }));
  });

  it('is a JWT and no other type of token', async () => {
    // Media types are compared without regard to case (RFC 7515 §4.1.9).
    for (const typ of [undefined, 'JWT', 'jwt']) assert.ok(await check(token({}, { typ })));
    for (const typ of ['at+jwt', 'application/at+jwt', 'logout+jwt', 'JOSE', '', ' JWT', null, 1, ['JWT']]) {
      await refused(token({}, { typ }));
    }
  });

  it('has an end, and it has not come', async () => {
    await refused(token({ exp: undefined }));
    await refused(token({ exp: now() - 60 }));
    await refused(token({ exp: 'never' }));
    const good = token();
    clock.advance(11 * 60_000);
    await refused(good);
  });

  it('was issued lately and not in the future', async () => {
    await refused(token({ iat: undefined }));
    await refused(token({ iat: now() + 600 }));
    await refused(token({ iat: now() - 2 * 86_400 }));
    await refused(token({ nbf: now() + 600 }));
  });

  it('names a subject', async () => {
    for (const sub of [undefined, '', 7, null]) await refused(token({ sub }));
  });

  it('carries the nonce when one is expected', async () => {
    assert.ok(await check(token({ nonce: 'n1' }), { nonce: 'n1' }));
    assert.ok(await check(token({ nonce: 'n1' })));
    await refused(token({ nonce: 'n2' }), { nonce: 'n1' });
    await refused(token(), { nonce: 'n1' });
  });

  it('is RS256 by a published key, whatever its header says', async () => {
    await refused(token({}, {}, 'second'));
    await refused(token({}, { alg: 'RS512' }));
    await refused(token({}, { kid: undefined }));
    await refused(token({}, { jwk: keys.second.publicKey.export({ format: 'jwk' }) }, 'second'));
    const unsigned = `${encode({ alg: 'none', kid: 'first' })}.${encode(claimsOf())}`;
    await refused(`${unsigned}.`);
    await refused(`${unsigned}.AAAA`);
    const pem = keys.first.publicKey.export({ type: 'spki', format: 'pem' });
    const input = `${encode({ alg: 'HS256', kid: 'first' })}.${encode(claimsOf())}`;
    await refused(`${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`);
    for (const text of ['', 'x', 'a.b.c', `${token()}\n`, `${token()}A`.repeat(10), '..'])
      await refused(text);
  });

  it('that cannot be one never makes the host ask the provider', async () => {
    await refused('a.b.c');
    await refused(token({}, { alg: 'HS256' }));
    await refused(token(), { audiences: [] });
    assert.equal(asked, 0);
  });
});

describe("a provider's keys", () => {
  it('are asked for once by simultaneous log-ins, and not again for a while', async () => {
    await Promise.all(Array.from({ length: 20 }, () => check(token())));
    clock.advance(9 * 60_000);
    await check(token());
    assert.equal(asked, 1);
    clock.advance(2 * 60_000);
    await check(token());
    assert.equal(asked, 2);
  });

  it('are asked for again when an unknown one is named, at most every 30 s', async () => {
    await check(token());
    answer = answerWith(published('second'));
    await refused(token({}, { kid: 'second' }, 'second'));
    assert.equal(asked, 1, 'the first answer is not 30 s old');
    clock.advance(30_001);
    assert.ok(await check(token({}, { kid: 'second' }, 'second')));
    assert.equal(asked, 2);
    for (const kid of ['x', 'y', 'z']) await refused(token({}, { kid }));
    assert.equal(asked, 2);
  });

  it('that are new serve everyone who names one while they are being fetched', async () => {
    await check(token());
    answer = answerWith(published('second'));
    clock.advance(30_001);
    const newcomer = token({}, { kid: 'second' }, 'second');
    await Promise.all([check(newcomer), check(newcomer), check(newcomer)]);
    assert.equal(asked, 2);
  });

  it('are asked for once by a crowd of made-up tokens before the first log-in, and the owner gets in', async () => {
    answer = (request, response) => {
      const keys = JSON.stringify(published('first'));
      setTimeout(() => response.writeHead(200).end(keys), 50);
      request.resume();
    };
    const madeUp = Array.from({ length: 30 }, (_, n) => token({}, { kid: `made-up-${n}` }));
    const crowd = madeUp.map((text) => refused(text));
    assert.ok(await check(token()));
    await Promise.all(crowd);
    for (const text of madeUp) await refused(text);
    assert.ok(await check(token()));
    assert.equal(asked, 1);
  });

  it('are asked for once in a while when the provider never answered yet', async () => {
    answer = answerWith({}, 500);
    for (let n = 0; n < 30; n++) {
      const made = check(token({}, { kid: `made-up-${n}` }));
      await assert.rejects(made, (error) => isHostError(error, 'internal'));
    }
    assert.equal(asked, 2);
    answer = answerWith(published('first'));
    clock.advance(4_500);
    assert.ok(await check(token()), 'who has a right token waits a second at most');
    assert.equal(asked, 3);
  });

  it('are not asked for more often because the provider fails', async () => {
    await check(token());
    answer = answerWith({}, 500);
    clock.advance(30_001);
    await assert.rejects(check(token({}, { kid: 'x' })), (error) => isHostError(error, 'internal'));
    for (const kid of ['x', 'y', 'z']) await refused(token({}, { kid }));
    assert.equal(asked, 2);
    assert.ok(await check(token()), 'known keys go on working');
  });

  it('that are too old to count are not asked for more often because the provider fails', async () => {
    await check(token());
    answer = answerWith({}, 500);
    clock.advance(86_400_001);
    const late = token();
    for (let n = 0; n < 30; n++) await assert.rejects(check(late), (error) => isHostError(error, 'internal'));
    assert.equal(asked, 3);
  });

  it('that were withdrawn no longer count', async () => {
    await check(token());
    answer = answerWith(published('second'));
    clock.advance(10 * 60_000 + 1);
    await refused(token());
  });

  it('are used again when the provider is back', async () => {
    answer = answerWith({}, 503);
    await assert.rejects(check(token()), (error) => isHostError(error, 'internal'));
    answer = answerWith(published('first'));
    assert.ok(await check(token()));
  });

  it('are no redirect, no rubbish and not endless', async () => {
    const answers: RequestListener[] = [
      (request, response) =>
        request.url === '/elsewhere'
          ? answerWith(published('first'))(request, response)
          : response.writeHead(302, { location: '/elsewhere' }).end(),
      (_request, response) => response.end('<html>'),
      answerWith([]),
      answerWith({ keys: 'none' }),
      answerWith(null),
      (request) => request.socket.destroy(),
      (_request, response) => response.end(`{"keys":[],"filler":"${'x'.repeat(300_000)}"}`),
    ];
    for (const wrong of answers) {
      answer = wrong;
      clock.advance(5_001);
      await assert.rejects(check(token()), (error) => isHostError(error, 'internal'));
    }
  });

  it('leave no address or token in the error', async () => {
    answer = answerWith({}, 500);
    const text = token();
    const error = await check(text).catch((thrown) => thrown);
    const said = `${error.stack}${error.cause?.stack}${JSON.stringify(error.cause)}${error.cause?.cause}`;
    assert.ok(!said.includes('http://') && !said.includes(text));
  });

  it('are waited for 5 s, whether the answer or its end does not come', async () => {
    const elapsed = startStopwatch();
    answer = (request, response) => {
      if (request.url === '/google') response.writeHead(200).write('{"keys":[');
    };
    const google = token({ iss: 'https://accounts.google.com' });
    const calls = [check(token()), check(google, { provider: 'google' })];
    for (const outcome of await Promise.allSettled(calls)) {
      assert.ok(outcome.status === 'rejected' && isHostError(outcome.reason, 'internal'));
    }
    assert.ok(elapsed() < 9_000);
  });
});
