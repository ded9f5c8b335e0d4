import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { AppKey } from '../model/app.ts';
import { HostError, refused } from '../model/errors.ts';
import type { KeyPairs } from '../ports/security/key-pairs.ts';
import { thumbprint } from './public-jwk.ts';
import { type RsaPair, rsaPairProblem } from './rsa-pair.ts';

const BITS = 2048;
/** Callers that may wait, 0.1–0.4 s each. */
const MAX_WAITING = 32;

/**
 * RSA pairs for apps, made on the thread pool one at a time. One spare is kept ready, so that creating an app
 * or rotating its key does not wait. `warm` makes the first spare, `close` ends making spares. `newAppKey`
 * throws `service_unavailable` when `maxWaiting` wait already.
 */
export function createKeyPairs({
  maxWaiting = MAX_WAITING,
} = {}): KeyPairs & { warm(): void; close(): void } {
  let spare: Promise<RsaPair> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let closed = false;

  function make(): Promise<RsaPair> {
    const pair = last.then(() => promisify(generateKeyPair)('rsa', { modulusLength: BITS }));
    last = pair.catch(() => {});
    return pair;
  }

  function warm(): void {
    if (closed || spare) return;
    const made = make();
    spare = made;
    made.catch(() => {
      if (spare === made) spare = undefined;
    });
  }

  return {
    warm,
    close() {
      closed = true;
    },
    async newAppKey(now) {
      if (waiting >= maxWaiting) throw new HostError('service_unavailable', { retryAfterSeconds: 5 });
      waiting++;
      try {
        const pair = spare ?? make();
        spare = undefined;
        return toAppKey(await pair, now);
      } finally {
        waiting--;
        if (waiting === 0) warm();
      }
    },
    importAppKey(privateKeyPem, publicKeyPem, now) {
      const pair = parsePair(privateKeyPem, publicKeyPem);
      const problem = pair ? rsaPairProblem(pair) : 'malformed';
      if (!pair || problem) throw refused(`app key pair: ${problem}`);
      return toAppKey(pair, now);
    },
  };
}

function toAppKey({ privateKey, publicKey }: RsaPair, now: number): AppKey {
  return {
    kid: thumbprint(publicKey),
    state: 'current',
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    // Clients strip the exact closing line, so nothing may follow it (contract §1.1).
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString().trimEnd(),
    createdAt: now,
  };
}

function parsePair(privateKeyPem: string, publicKeyPem: string): RsaPair | undefined {
  try {
    return { privateKey: createPrivateKey(privateKeyPem), publicKey: createPublicKey(publicKeyPem) };
  } catch {
    return undefined;
  }
}
