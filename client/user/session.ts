import type { Call, CallOptions } from './call.ts';
import { AuthError } from './error.ts';
import { endOf, isGood, received } from './jwt.ts';
import { patiently, pause } from './patience.ts';
import type { SessionStorage } from './storage.ts';
import { report, type State, StoredSession } from './stored-session.ts';
import { surroundings } from './surroundings.ts';
import type { Session, Tokens, User, Why } from './types.ts';

export type Listener = (session: Session | undefined, why: Why) => void;

const PAUSE_MS = 300;
/** Another tab that holds the lock for longer than this sleeps. */
const LOCK_PATIENCE_MS = 8_000;

/**
 * Keeps who is logged in: in memory, in the storage, and together with other tabs. A change is made in memory
 * at once, so that the next one builds on it; listeners are called when it is stored, never awaited, and none
 * of their mistakes reaches anybody.
 */
export class SessionKeeper {
  readonly ready: Promise<void>;
  readonly #call: Call;
  readonly #stored: StoredSession;
  readonly #lock: string;
  readonly #listeners = new Set<Listener>();
  #state: State | undefined;
  #snapshot: Session | undefined;
  #renewing: Promise<void> | undefined;
  constructor(call: Call, storage: SessionStorage, key: string) {
    this.#call = call;
    this.#stored = new StoredSession(storage, key);
    this.#lock = `${key}.renew`;
    this.ready = this.#restore();
    this.#stored.watch(() => void this.#adopt());
  }

  get session(): Session | undefined {
    return this.#snapshot;
  }

  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Takes the tokens of a log-in, and asks who that is. As `userChanged` the log-in that is there goes on
   * under them.
   */
  async begin(
    tokens: Tokens,
    options?: CallOptions,
    why: 'loggedIn' | 'userChanged' = 'loggedIn',
  ): Promise<Session> {
    const accessToken = tokens['access-token'];
    const user = await patiently(() => this.#call.user<User>(accessToken, 'getUser', undefined, options));
    await this.ready;
    const goesOn = why === 'userChanged' ? this.#state?.id : undefined;
    const id = goesOn ?? accessToken.slice(-24);
    const state = { id, accessToken, jwt: received(tokens.jwt), user };
    await this.#change(state, why);
    return sessionOf(state, user);
  }

  /** A request as the user. Ends the session when the host says that it has ended. */
  async call<A>(route: string, body?: object, options?: CallOptions): Promise<A> {
    await this.ready;
    const state = this.#state;
    if (!state) throw new AuthError('session_ended', 'nobody is logged in');
    try {
      return await this.#call.user<A>(state.accessToken, route, body, options);
    } catch (error) {
      if (!isEnded(error)) throw error;
      await this.#end(state, 'expired');
      // It may have been renewed meanwhile. Nothing is sent twice for somebody else.
      const now = this.#state;
      if (!now?.user || now.user.uid !== state.user?.uid) throw error;
      return this.#call.user<A>(now.accessToken, route, body, options);
    }
  }

  /** Asks again who the user is. */
  async refreshUser(options?: CallOptions): Promise<User> {
    await this.ready;
    const asked = this.#state?.id;
    const user = await this.call<User>('getUser', undefined, options);
    const state = this.#state;
    if (state?.id === asked && state && !isSame(user, state.user)) {
      await this.#change({ ...state, user }, 'userChanged');
    }
    return user;
  }

  /** A JWT that holds for a minute at least; undefined when nobody is logged in. */
  async token(): Promise<string | undefined> {
    await this.ready;
    if (this.#state && !isGood(this.#state.jwt)) {
      this.#renewing ??= this.#renew(this.#state).finally(() => {
        this.#renewing = undefined;
      });
      await this.#renewing;
    }
    // Who that is could not be asked when the session was restored.
    if (this.#state && !this.#state.user) await this.refreshUser().catch(() => {});
    return this.#state?.jwt?.text;
  }

  /** Nobody is logged in here afterwards. */
  async end(): Promise<void> {
    await this.ready;
    if (this.#state) await this.#end(this.#state, 'loggedOut');
  }

  async #restore(): Promise<void> {
    const state = await this.#stored.read(undefined);
    const whole = await this.#whole(state);
    if (state && !whole) await this.#stored.write(undefined, state);
    this.#set(whole);
  }

  /** With its user, who may be too large to be stored. Undefined when the host says that it has ended. */
  async #whole(state: State | undefined): Promise<State | undefined> {
    if (!state || state.user) return state;
    try {
      return { ...state, user: await this.#call.user<User>(state.accessToken, 'getUser') };
    } catch (error) {
      return isEnded(error) ? undefined : state;
    }
  }

