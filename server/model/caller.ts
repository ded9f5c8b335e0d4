import type { App } from './app.ts';

/**
 * What an access token says; whether it still counts is decided against the user (`domain/users/session.ts`).
 */
export interface Session {
  /** Absent only in tokens of an old installation. */
  userId: string | undefined;
  handle: string;
  epoch: number | undefined;
  jti: string | undefined;
  /** The `jti` of the log-in's own token, and the number of this one since then: 0 is the log-in's own. */
  sid: string | undefined;
  number: number;
  /** Epoch ms of the log-in. */
  authTime: number;
  expiresAt: number | undefined;
}

export interface Nobody {
  kind: 'nobody';
}
/** A client application, nobody logged in; also a user's token where only its app counts (contract C9). */
export interface AppCaller {
  kind: 'app';
  app: App;
}
export interface UserCaller {
  kind: 'user';
  app: App;
  session: Session;
}
export interface ServerCaller {
  kind: 'server';
}
export interface SuperUserCaller {
  kind: 'superuser';
  app: App;
  name: string;
}
export type Caller = Nobody | AppCaller | UserCaller | ServerCaller | SuperUserCaller;
