/** RFC 6238: SHA-1, 6 digits, 30 s. */
export interface Totp {
  /** 160 bits, base32, upper case. */
  newSecret(): string;
  /** Whether an imported secret can be used at all. */
  isUsable(secret: string): boolean;
  /** The provisioning URI of contract §3.3. */
  uri(input: { issuer: string; handle: string; secret: string }): string;
  /**
   * The matching time step within ±1 of `now` that is greater than `afterStep`; `replayed` when only used
   * steps match; else undefined.
   */
  verify(input: {
    secret: string;
    code: string;
    now: number;
    afterStep: number | undefined;
  }): Promise<number | 'replayed' | undefined>;
}
