import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';
import { isContested, type Signup, signupStateAt } from '../../model/signup.ts';
import { lacksPassword, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { type CodeDeps, judgeCode } from '../attempts/code-attempts.ts';
import type { MessageDeps } from '../messages/message.ts';
import { sendPasswordCode } from '../messages/reset-code.ts';
import { sendWelcome } from '../messages/welcome.ts';
import { isCompleteMetadata, requireCompleteMetadata } from '../tokens/claims.ts';
import { type IssuedTokens, issueTokens, type TokenDeps } from '../tokens/issue-tokens.ts';
import { type Change, change } from '../users/change.ts';
import { findSpelled, loginName } from '../users/handle.ts';
import { firstNetworks } from '../users/known-networks.ts';
import { requireRunning } from '../users/session.ts';
import { type CreateDeps, createUser, type MadeUser } from './create-user.ts';
import { forgetPolls } from './signup-polls.ts';
import { findRequest } from './signup-requests.ts';
import { countStep, countVerified, flowOf, noteStep } from './signup-steps.ts';

export type CompletionDeps = CodeDeps & CreateDeps & MessageDeps & Pick<Deps, 'passwords'>;

type ProofDeps = CodeDeps & Pick<Deps, 'figures'>;

export interface SignupProof {
  app: App;
  handle: string;
  /** Six digits of a mail or SMS, or the 39 of a link. */
  code: string;
}
export type SignupState = 'pending' | 'verified' | 'expired';

/** A signup whose code was right. */
export interface ProvenSignup {
  signup: Signup;
  state: SignupState;
}
interface Finishing {
  app: App;
  proven: ProvenSignup;
  /** Without a code: none was tried. */
  isVouched?: boolean;
  password?: string | undefined;
  /** See `NewUser`. */
  networks?: User['networks'];
}
/** An account that a signup became, settled as `signup`. */
interface Joined extends MadeUser {
  signup: Signup;
  contested: boolean;
}

/**
 * Completes a signup with its code and logs the new user in (contract §3.5.5). `password` chooses among the
 * requests of a contested signup and is ignored otherwise. The same code finishes what a crash interrupted.
 * Throws, in this order, the app's status, `signup_disabled`, `invalid_data` (no such code), and what
 * `finishSignup` throws.
 */
export async function completeSignup(
  deps: CompletionDeps & TokenDeps,
  { password, ...proof }: SignupProof & { password?: string | undefined },
): Promise<IssuedTokens> {
  const { app } = proof;
  const proven = await proveSignup(deps, proof);
  if (!proven) throw new HostError('invalid_data');
  const joined = await makeAccount(deps, { app, proven, password, networks: firstNetworks(deps) });
  const { user, isLoggedIn } = joined;
  // The signup is settled: what follows does not depend on each other and shares a commit. When one fails the
  // client logs in instead.
  const [tokens] = await Promise.all([
    issueTokens(deps, {
      app,
      user,
      isLoggedIn,
      method: 'signup',
      joinedBy: flowOf(app, joined.signup),
      emptyMetadata: 'invalid_data',
    }),
    tellJoined(deps, app, joined),
  ]);
  return tokens;
}

/**
 * Completes a proven signup and logs nobody in. Throws, in this order, `signup_expired`, `handle_taken` (used
 * already), `invalid_data` (a required metadata field of an uncontested signup is empty: the code is not
 * spent), `signup_disabled` (app full).
 */
export async function finishSignup(
  deps: CompletionDeps,
  { app, ...input }: Omit<Finishing, 'networks' | 'isVouched'>,
): Promise<void> {
  await tellJoined(deps, app, await makeAccount(deps, { app, ...input }));
}

/**
 * Completes a signup that waits, without its code: the portal vouches for the handle. A contested one becomes
 * an account without password. Throws `signup_unknown` when none waits, and what `finishSignup` throws.
 */
export async function vouchForSignup(
  deps: CompletionDeps,
  { app, handle }: { app: App; handle: string },
): Promise<User> {
  const signup = await findSpelled(app, handle, (spelling) =>
    deps.store.signups.findByHandle(app.id, spelling),
  );
  if (!signup || signupStateAt(signup, deps.clock.now()) !== 'waiting') throw new HostError('signup_unknown');
  const joined = await makeAccount(deps, { app, proven: { signup, state: 'pending' }, isVouched: true });
  await tellJoined(deps, app, joined);
  return joined.user;
}

/**
 * Makes the user and marks the row in one step, or one after the other where the store has no such step or
 * the row was changed meanwhile; it is marked in a conditional write: of any number of simultaneous uses of
 * a code or link one succeeds. A contested signup whose completer does not know the password of any request
 * becomes an account without password and metadata: whoever asked, only the mailbox is proven. Throws what
 * `finishSignup` throws.
 */
async function makeAccount(
  deps: CompletionDeps,
  { app, proven, isVouched = false, password, networks }: Finishing,
): Promise<Joined> {
  const { signup, state } = proven;
  if (state === 'expired') throw new HostError('signup_expired');
  if (state === 'verified') {
    await sendMissingPasswordCode(deps, app, signup);
    throw new HostError('handle_taken');
  }
  const contested = isContested(signup);
  const decided = contested ? await decide(deps, signup, password) : signup;
  const owned = isOwned(decided);
  const { handle, passwordHash, locale, metaData } = decided;
  if (owned && !contested) requireCompleteMetadata(app, handle, metaData, 'invalid_data');
  const complete = owned && isCompleteMetadata(app, handle, metaData);
  let verified: Change<Signup> | undefined;
  const made = await createUser(deps, {
    app,
    ids: decided,
    handle,
    ...(passwordHash && { passwordHash }),
    locale,
    metaData,
    metadataDue: !complete && app.metaData.length > 0,
    loginProvider: decided.signupProvider,
    networks,
    via: 'signup',
    full: 'signup_disabled',
    async insert(made) {
      const settled = asVerified(deps, decided, { row: decided, isVouched });
      const after = await deps.store.users.insertSettling(made, settled);
      if (after) verified = { before: decided, after };
    },
  });
  verified ??= await markVerified(deps, decided, isVouched);
  if (!isVouched && !verified.before.steps?.includes('tried')) countStep(deps, app, verified.after, 'tried');
  countVerified(deps, app, verified.after);
  return { ...made, signup: decided, contested };
}

/** The mailbox of an account that nobody owns yet gets a code to choose a password. */
async function tellJoined(deps: CompletionDeps, app: App, joined: Joined): Promise<void> {
  const { user, signup, contested } = joined;
  await Promise.all([
    sendWelcome(deps, signup, app, contested),
    isOwned(signup) ? undefined : sendPasswordCode(deps, app, user),
    forgetPolls(deps, app, signup.handle),
  ]);
}

/**
 * Settles a contested signup for good before anybody is made of it, so that of simultaneous completions all
 * make the same account. Throws `handle_taken` when it was completed or removed.
 */
async function decide(deps: CompletionDeps, signup: Signup, password: string | undefined): Promise<Signup> {
  const decided = await change(deps.clock, deps.store.signups, rereading(deps, signup), async (current) => {
    if (current.status !== 'pending') throw new HostError('handle_taken');
    if (!isContested(current)) return undefined;
    const request = password === undefined ? undefined : await findRequest(deps, current, password);
    return {
      ...current,
      passwordHash: request?.passwordHash,
      metaData: request?.metaData ?? {},
      locale: request?.locale ?? agreedLocale(current),
      requests: undefined,
      updatedAt: deps.clock.now(),
    };
  });
  if (!decided) throw new HostError('handle_taken');
  return decided.after;
}

/** The language of all who asked; of several nobody knows which is the owner's. */
function agreedLocale({ requests = [] }: Signup): string {
  const [locale = DEFAULT_LOCALE, ...others] = new Set(requests.map((request) => request.locale));
  return others.length === 0 ? locale : DEFAULT_LOCALE;
}

/**
 * pending → verified, whatever was asked for while the account was being made; `handle_taken` for all callers
 * but one.
 */
async function markVerified(
  deps: CompletionDeps,
  decided: Signup,
  isVouched: boolean,
): Promise<Change<Signup>> {
  const verified = await change(
    deps.clock,
    deps.store.signups,
    rereading(deps, decided),
    (current): Signup => {
      if (current.status !== 'pending') throw new HostError('handle_taken');
      return asVerified(deps, decided, { row: current, isVouched });
    },
  );
  if (!verified) throw new HostError('handle_taken');
  return verified;
}

/** A signup as it is settled; what was done with the row meanwhile is kept. */
function asVerified(
  { clock }: Pick<Deps, 'clock'>,
  decided: Signup,
  { row: { revision, steps = [] }, isVouched }: { row: Signup; isVouched: boolean },
): Signup {
  const settled = { ...decided, revision, status: 'verified' as const, requests: undefined };
  const taken = isVouched ? steps : [...new Set([...steps, 'tried' as const])];
  return { ...settled, steps: taken, updatedAt: clock.now() };
}

/** Answers a row as it was read already, and later as it is. */
function rereading({ store }: Pick<Deps, 'store'>, signup: Signup): () => Promise<Signup | undefined> {
  const known = [signup];
  return async () => known.pop() ?? store.signups.find(signup.appId, signup.id);
}

/** Whether the account has a password or a provider from the start. */
function isOwned({ passwordHash, signupProvider }: Signup): boolean {
  return passwordHash !== undefined || signupProvider !== '';
}

/** A crash may have come between the account and the mail with the code for its password. */
async function sendMissingPasswordCode(deps: CompletionDeps, app: App, signup: Signup): Promise<void> {
  const user = isOwned(signup) ? undefined : await deps.store.users.find(app.id, signup.userId);
  if (user && lacksPassword(user) && !user.resetCode) await sendPasswordCode(deps, app, user);
}

/**
 * The signup that the code belongs to, undefined when there is none; a wrong code counts. The time is looked
 * at last: only who has the code learns that it is late (contract 411). A link that was used stays `verified`
 * for as long as it would have lived. Throws the app's status and `signup_disabled`.
 */
export async function proveSignup(
  deps: ProofDeps,
  { app, handle, code }: SignupProof,
): Promise<ProvenSignup | undefined> {
  requireRunning(app);
  if (!app.signupEnabled) throw new HostError('signup_disabled');
  const name = loginName(app, handle);
  const signup = await findSpelled(app, handle, (spelling) =>
    deps.store.signups.findByHandle(app.id, spelling),
  );
  const right = await judgeCode(deps, {
    app,
    purpose: 'signup',
    subject: signup?.id ?? '',
    stored: signup?.code,
    code,
    who: { handle: name },
    evenExpired: true,
    ofLink: signup?.kind === 'link',
  });
  if (signup?.status === 'pending' && !right) {
    // Nobody waits for it: its time would tell whether there is a signup.
    noteStep(deps, app, signup, 'tried').catch(() => undefined);
  }
  if (!signup?.code || !right || signup.status === 'active') return undefined;
  if (signup.code.expiresAt <= deps.clock.now()) return { signup, state: 'expired' };
  return { signup, state: signup.status };
}
