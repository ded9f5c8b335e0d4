import type { PortalRoute } from '../frame/route.ts';
import { inviteManyRoutes } from './invite-many.ts';
import { inviteRoutes } from './invites.ts';
import { signupRoutes } from './signups.ts';
import { userRoutes } from './user.ts';
import { userActionRoutes } from './user-actions.ts';
import { userAddRoutes } from './user-add.ts';
import { userChangeRoutes } from './user-changes.ts';
import { userJobRoutes } from './user-jobs.ts';
import { userListRoutes } from './users.ts';
import { usersManyRoutes } from './users-many.ts';

/** Every address about the people of an app: who is there, who asked, who is asked. */
export const peopleRoutes: readonly PortalRoute[] = [
  ...userListRoutes,
  ...userAddRoutes,
  ...usersManyRoutes,
  ...userJobRoutes,
  ...userRoutes,
  ...userChangeRoutes,
  ...userActionRoutes,
  ...signupRoutes,
  ...inviteRoutes,
  ...inviteManyRoutes,
];
