import { z } from 'zod';
import { INVITE_OUTCOMES } from '../../domain/portal/invite-many.ts';
import type { IssuedInvites, ListedInvite } from '../../domain/portal/invites.ts';
import type { Invite } from '../../model/invite.ts';
import { listAnswer } from './list.ts';
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

/** What became of each handle that was to be invited, in the order asked (additions §4). */
export const inviteOutcomesAnswer = z.array(
  z.strictObject({ handle: z.string(), outcome: z.enum(INVITE_OUTCOMES) }),
);

function issuedInvite(invite: Invite): z.infer<typeof issued> {
  return {
    handle: invite.handle,
    appId: invite.appId,
    senderHandle: invite.senderHandle,
    senderUserId: invite.senderUserId,
    // A withdrawn one is answered as it was before.
    status: invite.status === 'verified' ? 'verified' : 'pending',
    locale: invite.locale,
    createdAt: wireTime(invite.createdAt),
    updatedAt: wireTime(invite.updatedAt),
  };
}

/** A row of a list of invites (additions §4). */
export const inviteListAnswer = listAnswer(
  z.strictObject({
    _id: z.string(),
    handle: z.string(),
    state: z.enum(['waiting', 'accepted', 'expired', 'withdrawn']),
    senderHandle: z.string(),
    sentCount: z.int(),
    lastSentAt: timeText,
    acceptedAt: timeText.optional(),
    withdrawnAt: timeText.optional(),
    expiresAt: timeText,
  }),
);
export function listedInvite(invite: ListedInvite) {
  const { state, code, sentCount = 1, createdAt, updatedAt, lastSentAt = createdAt } = invite;
  return {
    _id: invite.id,
    handle: invite.handle,
    state,
    senderHandle: invite.senderHandle,
    sentCount,
    lastSentAt: wireTime(lastSentAt),
    acceptedAt: state === 'accepted' ? wireTime(updatedAt) : undefined,
    withdrawnAt: state === 'withdrawn' ? wireTime(updatedAt) : undefined,
    expiresAt: wireTime(code?.expiresAt ?? updatedAt),
  };
}
