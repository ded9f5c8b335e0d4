import type { Config } from '../model/config.ts';
import { HostError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Identity, IdentityTokens } from '../ports/security/identity-tokens.ts';
import { type Claims, isSignedBy, unverifiedKid, verifyForeignJwt } from './jwt.ts';
import { type KeySet, ProviderKeys } from './provider-keys.ts';

type Provider = 'apple' | 'google';

/**
 * See `IdentityTokens`. Follows OpenID Connect Core §3.1.3.7; never the key addresses a token names itself
 * (`jku`, `x5u`).
 */
export function createIdentityTokens(input: {
  config: Pick<Config, 'appleIssuer' | 'appleJwksUrl' | 'googleIssuer' | 'googleJwksUrl'>;
  clock: Clock;
}): IdentityTokens {
  const { config, clock } = input;
  const providers: Record<Provider, { issuers: string[]; keys: ProviderKeys }> = {
    apple: { issuers: [config.appleIssuer], keys: new ProviderKeys(config.appleJwksUrl, clock) },
    google: {
      // Google signs with and without the scheme.
      issuers: [config.googleIssuer, config.googleIssuer.replace(/^https:\/\//, '')],
      keys: new ProviderKeys(config.googleJwksUrl, clock),
    },
  };

  return {
    async examine({ provider, token }) {
      const { issuers, keys: providerKeys } = providers[provider];
      const kid = unverifiedKid(token);
      if (kid === undefined) return { key: 'unknown', signed: false, issuers };
      try {
        const keys = await providerKeys.find(kid);
        if (!keys) return { key: 'unknown', signed: false, issuers };
        return { key: 'known', signed: await isSignedBy(token, keys), issuers };
      } catch {
        return { key: 'unreachable', signed: false, issuers };
      }
    },
    async verify({ provider, token, audiences, nonce }) {
      const { issuers, keys: providerKeys } = providers[provider];
      const accepted = audiences.map((audience) => audience.trim()).filter((audience) => audience !== '');
      const kid = unverifiedKid(token);
      if (kid === undefined || accepted.length === 0) throw new HostError('invalid_identity_token');
      const keys = await ask(providerKeys, kid);
      if (!keys) throw new HostError('invalid_identity_token');
      const claims = await verifyForeignJwt({
        token,
        keys,
        issuers,
        audiences: accepted,
        now: clock.now(),
      }).catch(() => {
        throw new HostError('invalid_identity_token');
      });
      if (nonce !== undefined && claims.nonce !== nonce) throw new HostError('invalid_identity_token');
      return identityOf(claims);
    },
  };
}

async function ask(keys: ProviderKeys, kid: string): Promise<KeySet | undefined> {
  try {
    return await keys.find(kid);
  } catch (error) {
    // A new error: what fetch throws may hold addresses and answers.
    const name = error instanceof Error ? error.name : 'unknown';
    throw new HostError('internal', {
      cause: new TypeError(`the provider's keys could not be had: ${name}`),
    });
  }
}

function identityOf(claims: Claims): Identity {
  const { sub, email, email_verified: verified } = claims;
  if (typeof sub !== 'string' || sub === '') throw new HostError('invalid_identity_token');
  // Apple writes the flag as a text.
  const usable = typeof email === 'string' && (verified === true || verified === 'true');
  return { subject: sub, email: usable ? email.trim().toLowerCase() : undefined };
}
