import { HostError } from '../../model/errors.ts';
import type { Signup } from '../../model/signup.ts';
import type { Deps } from '../../ports/deps.ts';
import type { PageRequest } from '../../ports/store/page.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { findSpelled } from '../users/handle.ts';

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
