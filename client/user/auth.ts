import { account } from './account.ts';
import { assets } from './asset-loader.ts';
import { Call, type CallOptions } from './call.ts';
import type { PasswordRule } from './error.ts';
import { factors } from './factors.ts';
import { joining } from './joining.ts';
import { claimsOf } from './jwt.ts';
import { login } from './login.ts';
import type { Parts } from './parts.ts';
import { AppFacts } from './passwords.ts';
import { type Safe, safe } from './result.ts';
import { SessionKeeper } from './session.ts';
import { memoryStorage, type SessionStorage } from './storage.ts';
import type { Application, Session, Why } from './types.ts';

export interface AuthOptions {
  /** Address of the host. */
  url: string;
  /** The app's token: public, it stands in every copy of the app. */
  appToken: string;
  /** Where the session outlives the page; default: nowhere. */
  storage?: SessionStorage | undefined;
  /** Instead of the global one. */
  fetch?: typeof globalThis.fetch | undefined;
}

function methodsOf(parts: Parts) {
  return {
    ...login(parts),
    ...joining(parts),
    ...account(parts),
    secondFactor: factors(parts),
    assets: assets(parts),
    /** Settings of the app; asks the host again. */
    app: (options?: CallOptions): Promise<Application> => parts.facts.get(options, { fresh: true }),
  };
}
export type Methods = ReturnType<typeof methodsOf>;

export type Auth = Safe<Methods> & {
  /** Resolves when the storage was read; `session` is right from then on. */
  readonly ready: Promise<void>;
  /** Who is logged in; undefined: nobody. */
  readonly session: Session | undefined;
  /**
   * A JWT that holds for a minute at least, renewed when needed; undefined when nobody is logged in. Rejects
   * with an `AuthError` when it had to be renewed and no answer came; nobody is logged out by that.
   */
  token(): Promise<string | undefined>;
  /** `fetch` with that token as `Authorization: Bearer`. */
  fetch: typeof globalThis.fetch;
  /** Calls with every other session, and why it is another one; answers what ends that. */
  on(event: 'change', listener: (session: Session | undefined, why: Why) => void): () => void;
  /** Rules of the app that a password does not keep. Throws a `TypeError` before `app()` was asked. */
  checkPassword(text: string): PasswordRule[];
  /** The same methods, throwing `AuthError` instead of answering it. */
  readonly orThrow: Methods;
};

/**
 * The users of one app of a CoSync Auth host: sign-up, log-in, their account and their session. Throws an
 * `AuthError` for an app token that is none.
 */
export function createAuth({ url, appToken, storage = memoryStorage(), fetch }: AuthOptions): Auth {
  // The global one is looked up at each call: tests and polyfills put another one in its place.
  const send: typeof globalThis.fetch = fetch ?? ((...parameters) => globalThis.fetch(...parameters));
  const call = new Call({ url, appToken, fetch: send });
  const keeper = new SessionKeeper(call, storage, `cosync.${claimsOf(appToken).appId}`);
  const facts = new AppFacts(call);
  const methods = methodsOf({ call, keeper, facts, fetch: send });
  return Object.defineProperties(
    {
      ...safe(methods),
      ready: keeper.ready,
      token: () => keeper.token(),
      fetch: async (...[input, init]: Parameters<typeof globalThis.fetch>) => {
        const request = new Request(input, init);
        const token = await keeper.token();
        if (token) request.headers.set('authorization', `Bearer ${token}`);
        return send(request);
      },
      on: (_event: 'change', listener: (session: Session | undefined, why: Why) => void) =>
        keeper.on(listener),
      checkPassword: (text: string) => facts.unmet(text),
      orThrow: methods,
    },
    { session: { get: () => keeper.session, enumerable: true } },
  ) as Auth;
}
