import { z } from 'zod';
import type { IssuedInvites } from '../../domain/portal/invites.ts';
import type { Invite } from '../../model/invite.ts';
import { timeText, wireTime } from './time.ts';

const issued = z.strictObject({
  handle: z.string(),
  appId: z.string(),
  senderHandle: z.string(),
  senderUserId: z.string(),
  status: z.enum(['pending', 'verified']),
  locale: z.string(),
  createdAt: timeText,
  updatedAt: timeText,
});

/** An invite row of the portal: never the code (contract §8 S20). */
export const portalInviteAnswer = issued.extend({
  _id: z.string(),
  metaData: z.record(z.string(), z.unknown()),
});
export const portalInvitesAnswer = z.array(portalInviteAnswer);
export function portalInvite(invite: Invite): z.infer<typeof portalInviteAnswer> {
  return { _id: invite.id, ...issuedInvite(invite), metaData: invite.metaData };
}

/** The answer of `createAppInvite` (contract §4.6.35, P19). */
export const issuedInvitesAnswer = z.strictObject({
  invites: z.array(issued),
  exists: z.array(z.string()),
  invalid: z.array(z.string()),
});
export function issuedInvites(answer: IssuedInvites): z.infer<typeof issuedInvitesAnswer> {
  const { invites, exists, invalid } = answer;
  return { invites: invites.map(issuedInvite), exists, invalid };
}

function issuedInvite(invite: Invite): z.infer<typeof issued> {
  return {
    handle: invite.handle,
    appId: invite.appId,
    senderHandle: invite.senderHandle,
    senderUserId: invite.senderUserId,
    status: invite.status,
    locale: invite.locale,
    createdAt: wireTime(invite.createdAt),
    updatedAt: wireTime(invite.updatedAt),
  };
}
