import type { OffsetPaging } from './apps.ts';
import type { Call, CallOptions } from './call.ts';
import type { List, Paging } from './list.ts';
import type { ListedUser, Metadata } from './user.ts';

/** A signup row: never the code or a password hash. */
export interface Signup {
  _id: string;
  appId: string;
  handle: string;
  status: 'pending' | 'verified' | 'active';
  locale: string;
  metaData: Metadata;
  signupProvider: '' | 'apple' | 'google';
  createdAt: string;
  updatedAt: string;
}

export interface ListedSignup {
  _id: string;
  handle: string;
  state: 'waiting' | 'verified' | 'expired';
  startedAt: string;
  /** How often it was asked for. */
  requests: number;
  openedAt?: string | undefined;
  verifiedAt?: string | undefined;
  locale: string;
  flow: string;
}

export interface SignupQuery extends Paging {
  appId: string;
  state?: ListedSignup['state'] | undefined;
  search?: string | undefined;
}

/** Requests to join, pending their code. */
export function signups(call: Call) {
  return {
    list: (query: SignupQuery, options?: CallOptions) =>
      call.get<List<ListedSignup>>('/api/app/signups', query, options),
    /** The operator vouches for the handle. */
    confirm: (body: { appId: string; handle: string }, options?: CallOptions) =>
      call.post<ListedUser>('/api/app/confirmSignup', body, options),
    /** Sends a new code or link, which voids the old one. */
    resend: (body: { appId: string; handle: string }, options?: CallOptions) =>
      call.post<true>('/api/app/resendSignup', body, options),
    remove: (body: { appId: string; handle: string; _id?: string }, options?: CallOptions) =>
      call.post<Signup>('/api/app/removeAppSignup', body, options),
    search: (query: { appId: string; value: string } & OffsetPaging, options?: CallOptions) =>
      call.get<Signup[]>('/api/app/searchSingUp', query, options),
  };
}
