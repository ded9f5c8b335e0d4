import type { OffsetPaging } from './apps.ts';
import type { Call, CallOptions } from './call.ts';
import type { Invite } from './invites.ts';
import type { List, Paging } from './list.ts';
import type { Signup } from './signups.ts';
import type { ListedUser, Metadata, User, UserStatus } from './user.ts';

export type UserList = List<ListedUser>;

/** Filters of the users; also what a bulk action takes. */
export interface UserFilter {
  /** Handle or user name, exact, then beginning; or after one of `handle:` `id:` `user:` `phone:`. */
  search?: string | undefined;
  status?: UserStatus | 'locked' | undefined;
  provider?: 'password' | 'apple' | 'google' | 'anonymous' | undefined;
  factor?: 'none' | 'totp' | 'phone' | undefined;
  locale?: string | undefined;
  /** From inclusive, to exclusive. */
  createdFrom?: string | undefined;
  createdTo?: string | undefined;
  lastLogin?: 'never' | '30d' | '90d' | undefined;
  waitsForPassword?: boolean | undefined;
}

export interface UserQuery extends UserFilter, Paging {
  appId: string;
  sort?: 'created' | '-created' | 'lastLogin' | '-lastLogin' | undefined;
}

/** One user with what a list does not tell. */
export interface UserDetail extends ListedUser {
  sub: string;
  factors: { totp: boolean; phone: boolean; recoveryCodesLeft: number };
  waitsUntil?: string | undefined;
  sessionsEndedAt?: string | undefined;
  importedFrom?: string | undefined;
  invitesSent: number;
  invitesAccepted: number;
}

/** Which user: by row id, or by handle. */
export type Who = { appId: string; userId: string } | { appId: string; handle: string };

export interface UserChange {
  handle?: string | undefined;
  userName?: string | undefined;
  locale?: string | undefined;
  phone?: string | undefined;
  status?: 'active' | 'suspend' | undefined;
  /** Replaces what was there. */
  metaData?: Metadata | undefined;
}

/** What an app holds, the parts that were asked for. */
export interface Statistics {
  users?: User[] | undefined;
  totalUser?: number | undefined;
  totalAnonUser?: number | undefined;
  invites?: Invite[] | undefined;
  totalInvite?: number | undefined;
  signups?: Signup[] | undefined;
  totalSignup?: number | undefined;
}

/** The users of an app. */
export function users(call: Call) {
  return {
    list: (query: UserQuery, options?: CallOptions) => call.get<UserList>('/api/app/users', query, options),
    get: (query: Who, options?: CallOptions) => call.get<UserDetail>('/api/app/user', query, options),
    add: (
      body: { appId: string; handle: string } & ({ password: string } | { passwordText: string }),
      options?: CallOptions,
    ) => call.post<User>('/api/app/addUser', body, options),
    /** All or nothing; refused as `stale` when the user is another than `revision` says. */
    update: (body: { appId: string; userId: string; revision: string } & UserChange, options?: CallOptions) =>
      call.post<ListedUser>('/api/app/updateUser', body, options),
    setStatus: (
      body: { appId: string; userId: string; status: 'active' | 'suspend' },
      options?: CallOptions,
    ) => call.post<true>('/api/app/user', body, options),
    setMetadata: (body: { appId: string; handle: string; metaData: Metadata }, options?: CallOptions) =>
      call.post<true>('/api/app/updateAppUserMetaData', body, options),
    setPassword: (body: { appId: string; userId: string; passwordText: string }, options?: CallOptions) =>
      call.post<true>('/api/app/resetUserPassword', body, options),
    unlock: (body: Who, options?: CallOptions) => call.post<true>('/api/app/unlockUser', body, options),
    endSessions: (body: Who, options?: CallOptions) => call.post<true>('/api/app/endSessions', body, options),
    disableSecondFactor: (body: Who & { why: string }, options?: CallOptions) =>
      call.post<true>('/api/app/disableSecondFactor', body, options),
    sendPasswordReset: (body: Who, options?: CallOptions) =>
      call.post<true>('/api/app/sendPasswordReset', body, options),
    /** Removes the user with signup and invites of the handle. */
    remove: (body: { appId: string; handle: string }, options?: CallOptions) =>
      call.post<User>('/api/app/removeUser', body, options),
    search: (
      query: { appId: string; value: string; hideAnonUser?: boolean } & OffsetPaging,
      options?: CallOptions,
    ) => call.get<User[]>('/api/app/searchUser', query, options),
    statistics: (
      query: { appId: string; target?: string; hideAnonUser?: boolean } & OffsetPaging,
      options?: CallOptions,
    ) => call.get<Statistics>('/api/app/stat', query, options),
  };
}
