import { createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { CodePurpose, Codes } from '../ports/security/codes.ts';
import { takeRandom } from './random.ts';

const PART_DIGITS = 13;

/**
 * See `Codes`. `key` (256 bits, from the data key) makes digests worthless to whoever only has the database.
 * `asker` names the place of the request that is being answered.
 */
export function createCodes({ key, asker }: { key: Buffer; asker?: () => string }): Codes {
  function digest(purpose: CodePurpose, appId: string, subject: string, code: string): string {
    // As JSON, so that no two quadruples read alike.
    const bound = JSON.stringify([purpose, appId, subject, code]);
    return createHmac('sha256', key).update(bound).digest('base64url');
  }

  const maker = randomBytes(5).toString('hex');
  // From the lower half: the first eight million ids of one process stay in order.
  let counter = randomInt(2 ** 23);

  return {
    newRowId(now) {
      const seconds = Math.floor(now / 1000) % 2 ** 32;
      counter = (counter + 1) % 2 ** 24;
      return seconds.toString(16).padStart(8, '0') + maker + counter.toString(16).padStart(6, '0');
    },
    newId,
    newSecret: () => takeRandom(32).toString('base64url'),
    newCode: () => String(randomInt(100_000, 1_000_000)),
    newLinkCode() {
      // `randomInt` ends at 2^48: three parts of 13 digits. The first digit is never 0, so the code survives
      // being read as a number.
      const rest = () => String(randomInt(10 ** PART_DIGITS)).padStart(PART_DIGITS, '0');
      return String(randomInt(10 ** (PART_DIGITS - 1), 10 ** PART_DIGITS)) + rest() + rest();
    },
    newRecoveryCode: () => String(randomInt(1_000_000_000, 10_000_000_000)),
    digest,
    matches(purpose, appId, subject, code, stored) {
      const expected = Buffer.from(digest(purpose, appId, subject, code));
      const given = Buffer.from(stored);
      return expected.length === given.length && timingSafeEqual(expected, given);
    },
    stored({ purpose, appId, subject, code, expiresAt, boundTo }) {
      return {
        id: newId(),
        digest: digest(purpose, appId, subject, code),
        expiresAt,
        ...(asker && { asker: asker() }),
        ...(boundTo !== undefined && { boundTo }),
      };
    },
  };
}

function newId(): string {
  return takeRandom(16).toString('hex');
}
