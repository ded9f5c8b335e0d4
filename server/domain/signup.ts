import type { App } from '../model/app.ts';
import { HOUR_MS } from '../model/duration.ts';
import { HostError, isHostError } from '../model/errors.ts';
import type { Signup } from '../model/signup.ts';
import type { Metadata } from '../model/user.ts';
import type { Deps } from '../ports/deps.ts';
import { requireRunning } from './caller.ts';
import { change } from './change.ts';
import { requireSentMetadata } from './claims.ts';
import { admitCode, type CodeDeps, sendAdmitted } from './code-attempts.ts';
import { type CreateDeps, createUser } from './create-user.ts';
import { findHolder, parseHandle } from './handle.ts';
import { type IssuedTokens, issueTokens, type TokenDeps } from './issue-tokens.ts';
import { requireLocale } from './locale.ts';
import { type MessageDeps, sendMessage } from './message.ts';
import { parseMetadata } from './metadata.ts';
import { requireNewPassword } from './password-rules.ts';
import { requireFreeSeat } from './seats.ts';

export type JoinDeps = CreateDeps & MessageDeps & TokenDeps;

interface SignupRequest {
  app: App;
  handle: string;
  passwordHash?: string;
  /** The provider that vouches for the handle, and its name for the person. */
  social?: { provider: 'apple' | 'google'; userId: string };
  metaData: Metadata;
  locale: string;
}

/**
 * Signs somebody up (contract §3.5.4). Flow `none` answers tokens; `code` and `link` send a message and answer true. A further request for
 * a handle that waits replaces its row whole, so that an old code never opens an account with a new password (security rule 13). Throws,
 * in this order, `invalid_data` (password, handle), the app's status, `signup_disabled` (also when the app is full), `handle_taken`,
 * `invalid_data` (locale), `invalid_metadata`, and `internal` when the message was refused; the request then waits all the same (A11).
 */
export async function signUp(
  deps: JoinDeps & CodeDeps & Pick<Deps, 'passwords'>,
  input: {
    app: App;
    handle: string;
    password: string;
    metaData?: string | undefined;
    locale?: string | undefined;
  },
): Promise<IssuedTokens | true> {
  const { app, password } = input;
  requireNewPassword(app, password);
  const handle = parseHandle(app, input.handle);
  requireRunning(app);
  if (!app.signupEnabled) throw new HostError('signup_disabled');
  const registered = (await findHolder(deps, app, input.handle)) !== undefined;
  const hides = app.hideAccounts && app.signupFlow !== 'none';
  if (registered && !hides) throw new HostError('handle_taken');
  const locale = requireLocale(app, input.locale);
  const metaData = parseMetadata(app.metaData, input.metaData, { onBadText: 'invalid_metadata' });
  await requireFreeSeat(deps, app, 'signup_disabled');
  if (app.signupFlow === 'none') requireSentMetadata(app, handle, metaData, 'invalid_data');
  // Before any write, so that sign-ups do not queue behind each other's hashes.
  const passwordHash = await deps.passwords.hash(password);
  const request = { app, handle, passwordHash, metaData, locale };
  if (app.signupFlow === 'none') return joinAtOnce(deps, request);
  const budget = { app, subject: handle, purpose: 'signup' } as const;
  if (!(await admitCode(deps, budget))) return true;
  await sendAdmitted(deps, budget, () => (registered ? tellOwner : inviteToConfirm)(deps, request));
  return true;
}

/**
 * Makes the account of somebody whose handle needs no confirmation. The user goes first: after a crash in between they can log in
 * (design §5). Throws `handle_taken`, and `signup_disabled` when the app is full.
 */
export async function joinAtOnce(deps: JoinDeps, request: SignupRequest): Promise<IssuedTokens> {
  const { app, handle, passwordHash, social, metaData, locale } = request;
  const signup = newSignup(deps, request, { status: 'active', kind: 'none' });
  const user = await createUser(deps, {
    app,
    ids: signup,
    handle,
    passwordHash,
    locale,
    metaData,
    loginProvider: social?.provider ?? '',
    socialUserId: social?.userId,
    via: social?.provider ?? 'signup',
    full: 'signup_disabled',
  });
  const method = social?.provider ?? 'signup';
  // The user is there: what follows does not depend on each other and shares a commit. When one fails the client logs in instead.
  const [tokens] = await Promise.all([
    issueTokens(deps, { app, user, method, emptyMetadata: 'invalid_data' }),
    putSignup(deps, signup),
    sendWelcome(deps, signup, app),
  ]);
  return tokens;
}

