import { HostError } from '../../model/errors.ts';
import { type Signup, type SignupState, signupStateAt } from '../../model/signup.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { PageRequest } from '../../ports/store/page.ts';
import { getActiveAppForPortal, getAppForPortal } from '../apps/apps.ts';
import { type CompletionDeps, vouchForSignup } from '../joining/signup-completion.ts';
import { sendSignupAgain } from '../joining/signup-message.ts';
import { flowOf } from '../joining/signup-steps.ts';
import { findSpelled } from '../users/handle.ts';
import { type ListPage, type ListRequest, readList, withTotal } from './list.ts';
import { spellingsOf } from './user-list.ts';

/** Signups whose handle contains a text, by handle. */
export function searchSignups(
  { store }: Pick<Deps, 'store'>,
  { appId, value, page }: { appId: string; value: string; page: PageRequest },
): Promise<Signup[]> {
  return store.signups.search(appId, { value, ...page });
}

/**
 * Removes a signup of that handle, in any status of the app (contract P6). Throws `app_gone` and
 * `signup_unknown`.
 */
export async function removeSignup(
  deps: Pick<Deps, 'store'>,
  { appId, handle, signupId }: { appId: string; handle: string; signupId: string | undefined },
): Promise<Signup> {
  const app = await getAppForPortal(deps, appId);
  const signup = await findSpelled(app, handle, (spelling) =>
    deps.store.signups.findByHandle(appId, spelling),
  );
  const isMeant = signup && (signupId === undefined || signup.id === signupId.toLowerCase());
  if (!isMeant || !(await deps.store.signups.remove(appId, signup.id))) throw new HostError('signup_unknown');
  return signup;
}

/** A signup with what became of it. */
export type ListedSignup = Signup & { state: SignupState; flow: string };

/**
 * A page of an app's signups, newest first; those of one state by when they end (additions §4). Throws
 * `app_gone`, and `refused` for a cursor of another list.
 */
export async function listSignups(
  deps: Pick<Deps, 'store' | 'cursors' | 'clock'>,
  {
    appId,
    query,
    page,
  }: {
    appId: string;
    query: { state?: SignupState | undefined; search?: string | undefined };
    page: ListRequest;
  },
): Promise<ListPage<ListedSignup>> {
  const app = await getAppForPortal(deps, appId);
  const { state, search } = query;
  const now = deps.clock.now();
  const filter = { state, search: search === undefined ? undefined : spellingsOf(app, search), now };
  const name = { list: 'signups', appId, filter: query };
  const listed = await readList(deps, name, page, (keyPage) =>
    deps.store.signups.list(appId, filter, keyPage),
  );
  const rows = listed.rows.map((signup) => ({
    ...signup,
    state: signupStateAt(signup, now),
    flow: flowOf(app, signup),
  }));
  return withTotal({ ...listed, rows }, query, () => deps.store.signups.total(appId));
}

/**
 * Makes an account of a signup that waits: an operator vouches for the handle. Throws `app_gone`,
 * `app_suspended` and what `vouchForSignup` throws.
 */
export async function confirmSignup(
  deps: CompletionDeps,
  { appId, handle }: { appId: string; handle: string },
): Promise<User> {
  return vouchForSignup(deps, { app: await getActiveAppForPortal(deps, appId), handle });
}

/**
 * Sends a signup that waits its message again. Throws `app_gone`, `app_suspended` and what `sendSignupAgain`
 * throws.
 */
export async function resendSignup(
  deps: Parameters<typeof sendSignupAgain>[0],
  { appId, handle }: { appId: string; handle: string },
): Promise<true> {
  return sendSignupAgain(deps, { app: await getActiveAppForPortal(deps, appId), handle });
}
