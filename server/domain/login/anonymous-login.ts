import type { App } from '../../model/app.ts';
import { HostError, isHostError } from '../../model/errors.ts';
import { isAnonymous, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { type CreateDeps, createUser, type MadeUser } from '../joining/create-user.ts';
import { requireCompleteMetadata } from '../tokens/claims.ts';
import { type IssuedTokens, issueTokens, type TokenDeps } from '../tokens/issue-tokens.ts';
import { requireOpenApp } from '../tokens/open-account.ts';
import { firstNetworks } from '../users/known-networks.ts';
import { chosenLocale } from '../users/locale.ts';

const ANONYMOUS_HANDLE_MAX = 128;
/** What a device may make up. Nothing else, for such a handle stands in lists and spreadsheets as it came. */
const MADE_UP = /^ANON_[A-Za-z0-9._+-]+$/;

/**
 * Logs a device in by the id it made up and kept; the first call makes the user (contract §3.5.3). Nothing
 * but the handle counts (S2), and for a new user the language. Throws, in this order, `invalid_credentials`
 * for what is no anonymous handle (a user of before keeps the one he has), `anonymous_disabled` (also when
 * the app is full), the app's status, `user_suspended`, `invalid_metadata`.
 */
export async function logInAnonymously(
  deps: TokenDeps & CreateDeps,
  { app, handle, locale }: { app: App; handle: string; locale?: string | undefined },
): Promise<IssuedTokens> {
  if (!(await isAnonymousHandle(deps, app, handle))) {
    throw new HostError('invalid_credentials', { because: { reason: 'invalid_handle', field: 'handle' } });
  }
  if (!app.anonymousLoginEnabled) throw new HostError('anonymous_disabled');
  requireOpenApp(deps, app, { method: 'anonymous', handleRef: deps.handleRef(app.id, handle) });
  const owner = await anonymousOwner(deps, app, handle);
  const there = owner
    ? { user: owner, isLoggedIn: false }
    : await createAnonymous(deps, app, { text: handle, locale: chosenLocale(app, locale) });
  return issueTokens(deps, { app, ...there, method: 'anonymous' });
}

async function isAnonymousHandle(deps: Pick<Deps, 'store'>, app: App, handle: string): Promise<boolean> {
  if (handle.length > ANONYMOUS_HANDLE_MAX) return false;
  if (MADE_UP.test(unescaped(handle))) return true;
  return isAnonymous(handle) && (await anonymousOwner(deps, app, handle)) !== undefined;
}

/** Throws `invalid_credentials` when the handle belongs to somebody who has more than a handle to prove. */
async function anonymousOwner(
  deps: Pick<Deps, 'store'>,
  app: App,
  handle: string,
): Promise<User | undefined> {
  for (const spelling of new Set([handle, unescaped(handle)])) {
    const user = await deps.store.users.findByHandle(app.id, spelling);
    if (user?.passwordHash || user?.loginProvider) throw new HostError('invalid_credentials');
    if (user) return user;
  }
  return undefined;
}

async function createAnonymous(
  deps: CreateDeps & Pick<Deps, 'codes' | 'origin'>,
  app: App,
  { text, locale }: { text: string; locale: string },
): Promise<MadeUser> {
  const handle = unescaped(text);
  requireCompleteMetadata(app, handle, {}, 'invalid_metadata');
  const ids = { userId: deps.codes.newRowId(deps.clock.now()), uid: deps.codes.newId() };
  try {
    return await createUser(deps, {
      app,
      ids,
      handle,
      locale,
      metaData: {},
      loginProvider: '',
      networks: firstNetworks(deps),
      via: 'anonymous',
      full: 'anonymous_disabled',
    });
  } catch (error) {
    // The same device called twice at once.
    const first = isHostError(error, 'handle_taken') && (await anonymousOwner(deps, app, handle));
    if (first) return { user: first, isLoggedIn: false };
    throw error;
  }
}

/**
 * A client that does not escape its forms delivers a plus as a blank (contract C2); old hosts stored the
 * blank.
 */
function unescaped(handle: string): string {
  return handle.replaceAll(' ', '+');
}
