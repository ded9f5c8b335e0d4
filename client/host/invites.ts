import type { OffsetPaging } from './apps.ts';
import type { Call, CallOptions } from './call.ts';
import type { List, Paging } from './list.ts';
import type { Metadata } from './user.ts';

export interface IssuedInvite {
  handle: string;
  appId: string;
  senderHandle: string;
  senderUserId: string;
  status: 'pending' | 'verified';
  locale: string;
  createdAt: string;
  updatedAt: string;
}

/** An invite row: never the code. */
export interface Invite extends IssuedInvite {
  _id: string;
  metaData: Metadata;
}

export interface ListedInvite {
  _id: string;
  handle: string;
  state: 'waiting' | 'accepted' | 'expired' | 'withdrawn';
  /** `superuser` for the portal's. */
  senderHandle: string;
  sentCount: number;
  lastSentAt: string;
  acceptedAt?: string | undefined;
  withdrawnAt?: string | undefined;
  expiresAt: string;
}

export interface InviteQuery extends Paging {
  appId: string;
  state?: ListedInvite['state'] | undefined;
  search?: string | undefined;
  /** A sender's handle. */
  sender?: string | undefined;
}

export interface InviteOutcome {
  handle: string;
  outcome: 'sent' | 'exists' | 'invited' | 'invalid' | 'limited';
}

export interface Inviter {
  senderHandle: string;
  sent: number;
  accepted: number;
  lastSentAt: string;
}

/** Offers to join. */
export function invites(call: Call) {
  return {
    list: (query: InviteQuery, options?: CallOptions) =>
      call.get<List<ListedInvite>>('/api/app/invites', query, options),
    /** At most 500 handles. */
    createMany: (
      body: { appId: string; handles: readonly string[]; metaData?: Metadata; locale?: string },
      options?: CallOptions,
    ) => call.post<InviteOutcome[]>('/api/app/inviteMany', body, options),
    resend: (body: { appId: string; handle: string }, options?: CallOptions) =>
      call.post<true>('/api/app/resendAppInvite', body, options),
    withdraw: (body: { appId: string; handle: string }, options?: CallOptions) =>
      call.post<Invite>('/api/app/removeAppInvite', body, options),
    /** Who invited most, by how many came. */
    inviters: (query: { appId: string } & Paging, options?: CallOptions) =>
      call.get<List<Inviter>>('/api/app/inviters', query, options),
    /** Handles comma-separated, as portals of before send them. */
    create: (body: { appId: string; handle: string; locale?: string }, options?: CallOptions) =>
      call.post<{ invites: IssuedInvite[]; exists: string[]; invalid: string[] }>(
        '/api/app/createAppInvite',
        body,
        options,
      ),
    search: (query: { appId: string; value: string } & OffsetPaging, options?: CallOptions) =>
      call.get<Invite[]>('/api/app/searchInvite', query, options),
  };
}
