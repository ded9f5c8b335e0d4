import type { App } from '../../model/app.ts';
import type { Invite } from '../../model/invite.ts';
import type { Signup } from '../../model/signup.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { PageRequest } from '../../ports/store/page.ts';
import { getAppForPortal } from '../apps/apps.ts';

type StatisticsDeps = Pick<Deps, 'store'>;

/** What an app holds; a part that was not asked for is absent. */
export interface Statistics {
  app: App;
  users?: { rows: User[]; total: number; anonymous: number };
  invites?: { rows: Invite[]; total: number };
  signups?: { rows: Signup[]; total: number };
}

/**
 * One page each of what an app holds, newest first, and how many there are; all three parts without a
 * `target`, none with an unknown one (contract §4.6.30). Answers in every status of the app (P14). Throws
 * `app_gone`.
 */
export async function appStatistics(
  deps: StatisticsDeps,
  input: { appId: string; target: string | undefined; hideAnonymous: boolean; page: PageRequest },
): Promise<Statistics> {
  const { appId, target, hideAnonymous, page } = input;
  const app = await getAppForPortal(deps, appId);
  const wants = (part: string) => target === undefined || target === part;
  const [users, invites, signups] = await Promise.all([
    wants('users') ? userPage(deps, { appId, hideAnonymous, page }) : undefined,
    wants('invites') ? deps.store.invites.page(appId, page) : undefined,
    wants('signups') ? deps.store.signups.page(appId, page) : undefined,
  ]);
  return { app, users, invites, signups };
}

async function userPage(
  { store }: StatisticsDeps,
  { appId, hideAnonymous, page }: { appId: string; hideAnonymous: boolean; page: PageRequest },
) {
  const { rows, total } = await store.users.page(appId, { ...page, hideAnonymous });
  const { anonymous } = await store.users.count(appId);
  return { rows, total, anonymous };
}
