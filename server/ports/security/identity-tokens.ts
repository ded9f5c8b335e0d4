/** A provider's identity token after verification. */
export interface Identity {
  subject: string;
  /** Only when the provider says it is verified; lower case. */
  email: string | undefined;
}

export interface IdentityTokens {
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
