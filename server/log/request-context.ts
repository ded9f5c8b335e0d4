import { AsyncLocalStorage } from 'node:async_hooks';
import type { ClientFamily } from '../model/client-family.ts';
import type { Hint } from '../ports/hints.ts';

/** What log lines of one request have in common. `route` is the pattern, never the path. */
export interface RequestContext {
  readonly requestId: string;
  route: string;
  appId: string | undefined;
  readonly address: string;
  /** The text of the `access-token` header, whatever credential counts for the route. */
  readonly accessToken: string | undefined;
  /** Who acts through the portal, as it says itself; for the app's log alone. */
  readonly operator: string | undefined;
  /** Read from its headers when it is asked for first. */
  readonly client: ClientFamily;
  /** The client hung up: nobody will read the answer. */
  readonly gone: boolean;
  /** For the developer of an app alone. */
  hint?: Hint | undefined;
}

/** The request that is being answered, wherever the code is. */
export const requestContext = new AsyncLocalStorage<RequestContext>();