/** Stores a new request and sends its code or link. */
async function inviteToConfirm(deps: MessageDeps, request: SignupRequest): Promise<void> {
  const { app, handle, locale } = request;
  const byLink = app.signupFlow === 'link';
  const pending = newSignup(deps, request, { status: 'pending', kind: byLink ? 'link' : 'code' });
  const code = byLink ? deps.codes.newLinkCode() : deps.codes.newCode();
  const expiresAt = pending.updatedAt + deps.config.signupHours * HOUR_MS;
  await putSignup(deps, pending, (signup) => ({
    ...signup,
    code: deps.codes.stored({ purpose: 'signup', appId: app.id, subject: signup.id, code, expiresAt }),
  }));
  await sendMessage(deps, {
    app,
    name: byLink ? 'signUpLink' : 'signUp',
    locale,
    to: handle,
    values: {},
    ...(byLink ? { link: signupLink(deps, { app, handle, code }) } : { code }),
    purpose: 'signup',
    outcome: 'wait',
  });
}

/** The address that completes a signup (contract §6, operator §6): always below `API_URL`, every value percent-encoded. */
function signupLink(
  deps: Pick<Deps, 'config'>,
  { app, handle, code }: { app: App; handle: string; code: string },
): string {
  const url = new URL(`${deps.config.apiUrl}/api/appuser/completeSignup`);
  // Not `URLSearchParams`: it writes a blank as `+`, which old readers of links do not undo.
  const query = Object.entries({ appToken: app.appToken, handle, code });
  url.search = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return url.href;
}

/** In an app that hides accounts the owner of the handle learns what the answer does not say. */
function tellOwner(deps: MessageDeps, { app, handle, locale }: SignupRequest): Promise<void> {
  return sendMessage(deps, {
    app,
    name: 'alreadyRegistered',
    locale,
    to: handle,
    values: {},
    outcome: 'wait',
  });
}

/** The welcome mail of whatever way somebody joined. */
export function sendWelcome(
  deps: MessageDeps,
  { handle, locale }: Pick<Signup, 'handle' | 'locale'>,
  app: App,
): Promise<void> {
  return sendMessage(deps, { app, name: 'signUpSuccess', locale, to: handle, values: {}, outcome: 'queue' });
}

function newSignup(
  deps: Pick<Deps, 'codes' | 'clock'>,
  { app, handle, passwordHash, social, metaData, locale }: SignupRequest,
  { status, kind }: Pick<Signup, 'status' | 'kind'>,
): Signup {
  const now = deps.clock.now();
  return {
    id: deps.codes.newRowId(now),
    appId: app.id,
    revision: 1,
    handle,
    status,
    kind,
    passwordHash,
    userId: deps.codes.newRowId(now),
    uid: deps.codes.newId(),
    metaData,
    locale,
    signupProvider: social?.provider ?? '',
    createdAt: now,
    updatedAt: now,
  };
}

/**
 * Stores a request: a new row, or the whole of the one the handle has. Throws `handle_taken` when that one was completed meanwhile.
 * `withCode` adds the code, which is bound to the id of the row.
 */
async function putSignup(
  deps: Pick<Deps, 'store'>,
  fresh: Signup,
  withCode: (signup: Signup) => Signup = (signup) => signup,
): Promise<void> {
  const { signups, users } = deps.store;
  const { appId, handle } = fresh;
  try {
    return await signups.insert(withCode(fresh));
  } catch (error) {
    if (!isHostError(error, 'handle_taken')) throw error;
  }
  const stored = await change(
    signups,
    () => signups.findByHandle(appId, handle),
    async ({ id, revision, createdAt }) => {
      const joined = fresh.status === 'pending' && (await users.findByHandle(appId, handle));
      if (joined) throw new HostError('handle_taken');
      return withCode({ ...fresh, id, revision, createdAt });
    },
  );
  // Removed between the two: there is room for a new row.
  if (!stored) await putSignup(deps, fresh, withCode);
}
