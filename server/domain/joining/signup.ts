import type { App } from '../../model/app.ts';
import { HostError, isHostError } from '../../model/errors.ts';
import type { Metadata } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { HOUR_MS } from '../../tools/duration.ts';
import type { CodeDeps } from '../attempts/code-attempts.ts';
import { admitCode, giveBackCode, sendAdmitted } from '../attempts/code-budget.ts';
import type { BudgetDeps } from '../attempts/message-budgets.ts';
import { standIn } from '../attempts/stand-in.ts';
import { sendAlreadyRegistered } from '../messages/already-registered.ts';
import type { MessageDeps } from '../messages/message.ts';
import { sendWelcome } from '../messages/welcome.ts';
import { requireSentMetadata } from '../tokens/claims.ts';
import { type IssuedTokens, issueTokens, type TokenDeps } from '../tokens/issue-tokens.ts';
import { findHolder, isEmail, parseHandle } from '../users/handle.ts';
import { firstNetworks } from '../users/known-networks.ts';
import { chosenLocale } from '../users/locale.ts';
import { parseMetadata } from '../users/metadata.ts';
import { type NewPassword, requireNewPassword } from '../users/password-rules.ts';
import { requireFreeSeat } from '../users/seats.ts';
import { requireRunning } from '../users/session.ts';
import { type CreateDeps, createUser } from './create-user.ts';
import { newSignupCode, sendSignupCode } from './signup-message.ts';
import { hashWish, LATE_SIGNUP_MS, newSignup, putSignup, storeWish, type Wish } from './signup-requests.ts';
import { countRequested, countVerified, flowOf } from './signup-steps.ts';

export type JoinDeps = CreateDeps & MessageDeps & TokenDeps & BudgetDeps;

/** Somebody who joins without confirming anything. */
interface Joining {
  app: App;
  handle: string;
  passwordHash?: string;
  /** The provider that vouches for the handle, and its name for the person. */
  social?: { provider: 'apple' | 'google'; userId: string };
  metaData: Metadata;
  locale: string;
}

/**
 * Signs somebody up (contract §3.5.4). Flow `none` answers tokens; `code` and `link` send a message and
 * answer true. Who asks for a handle that waits may be somebody else: their password contests the signup and
 * never takes the place of another, even when no more messages may be sent. Throws, in this order,
 * `invalid_data` (password, handle), the app's status, `signup_disabled` (also when the app is full),
 * `handle_taken`, `invalid_metadata`, and `internal` when the message was refused;
 * the request then waits all the same (A11).
 */
export async function signUp(
  deps: JoinDeps & CodeDeps & Pick<Deps, 'passwords'>,
  input: {
    app: App;
    handle: string;
    password: NewPassword;
    metaData?: string | undefined;
    locale?: string | undefined;
  },
): Promise<IssuedTokens | true> {
  const { app } = input;
  requireNewPassword(app, input.password);
  const password = input.password.md5;
  const handle = parseHandle(app, input.handle);
  requireRunning(app);
  if (!app.signupEnabled) throw new HostError('signup_disabled');
  const registered = (await findHolder(deps, app, input.handle)) !== undefined;
  const hides = app.hideAccounts && app.signupFlow !== 'none';
  if (registered && !hides) throw new HostError('handle_taken');
  const locale = chosenLocale(app, input.locale);
  const metaData = parseMetadata(app.metaData, input.metaData, { onBadText: 'invalid_metadata' });
  await requireFreeSeat(deps, app, 'signup_disabled');
  if (app.signupFlow === 'none') requireSentMetadata(app, handle, metaData, 'invalid_data');
  // Before any write, so that sign-ups do not queue behind each other's hashes. Who joins at once takes the
  // place of whatever waits: their password is compared with no other.
  const joinsAtOnce = app.signupFlow === 'none';
  const hashing = joinsAtOnce ? deps.passwords.hash(password) : hashWish(deps, { app, handle, password });
  const wish = { app, handle, password, passwordHash: await hashing, metaData, locale };
  if (joinsAtOnce) return joinAtOnce(deps, wish);
  const budget = mailBudget(app, handle);
  const admitted = await admitCode(deps, budget);
  const send = admitted && (registered ? tellOwner : inviteToConfirm);
  if (send) await sendAdmitted(deps, budget, () => send(deps, wish));
  else await (registered ? storeNothing : storeWish)(deps, wish);
  return true;
}

