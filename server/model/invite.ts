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
  status: 'pending' | 'verified';
  code?: StoredCode;
  /** The future user's ids: accepting is idempotent on them. */
  userId: string;
  uid: string;
  metaData: Metadata;
  locale: string;
  createdAt: number;
  updatedAt: number;
}

/** Sender of invitations that the portal issues, in both sender fields. */
export const PORTAL_SENDER = 'superuser';

/** Who invites, in events and figures. */
export function invitedBy({ senderHandle }: Pick<Invite, 'senderHandle'>): 'user' | 'portal' {
  return senderHandle === PORTAL_SENDER ? 'portal' : 'user';
}
