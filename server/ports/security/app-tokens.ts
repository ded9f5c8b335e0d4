import type { App } from '../../model/app.ts';

/** User JWTs, signed with an app's own key (contract §7). */
export interface AppTokens {
  /** Signs with the app's current key; sets `kid`. `claims` must be complete, times in JWT seconds. */
  sign(app: App, claims: Record<string, unknown>): Promise<string>;
  /** Public halves of all the app's keys as a JWKS (RFC 7517). */
  jwks(app: App): { keys: Record<string, unknown>[] };
}
