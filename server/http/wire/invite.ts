import type { IssuedInvites } from '../../domain/portal/invites.ts';
import type { Invite } from '../../model/invite.ts';
import { wireTime } from './time.ts';

/** An invite row of the portal: never the code (contract §8 S20). */
export function portalInvite(invite: Invite) {
  return { _id: invite.id, ...issuedInvite(invite), metaData: invite.metaData };
}

/** The answer of `createAppInvite` (contract §4.6.35, P19). */
export function issuedInvites({ invites, exists, invalid }: IssuedInvites) {
  return { invites: invites.map(issuedInvite), exists, invalid };
}

function issuedInvite(invite: Invite) {
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