/**
 * In an app that hides accounts: writes for a handle that has one as often as the wish of a newcomer does,
 * which inserts a row, or finds one and replaces it.
 */
async function storeNothing(
  deps: Pick<Deps, 'config' | 'store' | 'clock' | 'handleRef'>,
  { app, handle }: Wish,
): Promise<void> {
  const what = { app, handle, what: 'signup' };
  const lastsMs = deps.config.signupHours * HOUR_MS + LATE_SIGNUP_MS;
  const before = await standIn(deps, what, { writes: 1, lastsMs });
  if (before > 0) await standIn(deps, what, { writes: 1, lastsMs });
}

/**
 * Makes the account of somebody whose handle needs no confirmation. The user goes first: after a crash in
 * between they can log in (design §5). Throws `handle_taken`, and `signup_disabled` when the app is full.
 */
export async function joinAtOnce(deps: JoinDeps, joining: Joining): Promise<IssuedTokens> {
  const { app, handle, passwordHash, social, metaData, locale } = joining;
  const signupProvider = social?.provider ?? '';
  const signup = newSignup(deps, joining, { status: 'active', kind: 'none', passwordHash, signupProvider });
  // Counted while the account is made: neither needs the other, and they share their commits.
  const admitting = social ? Promise.resolve(true) : admitWelcome(deps, app, handle);
  const making = createUser(deps, {
    app,
    ids: signup,
    handle,
    passwordHash,
    locale,
    metaData,
    loginProvider: signupProvider,
    socialUserId: social?.userId,
    networks: firstNetworks(deps),
    via: social?.provider ?? 'signup',
    full: 'signup_disabled',
  });
  const [made, admitted] = await Promise.allSettled([making, admitting]);
  if (made.status === 'rejected') {
    if (!social && admitted.status === 'fulfilled' && admitted.value)
      await giveBackCode(deps, mailBudget(app, handle));
    throw made.reason;
  }
  if (admitted.status === 'rejected') throw admitted.reason;
  const { user, isLoggedIn } = made.value;
  const method = social?.provider ?? 'signup';
  countRequested(deps, app, signup);
  countVerified(deps, app, signup);
  // The user is there: what follows does not depend on each other and shares a commit. When one fails the
  // client logs in instead.
  const [tokens] = await Promise.all([
    issueTokens(deps, {
      app,
      user,
      isLoggedIn,
      method,
      joinedBy: flowOf(app, signup),
      emptyMetadata: 'invalid_data',
    }),
    // Whatever waited for the handle goes: what others asked for has no part in this account.
    putSignup(deps, signup, ({ id, revision, createdAt }) => ({ ...signup, id, revision, createdAt })),
    admitted.value && sendWelcome(deps, signup, app),
  ]);
  return tokens;
}

/**
 * Whether the welcome may be sent where nobody has shown that the mailbox is theirs: it counts like every
 * mail to a stranger. Beyond the budgets it is left out, and the account is made all the same.
 */
async function admitWelcome(deps: JoinDeps, app: App, handle: string): Promise<boolean> {
  if (!isEmail(handle)) return false;
  try {
    return await admitCode(deps, mailBudget(app, handle));
  } catch (error) {
    if (isHostError(error, 'too_many_requests')) return false;
    throw error;
  }
}

function mailBudget(app: App, handle: string) {
  return { app, subject: handle, purpose: 'signup', unproven: { to: handle, open: true } } as const;
}

/** Stores what was asked for and sends a new code or link. */
async function inviteToConfirm(
  deps: JoinDeps & CodeDeps & Pick<Deps, 'passwords'>,
  wish: Wish,
): Promise<void> {
  const code = newSignupCode(deps, wish.app);
  await sendSignupCode(deps, wish.app, await storeWish(deps, wish, code), code);
}

async function tellOwner(deps: MessageDeps, wish: Wish): Promise<void> {
  await storeNothing(deps, wish);
  await sendAlreadyRegistered(deps, wish, wish.app);
}