  /** One tab after the other: who holds the lock reads the storage before it asks the host. */
  async #renew({ id }: State): Promise<void> {
    let told: Why | undefined;
    let ended: State | undefined;
    await this.#underLock(async () => {
      const state = await this.#stored.read(this.#state);
      if (state?.id !== id || !state || isGood(state.jwt)) return;
      try {
        const { accessToken } = state;
        const tokens = await patiently(() => this.#call.user<Tokens>(accessToken, 'renew', {}));
        if (await this.#goOn(state, tokens)) told = 'renewed';
      } catch (error) {
        if (!isEnded(error)) throw error;
        ended = state;
      }
    });
    // Listeners may call for a token themselves: not under the lock.
    if (ended) await this.#end(ended, 'expired');
    else if (told) this.#tell(told);
    else await this.#adopt();
  }

  /** Whoever logged out, here or in another tab, while the host was asked stays logged out. */
  async #goOn({ id }: State, tokens: Tokens): Promise<boolean> {
    const stored = await this.#stored.read(this.#state);
    const before = this.#state;
    if (before?.id !== id || stored?.id !== id || !before) return false;
    const accessToken = tokens['access-token'];
    const sessionEnds = new Date(endOf(accessToken)).toISOString();
    const user = before.user && { ...before.user, sessionEnds };
    const state = { id, accessToken, jwt: received(tokens.jwt), user };
    this.#set(state);
    await this.#stored.write(state, before);
    return true;
  }

  async #underLock(work: () => Promise<void>): Promise<void> {
    const locks = surroundings.navigator?.locks;
    if (!locks) return work();
    const startedAt = Date.now();
    for (;;) {
      const held = await locks.request(this.#lock, { ifAvailable: true }, async (lock) => {
        if (lock) await work();
        return lock !== null;
      });
      if (held) return;
      await pause(PAUSE_MS);
      const state = await this.#stored.read(this.#state);
      if (!state || isGood(state.jwt)) return;
      // A frozen tab keeps its lock: the host lets both renew.
      if (Date.now() - startedAt > LOCK_PATIENCE_MS) return work();
    }
  }

  /** Takes over what another tab did: logged in, out, renewed, or changed the user. */
  async #adopt(): Promise<void> {
    await this.ready;
    const before = this.#state;
    const state = await this.#whole(await this.#stored.read(before));
    if (this.#state !== before) return this.#adopt();
    if (state?.id !== before?.id) {
      this.#set(state);
      return this.#tell(state ? 'loggedIn' : 'loggedOut');
    }
    if (!state || !before) return;
    const isOther = !isSame(state.user, before.user);
    const isRenewed = state.accessToken !== before.accessToken;
    if (!isOther && !isRenewed && state.jwt?.text === before.jwt?.text) return;
    this.#set(state);
    if (isRenewed) this.#tell('renewed');
    else if (isOther) this.#tell('userChanged');
  }

  /** Ends a log-in that is still the one here and in the storage; else takes over the other one. */
  async #end(state: State, why: 'loggedOut' | 'expired'): Promise<void> {
    const stored = await this.#stored.read(this.#state);
    const isLast = (now: State | undefined) =>
      now?.id === state.id && (why === 'loggedOut' || now.accessToken === state.accessToken);
    if (!isLast(stored) || !isLast(this.#state)) return this.#adopt();
    await this.#change(undefined, why);
  }

  async #change(state: State | undefined, why: Why): Promise<void> {
    const before = this.#state;
    this.#set(state);
    await this.#stored.write(state, before);
    this.#tell(why);
  }

  #set(state: State | undefined): void {
    this.#state = state;
    this.#snapshot = state?.user && sessionOf(state, state.user);
  }

  #tell(why: Why): void {
    for (const listener of [...this.#listeners]) {
      // Also of one that turns out to be asynchronous.
      new Promise((resolve) => resolve(listener(this.#snapshot, why))).catch(report);
    }
  }
}

function sessionOf({ accessToken, jwt }: State, user: User): Session {
  return {
    user,
    expiresAt: new Date(endOf(accessToken)),
    jwtExpiresAt: new Date(jwt ? jwt.receivedAt + jwt.lifetimeMs : 0),
  };
}

function isEnded(error: unknown): boolean {
  return error instanceof AuthError && error.code === 'session_ended';
}

function isSame(one: object | undefined, other: object | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
