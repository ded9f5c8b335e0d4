/** A provider's identity token after verification. */
export interface Identity {
  subject: string;
  /** Only when the provider says it is verified; lower case. */
  email: string | undefined;
}

/** What can be told of a token's signature and of whoever might have made it, whatever its claims are. */
export interface Examination {
  /** Whether the provider has the key that the header names; its keys may not be had at all. */
  key: 'known' | 'unknown' | 'unreachable';
  /** Whether that key made the signature. */
  signed: boolean;
  /** Whom the provider calls itself; the first is its usual name. */
  issuers: readonly string[];
}

export interface IdentityTokens {
  /** Looks at a token without judging its claims. */
  examine(input: { provider: 'apple' | 'google'; token: string }): Promise<Examination>;
  /**
   * Verifies an Apple or Google identity token: RS256, key by `kid` from the provider's JWKS (cached,
   * refetched at most every 30 s, 5 s time-out), `iss`, `aud` one of `audiences` (of several `aud`, `azp`
   * too), `exp`, `nonce` when given. Throws `invalid_identity_token`; a provider that cannot be reached is
   * `internal`.
   */
  verify(input: {
    provider: 'apple' | 'google';
    token: string;
    audiences: readonly string[];
    nonce?: string;
  }): Promise<Identity>;
}
