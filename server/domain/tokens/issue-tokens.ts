import type { App } from '../../model/app.ts';
import { type ErrorName, HostError } from '../../model/errors.ts';
import { loginEpoch, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { TokenSession } from '../../ports/security/host-tokens.ts';
import { DAY_MS } from '../../tools/duration.ts';
import { dueFactor } from '../factors/due-factor.ts';
import { withNetwork } from '../users/known-networks.ts';
import { countVisit, firstOfDay } from '../users/visits.ts';
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

interface Issue {
  app: App;
  user: User;
  method: LoginMethod;
  emptyMetadata?: ErrorName;
  joinedBy?: string;
  isLoggedIn?: boolean;
}

/** How often a user may be written by others while being let in. */
const ATTEMPTS = 40;

/**
 * The one gate through which a user gets tokens: app, user, lock and due factor are looked at again, because
 * they may have changed while a password was hashed or a code awaited. The user at hand is taken for what is
 * stored, and read anew where `lastLogin`, which is set for that very revision, tells that somebody wrote it
 * since. Notes where the user is. Throws `app_gone`, `app_suspended`, `app_migrated`, `invalid_credentials`
 * (user gone, the proof overtaken by a password or factor change, or a factor came due), `signup_pending`,
 * `user_suspended`, and `emptyMetadata` (default `invalid_metadata`) when a required field is empty that is
 * not still due. `joinedBy`: the flow of the signup that these tokens complete. `isLoggedIn`: the user was
 * inserted a moment ago, with this log-in in the row (`createUser`).
 */
export async function issueTokens(deps: TokenDeps, input: Issue): Promise<IssuedTokens> {
  const app = await deps.store.apps.find(input.app.id);
  if (!app) throw new HostError('app_gone');
  requireOpenApp(deps, app, { method: input.method, userId: input.user.id });
  let user: User | undefined = input.user;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!user) throw new HostError('invalid_credentials');
    const tokens = await letIn(deps, { ...input, app, user }, input.user);
    if (tokens) return tokens;
    if (attempt > 2) await deps.clock.pause(attempt);
    user = await deps.store.users.find(app.id, user.id);
  }
  throw new HostError('service_unavailable', { retryAfterSeconds: 1 });
}

/** Undefined when the user was written since, or is gone. */
async function letIn(deps: TokenDeps, input: Issue, judged: User): Promise<IssuedTokens | undefined> {
  const { app, user, method, emptyMetadata = 'invalid_metadata' } = input;
  requireOpenAccount(deps, user, method);
  // What was judged may not hold any more, and the tokens would outlive the change that ends all older ones.
  if (loginEpoch(user) !== loginEpoch(judged)) throw new HostError('invalid_credentials');
  if (method === 'password' && dueFactor(deps, app, user)) throw new HostError('invalid_credentials');
  if (!user.metadataDue) requireCompleteMetadata(app, user.handle, user.metaData, emptyMetadata);
  const now = deps.clock.now();
  const newDay = firstOfDay(deps, user);
  const [recorded, tokens, firstOf] = await Promise.all([
    input.isLoggedIn || deps.store.users.recordLogin(user, now, withNetwork(deps, user), newDay),
    signTokens(deps, { app, user }),
    firstLoginOf(deps, input),
  ]);
  if (!recorded) return undefined;
  deps.events.emit('login_succeeded', { userId: user.id, method });
  deps.metrics.login('succeeded');
  if (newDay !== undefined) countVisit(deps, user, newDay);
  countLogin(deps, input, firstOf);
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

/** Counts a log-in; `firstOf`: the flow of the signup that it is the first one after. */
function countLogin(
  deps: Pick<Deps, 'figures' | 'origin'>,
  { app, method, joinedBy }: Issue,
  firstOf: string | undefined,
): void {
  if (method !== 'register' && joinedBy === undefined) {
    deps.figures.count(app.id, 'login', method);
    deps.figures.count(app.id, 'client', deps.origin.client(), 'login');
  }
  if (firstOf !== undefined) deps.figures.count(app.id, 'login_within_a_day', firstOf);
}

/**
 * By which signup somebody joined who logs in for the first time and signed up within a day, be it that the
 * log-in comes with the signup. Of that one alone the signup is read.
 */
async function firstLoginOf(
  deps: Pick<Deps, 'store' | 'clock'>,
  { user, joinedBy, isLoggedIn }: Issue,
): Promise<string | undefined> {
  const isFirst = isLoggedIn || user.lastLogin === undefined;
  if (!isFirst || deps.clock.now() - user.createdAt > DAY_MS) return undefined;
  return joinedBy ?? flowOfSignup(deps, user);
}

/** Undefined for who joined otherwise. */
async function flowOfSignup({ store }: Pick<Deps, 'store'>, user: User): Promise<string | undefined> {
  const signup = await store.signups.findByHandle(user.appId, user.handle);
  if (signup?.userId !== user.id || signup.status !== 'verified') return undefined;
  return signup.kind === 'link' ? 'link' : 'code';
}
