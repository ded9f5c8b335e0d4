import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { readJwt } from '../../tools/compact-jwt.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { userClaims } from '../tokens/claims.ts';
import { KEY_SET_HEADERS, publishedKeys } from '../tokens/published-keys.ts';
import { noteVerification } from '../tokens/verification.ts';
import { withValue } from '../users/metadata.ts';
import type { RuleFinding } from './finding.ts';
import type { VerifierOptions } from './verifier-rules.ts';
import { judgeToken, type VerifierName } from './verifiers.ts';

type CheckDeps = Pick<Deps, 'config' | 'store' | 'appTokens' | 'clock'>;

/** What was said of a token. */
export interface TokenVerdict {
  valid: boolean;
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  rules: RuleFinding[];
}

/**
 * What a verifier would say of a token, with the keys as they are published now; nobody is asked. `options`:
 * what the verifier was told. Throws `app_gone`.
 */
export async function verifyToken(
  deps: CheckDeps,
  input: { appId: string; token: string; as: VerifierName; options?: VerifierOptions | undefined },
): Promise<TokenVerdict> {
  const { appId, token, as, options = {} } = input;
  const app = await getAppForPortal(deps, appId);
  const jwt = readJwt(token);
  if (!jwt) return { header: {}, claims: {}, ...judgeToken(as, undefined) };
  const [{ issuer, jwks }, signed] = await Promise.all([
    publishedKeys(deps, app.id),
    deps.appTokens.isSigned(app, token),
  ]);
  const facts = {
    ...jwt,
    signed,
    issuer,
    options,
    now: deps.clock.now() / 1000,
    jwks: { keys: jwks.keys, headers: KEY_SET_HEADERS },
  };
  const verdict = judgeToken(as, facts);
  if (verdict.valid) noteVerification(deps, app.id);
  return { ...jwt, ...verdict };
}

/** A user JWT as it would be issued now, not signed; `bytes` is the length it would have. */
export interface SampleToken {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  bytes: number;
}

/**
 * The JWT that a user, or somebody who has just joined, would get now. Throws `app_gone` and `user_unknown`.
 */
export async function sampleToken(
  deps: CheckDeps & Pick<Deps, 'codes'>,
  { appId, userId }: { appId: string; userId?: string | undefined },
): Promise<SampleToken> {
  const app = await getAppForPortal(deps, appId);
  const user = userId === undefined ? sampleUser(app) : await deps.store.users.find(app.id, userId);
  if (!user) throw new HostError('user_unknown', { because: { reason: 'unknown_value', field: 'userId' } });
  const now = deps.clock.now();
  const claims = userClaims(deps, { app, user, now, authTime: now });
  return { claims, ...deps.appTokens.draft(app, claims) };
}

/** Somebody who has everything that a token of this app may show. */
function sampleUser(app: App): Pick<User, 'uid' | 'handle' | 'userName' | 'metaData'> {
  return {
    uid: '0'.repeat(32),
    handle: app.handleType === 'phone' ? '+15550123456' : 'ada@example.com',
    userName: 'ada',
    metaData: app.metaData.reduce((made, { path }) => withValue(made, path, 'sample'), {}),
  };
}
