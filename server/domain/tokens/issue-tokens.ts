import type { App } from '../../model/app.ts';
import { type ErrorName, HostError } from '../../model/errors.ts';
import { loginEpoch, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { TokenSession } from '../../ports/security/host-tokens.ts';
import { DAY_MS } from '../../tools/duration.ts';
import { dueFactor } from '../factors/due-factor.ts';
import { rememberNetwork } from '../users/known-networks.ts';
import { noticeActive } from '../users/visits.ts';
import { requireCompleteMetadata, userClaims } from './claims.ts';
import { type LoginMethod, requireOpenAccount, requireOpenApp } from './open-account.ts';

export interface IssuedTokens {
  jwt: string;
  accessToken: string;
}

export type TokenDeps = Pick<
  Deps,
  | 'config'
  | 'store'
  | 'codes'
  | 'appTokens'
  | 'hostTokens'
  | 'texter'
  | 'clock'
  | 'events'
  | 'metrics'
  | 'figures'
  | 'origin'
>;

/**
 * The one gate through which a user gets tokens: app, user, lock and due factor are read anew, because they
 * may have changed while a password was hashed or a code awaited. Sets `lastLogin` and notes where the user
 * is. Throws `app_gone`, `app_suspended`, `app_migrated`, `invalid_credentials` (user gone, the proof
 * overtaken by a password or factor change, or a factor came due), `signup_pending`, `user_suspended`, and
 * `emptyMetadata` (default `invalid_metadata`) when a required field is empty that is not still due.
 * `joinedBy`: the flow of the signup that these tokens complete.
 */
export async function issueTokens(
  deps: TokenDeps,
  input: { app: App; user: User; method: LoginMethod; emptyMetadata?: ErrorName; joinedBy?: string },
): Promise<IssuedTokens> {
  const { method, emptyMetadata = 'invalid_metadata' } = input;
  const [app, user] = await Promise.all([
    deps.store.apps.find(input.app.id),
    deps.store.users.find(input.app.id, input.user.id),
  ]);
  if (!app) throw new HostError('app_gone');
  requireOpenApp(deps, app, { method, userId: input.user.id });
  if (!user) throw new HostError('invalid_credentials');
  requireOpenAccount(deps, user, method);
  // What was judged may not hold any more, and the tokens would outlive the change that ends all older ones.
  if (loginEpoch(user) !== loginEpoch(input.user)) throw new HostError('invalid_credentials');
  if (method === 'password' && dueFactor(deps, app, user)) throw new HostError('invalid_credentials');
  if (!user.metadataDue) requireCompleteMetadata(app, user.handle, user.metaData, emptyMetadata);
  const now = deps.clock.now();
  const [recorded, tokens] = await Promise.all([
    deps.store.users.recordLogin(app.id, user.id, now),
    signTokens(deps, { app, user }),
    rememberNetwork(deps, user),
  ]);
  if (!recorded) throw new HostError('invalid_credentials');
  deps.events.emit('login_succeeded', { userId: user.id, method });
  deps.metrics.login('succeeded');
  noticeActive(deps, user);
  await countLogin(deps, app, user, input);
  return tokens;
}

/**
 * Signs both tokens of a log-in, or with `session` of one that goes on. Whether the user may have them is for
 * the caller to see to: `issueTokens` for a log-in, `renewTokens` for a session.
 */
export async function signTokens(
  deps: Pick<Deps, 'config' | 'codes' | 'appTokens' | 'hostTokens' | 'clock'>,
  { app, user, session }: { app: App; user: User; session?: TokenSession },
): Promise<IssuedTokens> {
  const now = deps.clock.now();
  const { id: userId, handle, epoch } = user;
  const [jwt, accessToken] = await Promise.all([
    deps.appTokens.sign(app, userClaims(deps, { app, user, now, authTime: session?.authTime ?? now })),
    deps.hostTokens.issueAccessToken({ appId: app.id, handle, userId, epoch, ...(session && { session }) }),
  ]);
  return { jwt, accessToken };
}

/**
 * Counts a log-in, and the first one of somebody who signed up within a day, be it the one that comes with
 * the signup. Of that one alone the signup is read.
 */
async function countLogin(
  deps: Pick<Deps, 'store' | 'figures' | 'origin' | 'clock'>,
  app: App,
  user: User,
  { method, joinedBy }: { method: LoginMethod; joinedBy?: string },
): Promise<void> {
  if (method !== 'register' && joinedBy === undefined) {
    deps.figures.count(app.id, 'login', method);
    deps.figures.count(app.id, 'client', deps.origin.client(), 'login');
  }
  if (user.lastLogin !== undefined || deps.clock.now() - user.createdAt > DAY_MS) return;
  const flow = joinedBy ?? (await flowOfSignup(deps, user));
  if (flow !== undefined) deps.figures.count(app.id, 'login_within_a_day', flow);
}

/** Undefined for who joined otherwise. */
async function flowOfSignup({ store }: Pick<Deps, 'store'>, user: User): Promise<string | undefined> {
  const signup = await store.signups.findByHandle(user.appId, user.handle);
  if (signup?.userId !== user.id || signup.status !== 'verified') return undefined;
  return signup.kind === 'link' ? 'link' : 'code';
}
