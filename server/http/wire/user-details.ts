import { z } from 'zod';
import type { UserDetails } from '../../domain/portal/user-details.ts';
import type { Deps } from '../../ports/deps.ts';
import { timeText, wireTime } from './time.ts';
import { portalUser, portalUserAnswer } from './user.ts';

/** One account as the portal is shown it (additions §4): never a hash, seed, code or token. */
export const userDetailsAnswer = portalUserAnswer.extend({
  sub: z.string(),
  factors: z.strictObject({ totp: z.boolean(), phone: z.boolean(), recoveryCodesLeft: z.number() }),
  waitsUntil: timeText.optional(),
  sessionsEndedAt: timeText.optional(),
  importedFrom: z.string().optional(),
  invitesSent: z.number(),
  invitesAccepted: z.number(),
});
export function wireUserDetails(
  deps: Pick<Deps, 'codes'>,
  { user, sub, waitsUntil, invites }: UserDetails,
): z.infer<typeof userDetailsAnswer> {
  const { twoFactorTotp: totp, twoFactorPhone: phone, recoveryCodes } = user;
  return {
    ...portalUser(deps, user, { id: user.appId }),
    sub,
    factors: { totp, phone, recoveryCodesLeft: recoveryCodes.length },
    waitsUntil: wireTime(waitsUntil),
    sessionsEndedAt: wireTime(user.sessionsEndedAt),
    importedFrom: user.importedFrom,
    invitesSent: invites.sent,
    invitesAccepted: invites.accepted,
  };
}
