import { generateKeyPairSync, sign } from 'node:crypto';
import type { HostTokenKind } from '../../server/ports/security/host-tokens.ts';
import { createCodes } from '../../server/security/codes.ts';
import { createHostTokens } from '../../server/security/host-tokens.ts';
import { FakeClock } from '../support/clock.ts';

export const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
export const codes = createCodes({ key: Buffer.alloc(32) });
export const APP_ID = 'a'.repeat(32);
export const KINDS: readonly HostTokenKind[] = ['server', 'app', 'user', 'login', 'superuser'];

/** Host tokens on a clock of their own. */
export function setUp(config: { legacyTokensUntil?: number; sessionMaxDays?: number } = {}) {
  const clock = new FakeClock();
  const host = createHostTokens({
    privateKey,
    publicKey,
    config: {
      accessTokenDays: 30,
      loginTokenSeconds: 300,
      sessionMaxDays: config.sessionMaxDays ?? 365,
      legacyTokensUntil: config.legacyTokensUntil,
    },
    clock,
    codes,
  });
  return { clock, host };
}

export const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** Signs anything with the host key, as an old installation or a careless programmer could have. */
export function signed(
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
  key = privateKey,
) {
  const input = `${encode({ alg: 'RS256', typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

type Host = ReturnType<typeof setUp>['host'];
/** One good token of each kind. */
export const issue: Record<HostTokenKind, (host: Host) => Promise<string>> = {
  server: (host) => host.issueServerSecret({ name: 'here', generation: 2 }),
  app: (host) => host.issueAppToken({ appId: APP_ID, generation: 3 }),
  user: (host) => host.issueAccessToken({ appId: APP_ID, handle: 'ada@example.com', userId: 'u1', epoch: 4 }),
  login: async (host) =>
    (await host.issueLoginToken({ appId: APP_ID, userId: 'u1', factor: 'totp', epoch: 4 })).token,
  superuser: async (host) =>
    (await host.issueSuperUserToken({ appId: APP_ID, name: 'support', expiresInMinutes: 5 })).token,
};
