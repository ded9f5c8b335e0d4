import { createRequire } from 'node:module';
import type { Totp } from '../ports/security/totp.ts';

const PERIOD_SECONDS = 30;
const SECRET_BYTES = 20;
/** Longest issuer and account in a provisioning address, percent-encoded. */
const ISSUER_MAX = 150;
const ACCOUNT_MAX = 300;
const require = createRequire(import.meta.url);
/** Loaded at first use; when that fails no code must be taken for a wrong one. */
const otplib = () => require('otplib') as typeof import('otplib');

/** See `Totp`. Secrets may come as an imported installation stored them: lower case, in groups, padded. */
export const totp: Totp = {
  newSecret: () => otplib().generateSecret({ length: SECRET_BYTES }),

  isUsable: (secret) => isUsable(normal(secret)),

  uri({ issuer, handle, secret }) {
    const account = labelPart(handle, ACCOUNT_MAX);
    const named = labelPart(issuer, ISSUER_MAX);
    const label = named === '' ? account : `${named}:${account}`;
    const parameters = named === '' ? '' : `&issuer=${named}`;
    return `otpauth://totp/${label}?secret=${normal(secret)}${parameters}&algorithm=SHA1&digits=6&period=${PERIOD_SECONDS}`;
  },

  async verify({ secret, code, now, afterStep }) {
    const step = await matchingStep(normal(secret), code, now, afterStep);
    if (step !== undefined || afterStep === undefined) return step;
    const used = await matchingStep(normal(secret), code, now, undefined);
    return used === undefined ? undefined : 'replayed';
  },
};

/** The step within ±1 of `now` (RFC 6238 §5.2) and after `afterStep` whose code this is. */
async function matchingStep(
  secret: string,
  code: string,
  now: number,
  afterStep: number | undefined,
): Promise<number | undefined> {
  if (!/^[0-9]{6}$/.test(code)) return undefined;
  const { verify } = otplib();
  try {
    const result = await verify({
      secret,
      token: code,
      epoch: Math.floor(now / 1000),
      epochTolerance: PERIOD_SECONDS,
      afterTimeStep: afterStep,
    });
    return result.valid && 'timeStep' in result ? result.timeStep : undefined;
  } catch {
    // The library throws for an unusable secret, and for a used step later than the window (a clock was set
    // back): no code is right then.
    return undefined;
  }
}

/** Base32 (RFC 4648 §6) of 16 to 64 bytes, the least and the most the library takes. */
function isUsable(secret: string): boolean {
  const { generateSync } = otplib();
  try {
    return generateSync({ secret, epoch: 0 }) !== '';
  } catch {
    return false;
  }
}

/**
 * A name, percent-encoded, in at most `max` characters, so that the picture of the address stays one a phone
 * can read. The colon parts issuer and account and may stand in neither (Key URI format), not even encoded;
 * control characters are none of a name either.
 */
function labelPart(name: string, max: number): string {
  const text = name.toWellFormed().replaceAll(/[\p{Cc}:\s]+/gu, ' ');
  let part = '';
  for (const letter of text.trim()) {
    const encoded = encodeURIComponent(letter);
    if (part.length + encoded.length > max) break;
    part += encoded;
  }
  return part;
}

function normal(secret: string): string {
  return secret.replace(/[\s=-]/g, '').toUpperCase();
}
