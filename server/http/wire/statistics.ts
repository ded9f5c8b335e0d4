import { z } from 'zod';
import type { Statistics } from '../../domain/portal/statistics.ts';
import type { Deps } from '../../ports/deps.ts';
import { portalInvite, portalInvitesAnswer } from './invite.ts';
import { portalSignup, portalSignupsAnswer } from './signup.ts';
import { portalUser, portalUsersAnswer } from './user.ts';

/** The parts that were asked for (contract §4.6.30). */
export const statisticsAnswer = z.strictObject({
  users: portalUsersAnswer.optional(),
  totalUser: z.number().optional(),
  totalAnonUser: z.number().optional(),
  invites: portalInvitesAnswer.optional(),
  totalInvite: z.number().optional(),
  signups: portalSignupsAnswer.optional(),
  totalSignup: z.number().optional(),
});
export function portalStatistics(
  deps: Pick<Deps, 'codes'>,
  statistics: Statistics,
): z.infer<typeof statisticsAnswer> {
  const { app, users, invites, signups } = statistics;
  return {
    ...(users && {
      users: users.rows.map((user) => portalUser(deps, user, app)),
      totalUser: users.total,
      totalAnonUser: users.anonymous,
    }),
    ...(invites && { invites: invites.rows.map(portalInvite), totalInvite: invites.total }),
    ...(signups && { signups: signups.rows.map(portalSignup), totalSignup: signups.total }),
  };
}
