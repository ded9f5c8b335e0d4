/** What a user JWT says beside metadata (RFC 7519 §4.1, OpenID Connect Core §2), as discovery lists it. */
export const USER_CLAIMS = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'auth_time'] as const;

/** Claims of the host: metadata never sets them (contract §7 step 7, design §13). */
export const RESERVED_CLAIMS = [...USER_CLAIMS, 'jti', 'superUser'] as const;

/** Beginnings of metadata paths that no app may define: claims, and members of the host's own tokens. */
export const RESERVED_PATHS: ReadonlySet<string> = new Set([
  ...RESERVED_CLAIMS,
  'kid',
  'typ',
  'scope',
  'appId',
]);
