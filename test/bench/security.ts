/**
 * Figures of hashes and tokens: `node test/bench/security.ts`. The host's launcher sizes the thread pool like
 * this, too.
 */
import { generateKeyPairSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createAppTokens } from '../../server/security/app-tokens.ts';
import { argon2Hash } from '../../server/security/argon2.ts';
import { systemClock } from '../../server/security/clock.ts';
import { createCodes } from '../../server/security/codes.ts';
import { createHostTokens } from '../../server/security/host-tokens.ts';
import { signJwt, verifyJwt } from '../../server/security/jwt.ts';
import { createKeyPairs } from '../../server/security/key-pairs.ts';
import { createPasswordHasher } from '../../server/security/password-hash.ts';
import { thumbprint } from '../../server/security/public-jwk.ts';
import { createFieldCipher, createLookups } from '../../server/security/sealing.ts';
import { anApp } from '../support/records.ts';

const PASSWORD = '155ba8e102f3beb97892c3400b65031c';
const cost = { memoryKib: 19_456, passes: 2 };
const events = { emit: () => {} };
const report = (what: string, value: string): void =>
  void process.stdout.write(`${what.padEnd(60)} ${value.padStart(10)}\n`);

/** `width` callers, each starting anew as soon as it was answered. */
async function measure(what: string, count: number, width: number, run: () => unknown): Promise<void> {
  for (let n = 0; n < Math.min(count / 10, 200); n++) await run();
  let left = count;
  const start = performance.now();
  const caller = async () => {
    while (left-- > 0) await run();
  };
  await Promise.all(Array.from({ length: width }, caller));
  const perSecond = Math.round((count / (performance.now() - start)) * 1000);
  report(`${what}, ${width} at a time`, `${perSecond.toLocaleString('en')}/s`);
}

report('cores', String(availableParallelism()));
for (const width of [1, 2]) {
  await measure('Argon2id 19,456 KiB t=2, bare', 100 * width, width, () => argon2Hash(PASSWORD, cost));
  const queued = createPasswordHasher({ ...cost, events, parallelism: width });
  await measure('  through the queue (50 waiting)', 100 * width, 50, () => queued.hash(PASSWORD));
  const stored = await queued.hash(PASSWORD);
  await measure('  compared', 100 * width, width, () => queued.matches(PASSWORD, stored));
}

const config = {
  accessTokenDays: 30,
  sessionMaxDays: 365,
  loginTokenSeconds: 300,
  legacyTokensUntil: undefined,
};
const codes = createCodes({ key: Buffer.alloc(32) });
for (const modulusLength of [2048, 3072]) {
  const pair = generateKeyPairSync('rsa', { modulusLength });
  const kid = thumbprint(pair.publicKey);
  const hostTokens = createHostTokens({ ...pair, config, clock: systemClock, codes });
  const claims = { appId: 'a'.repeat(32), handle: 'ada@example.com', userId: 'u1', epoch: 1 };
  const token = await hostTokens.issueAccessToken(claims);
  for (const width of [1, 8]) {
    await measure(`RS256 ${modulusLength} bit signed`, 2000, width, () =>
      signJwt(claims, kid, pair.privateKey),
    );
    await measure('  verified', 10_000, width, () => verifyJwt(token, kid, pair.publicKey));
    await measure('  verified and remembered', 100_000, width, () => hostTokens.verify(token, 'user'));
  }
}

const keyPairs = createKeyPairs();
keyPairs.close();
const app = anApp({ keys: [await keyPairs.newAppKey(systemClock.now())] });
const appTokens = createAppTokens();
const claims = { sub: 'b'.repeat(32), iss: 'https://auth.example.com/apps/x', iat: 1, exp: 2 };
await measure('user JWT', 2000, 8, () => appTokens.sign(app, claims));
await measure('new app key pair', 10, 1, () => keyPairs.newAppKey(systemClock.now()));

const cipher = createFieldCipher(Buffer.alloc(32));
const sealed = cipher.seal('ada@example.com', 'place');
const lookups = createLookups(Buffer.alloc(32));
await measure('field sealed', 50_000, 1, () => cipher.seal('ada@example.com', 'place'));
await measure('field opened', 50_000, 1, () => cipher.open(sealed, 'place'));
await measure('look-up key', 50_000, 1, () => lookups.key('app', 'handle', 'ada@example.com'));
