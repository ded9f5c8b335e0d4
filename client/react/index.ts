import {
  createContext,
  createElement,
  type ReactNode,
  useCallback,
  useContext,
  useSyncExternalStore,
} from 'react';
import type { Auth } from '../user/auth.ts';
import type { Session, User } from '../user/types.ts';

const AuthContext = createContext<Auth | undefined>(undefined);

/** Gives what `createAuth` made to the hooks below it. */
export function AuthProvider({ auth, children }: { auth: Auth; children?: ReactNode }): ReactNode {
  return createElement(AuthContext.Provider, { value: auth }, children);
}

/** The client itself, for what people do. Throws a `TypeError` outside an `AuthProvider`. */
export function useAuth(): Auth {
  const auth = useContext(AuthContext);
  if (!auth) throw new TypeError('there is no AuthProvider around this');
  return auth;
}

/**
 * Who is logged in, drawn anew with every other session; undefined: nobody, and on a server in any case, for
 * what is drawn there is for everybody.
 */
export function useSession(): Session | undefined {
  const auth = useAuth();
  const subscribe = useCallback(
    (changed: () => void) => {
      // What is restored from a storage is no event.
      void auth.ready.then(changed);
      return auth.on('change', changed);
    },
    [auth],
  );
  return useSyncExternalStore(
    subscribe,
    () => auth.session,
    () => undefined,
  );
}

/** The account of who is logged in. */
export function useUser(): User | undefined {
  return useSession()?.user;
}
