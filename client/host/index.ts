import { apps } from './apps.ts';
import { assets } from './assets.ts';
import { Call, type CallOptions, type HostClientOptions, type Parameters } from './call.ts';
import { data, jobs } from './data.ts';
import { figures } from './figures.ts';
import { invites } from './invites.ts';
import { logs } from './logs.ts';
import { machine } from './machine.ts';
import { signups } from './signups.ts';
import { texts } from './texts.ts';
import { tokens } from './tokens.ts';
import { users } from './users.ts';

export type * from './apps.ts';
export type * from './assets.ts';
export type { CallOptions, HostClientOptions, HostFile } from './call.ts';
export type * from './data.ts';
export { type DangerousAction, type Effect, effectOf } from './effects.ts';
export { HostClientError, type HostClientErrorKind } from './error.ts';
export type * from './figures.ts';
export { inProcessFetch, type RequestHandler } from './in-process.ts';
export type * from './invites.ts';
export { eachRow, type List, type Paging } from './list.ts';
export type * from './logs.ts';
export type * from './machine.ts';
export { type Doubt, doubtsOf } from './move-in-doubts.ts';
export { looksLike } from './move-in-signs.ts';
export { SETTING_CHOICES } from './setting-choices.ts';
export type * from './signups.ts';
export type * from './texts.ts';
export type * from './tokens.ts';
export type * from './user.ts';
export type * from './users.ts';

/**
 * A client of everything a host's server secret opens: a method for each route of `/api/app` and `/api/host`,
 * by noun. Every method answers what the route answers, and throws `HostClientError` and nothing else. The
 * last parameter of each is a signal and a time-out.
 */
export function createHostClient(options: HostClientOptions) {
  const call = new Call(options);
  return {
    url: options.url,
    host: machine(call),
    apps: apps(call),
    users: users(call),
    signups: signups(call),
    invites: invites(call),
    texts: texts(call),
    tokens: tokens(call),
    figures: figures(call),
    logs: logs(call),
    data: data(call),
    jobs: jobs(call),
    assets: assets(call),
    /** Any route of the host, answered as its text. */
    any: (method: 'GET' | 'POST' | 'DELETE', path: string, parameters?: Parameters, more?: CallOptions) =>
      call.any(method, path, parameters, more),
  };
}
export type HostClient = ReturnType<typeof createHostClient>;
