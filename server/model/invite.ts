import type { Metadata, StoredCode } from './user.ts';

/** An offer to join an app, pending its code: one row per (app, handle, sender). */
export interface Invite {
  id: string;
  appId: string;
  revision: number;
  handle: string;
  senderHandle: string;
  /** Opaque text of the client. */
  senderUserId: string;
  /** `withdrawn`: kept for the portal's list alone; its code is dead. */
  status: 'pending' | 'verified' | 'withdrawn';
  code?: StoredCode;
  /** The future user's ids: accepting is idempotent on them. */
  userId: string;
  uid: string;
  metaData: Metadata;
  locale: string;
  /** How often and when last its code went out; absent in rows of before. */
  sentCount?: number;
  lastSentAt?: number;
  createdAt: number;
  updatedAt: number;
}

export type InviteState = 'waiting' | 'accepted' | 'expired' | 'withdrawn';
/** What became of an invite so far. */
export function inviteStateAt({ status, code }: Invite, now: number): InviteState {
  if (status !== 'pending') return status === 'verified' ? 'accepted' : 'withdrawn';
  return code !== undefined && code.expiresAt > now ? 'waiting' : 'expired';
}

/** Sender of invitations that the portal issues, in both sender fields. */
export const PORTAL_SENDER = 'superuser';

/** Who invites, in events and figures. */
export function invitedBy({ senderHandle }: Pick<Invite, 'senderHandle'>): 'user' | 'portal' {
  return senderHandle === PORTAL_SENDER ? 'portal' : 'user';
}
