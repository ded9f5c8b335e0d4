import type { Statistics } from '../../domain/portal/statistics.ts';
import { portalInvite } from './invite.ts';
import { portalSignup } from './signup.ts';
import { portalUser } from './user.ts';

/** The parts that were asked for (contract §4.6.30). */
export function portalStatistics({ app, users, invites, signups }: Statistics) {
  return {
    ...(users && {
      users: users.rows.map((user) => portalUser(user, app)),
      totalUser: users.total,
      totalAnonUser: users.anonymous,
    }),
    ...(invites && { invites: invites.rows.map(portalInvite), totalInvite: invites.total }),
    ...(signups && { signups: signups.rows.map(portalSignup), totalSignup: signups.total }),
  };
}
