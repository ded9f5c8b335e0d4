import type { App } from '../../model/app.ts';

/** User JWTs, signed with an app's own key (contract §7). */
export interface AppTokens {
  /** Signs with the app's current key; sets `kid`. `claims` must be complete, times in JWT seconds. */
  sign(app: App, claims: Record<string, unknown>): Promise<string>;
  /** The header such a JWT would have and the length of its text, without signing it. */
  draft(app: App, claims: Record<string, unknown>): { header: Record<string, unknown>; bytes: number };
  /** Whether one of the app's published keys, the one that the header names, made the signature. */
  isSigned(app: App, token: string): Promise<boolean>;
  /** Public halves of all the app's keys as a JWKS (RFC 7517). */
  jwks(app: App): { keys: Record<string, unknown>[] };
}
