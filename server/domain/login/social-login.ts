import type { App } from '../../model/app.ts';
import { type ErrorName, HostError, isHostError } from '../../model/errors.ts';
import type { LoginProvider, User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { Identity } from '../../ports/security/identity-tokens.ts';
import { type JoinDeps, joinAtOnce } from '../joining/signup.ts';
import { type MessageDeps, sendMessage } from '../messages/message.ts';
import { requireSentMetadata } from '../tokens/claims.ts';
import { type IssuedTokens, issueTokens, type TokenDeps } from '../tokens/issue-tokens.ts';
import { requireOpenAccount, requireOpenApp } from '../tokens/open-account.ts';
import { changeUser, wasChanged } from '../users/change.ts';
import { findHolder, loginName, parseHandle } from '../users/handle.ts';
import { chosenLocale } from '../users/locale.ts';
import { parseMetadata } from '../users/metadata.ts';
import { requireRunning } from '../users/session.ts';

export type IdentityDeps = Pick<Deps, 'identityTokens' | 'events'>;

export type SocialProvider = Exclude<LoginProvider, ''>;

/** The answer that names the account standing in the way, by its provider. */
const ACCOUNT_EXISTS: Record<LoginProvider, ErrorName> = {
  '': 'email_account_exists',
  apple: 'apple_account_exists',
  google: 'google_account_exists',
};

const PROVIDER_NAMES: Record<SocialProvider, string> = { apple: 'Apple', google: 'Google' };

interface IdentityInput {
  app: App;
  provider: SocialProvider;
  token: string;
  nonce?: string | undefined;
}

/** The ids that a provider knows the app by. */
export function audienceIds(app: App, provider: SocialProvider): string[] {
  const ids = provider === 'apple' ? app.appleBundleId : app.googleClientId;
  return (ids ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
}

/**
 * Throws `apple_unsupported` or `google_unsupported` when the provider is off or has no audience; else the
 * accepted audiences.
 */
function audiencesOf(app: App, provider: SocialProvider): string[] {
  const enabled = provider === 'apple' ? app.appleLoginEnabled : app.googleLoginEnabled;
  const audiences = audienceIds(app, provider);
  if (enabled && audiences.length > 0) return audiences;
  throw new HostError(provider === 'apple' ? 'apple_unsupported' : 'google_unsupported');
}

/**
 * Verifies an identity token for an app. Throws `apple_unsupported`, `google_unsupported`,
 * `invalid_identity_token`.
 */
export async function identify(deps: IdentityDeps, input: IdentityInput): Promise<Identity> {
  const { app, provider, token, nonce } = input;
  const audiences = audiencesOf(app, provider);
  try {
    return await deps.identityTokens.verify({ provider, token, audiences, ...(nonce && { nonce }) });
  } catch (error) {
    if (isHostError(error, 'invalid_identity_token')) {
      deps.events.emit('login_failed', { method: provider, reason: 'identity_token' });
    }
    throw error;
  }
}

/**
 * Logs a user in with an identity token: matched by the provider's subject, else by an e-mail the provider
 * verified. A provider's log-in is a factor of its own (contract A20). An imported account without a subject
 * gets the one that opens it first. Throws `account_unknown` (`invalid_credentials` while the app hides
 * accounts) and, when the e-mail belongs to an account of another kind, the code that names it; never is that
 * account taken over.
 */
export async function socialLogIn(
  deps: IdentityDeps & TokenDeps & MessageDeps,
  input: IdentityInput,
): Promise<IssuedTokens> {
  const { app, provider } = input;
  requireOpenApp(deps, app, { method: provider });
  const identity = await identify(deps, input);
  const found = await ownerByIdentity(deps, app, provider, identity);
  if (found) requireOpenAccount(deps, found, provider);
  const user = found && (await bound(deps, { app, user: found, provider, identity }));
  if (!user) throw new HostError(app.hideAccounts ? 'invalid_credentials' : 'account_unknown');
  return issueTokens(deps, { app, user, method: provider });
}

async function ownerByIdentity(
  deps: Pick<Deps, 'store'>,
  app: App,
  provider: SocialProvider,
  identity: Identity,
): Promise<User | undefined> {
  const user = await deps.store.users.findBySocialId(app.id, provider, identity.subject);
  if (user || !identity.email) return user;
  const namesake = await findHolder(deps, app, identity.email);
  if (!namesake) return undefined;
  if (namesake.loginProvider !== provider) throw new HostError(ACCOUNT_EXISTS[namesake.loginProvider]);
  // An imported account whose subject is not recorded, or was just now; with another subject it is somebody
  // else's former address.
  const isOthers = namesake.socialUserId && namesake.socialUserId !== identity.subject;
  return isOthers ? undefined : namesake;
}

/**
 * The account with the subject of its owner, who is told when it is recorded only now; undefined when another
 * subject was faster. From then on the e-mail opens nothing: whoever gets the address later is somebody else.
 */
async function bound(
  deps: MessageDeps,
  input: { app: App; user: User; provider: SocialProvider; identity: Identity },
): Promise<User | undefined> {
  const { app, user, provider, identity } = input;
  if (user.socialUserId) return user;
  const { subject: socialUserId } = identity;
  const binding = await changeUser(deps, user, (current) =>
    !current.socialUserId && current.loginProvider === provider
      ? { ...current, socialUserId, updatedAt: deps.clock.now() }
      : undefined,
  );
  const stored = binding?.after;
  if (stored?.loginProvider !== provider || stored.socialUserId !== socialUserId) return undefined;
  if (!wasChanged(binding)) return stored;
  deps.events.emit('identity_bound', { userId: user.id, provider });
  await sendMessage(deps, {
    app,
    name: 'identityBound',
    locale: user.locale,
    to: user.handle,
    values: { PROVIDER: PROVIDER_NAMES[provider] },
    userId: user.id,
    outcome: 'queue',
  });
  return stored;
}

/** The identity of a token whose verified e-mail is the handle. Throws `invalid_identity_token`. */
async function ownerOf(deps: IdentityDeps, input: IdentityInput, handle: string): Promise<Identity> {
  const identity = await identify(deps, input);
  if (loginName(input.app, identity.email ?? '') !== handle) throw new HostError('invalid_identity_token');
  return identity;
}

/**
 * Makes an account from an identity token; its verified e-mail must be the handle. Throws, in this order,
 * `signup_disabled`, the provider's code, the code naming an account in the way, `invalid_data`,
 * `invalid_metadata`, `invalid_identity_token`, `signup_disabled` (app full); an app that hides accounts
 * looks at the token before it names an account.
 */
export async function socialSignUp(
  deps: IdentityDeps & JoinDeps,
  input: IdentityInput & { handle: string; metaData?: string | undefined; locale?: string | undefined },
): Promise<IssuedTokens> {
  const { app, provider } = input;
  requireRunning(app);
  if (!app.signupEnabled) throw new HostError('signup_disabled');
  audiencesOf(app, provider);
  const handle = parseHandle(app, input.handle);
  // Where accounts are hidden only the owner of the address learns that it is taken.
  const proven = app.hideAccounts ? await ownerOf(deps, input, handle) : undefined;
  const holder = await findHolder(deps, app, input.handle);
  if (holder) throw new HostError(ACCOUNT_EXISTS[holder.loginProvider]);
  const locale = chosenLocale(app, input.locale);
  const metaData = parseMetadata(app.metaData, input.metaData, { onBadText: 'invalid_data' });
  const { subject } = proven ?? (await ownerOf(deps, input, handle));
  if (await deps.store.users.findBySocialId(app.id, provider, subject)) {
    throw new HostError(ACCOUNT_EXISTS[provider]);
  }
  requireSentMetadata(app, handle, metaData, 'invalid_data');
  try {
    return await joinAtOnce(deps, { app, handle, social: { provider, userId: subject }, metaData, locale });
  } catch (error) {
    // Handle or subject was taken meanwhile: by contract the row is impossible now.
    throw isHostError(error, 'handle_taken') ? new HostError('invalid_data') : error;
  }
}
