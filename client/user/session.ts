import type { Call, CallOptions } from './call.ts';
import { AuthError } from './error.ts';
import { isGood, received } from './jwt.ts';
import { patiently, pause } from './patience.ts';
import type { SessionStorage } from './storage.ts';
import { report, type State, StoredSession } from './stored-session.ts';
import { surroundings } from './surroundings.ts';
import type { Session, Tokens, User, Why } from './types.ts';

type Listener = (session: Session | undefined, why: Why) => void;

const PAUSE_MS = 300;
/** Another tab that holds the lock for longer than this sleeps. */
const LOCK_PATIENCE_MS = 8_000;

/**
 * Keeps who is logged in: in memory, in the storage, and together with other tabs. Listeners are called after
 * the state is stored, never awaited, and none of their mistakes reaches anybody.
 */
export class SessionKeeper {
  readonly ready: Promise<void>;
  readonly #call: Call;
  readonly #stored: StoredSession;
  readonly #key: string;
  readonly #listeners = new Set<Listener>();
  #state: State | undefined;
  #snapshot: Session | undefined;
  #renewing: Promise<void> | undefined;
  constructor(call: Call, storage: SessionStorage, key: string) {
    this.#call = call;
    this.#stored = new StoredSession(call, storage, key);
    this.#key = key;
    this.ready = this.#stored.read(this.#state).then((state) => this.#set(state));
    this.#stored.watch(() => void this.#otherTab());
  }

  get session(): Session | undefined {
    return this.#snapshot;
  }

  /** Also when who that is is not known yet. */
  get isLoggedIn(): boolean {
    return this.#state !== undefined;
  }

  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes the tokens of a log-in, and asks who that is. */
  async begin(tokens: Tokens, options?: CallOptions, why: Why = 'loggedIn'): Promise<Session> {
    const accessToken = tokens['access-token'];
    const user = await patiently(() => this.#call.user<User>(accessToken, 'getUser', undefined, options));
    const facts = { id: accessToken.slice(-24), accessToken, expiresAt: endOf(user) };
    await this.#store({ facts, jwt: received(tokens.jwt), user }, why);
    return this.#snapshot as Session;
  }

  /** A request as the user. Ends the session when the host says that it has ended. */
  async call<A>(route: string, body?: object, options?: CallOptions): Promise<A> {
    await this.ready;
    const facts = this.#state?.facts;
    if (!facts) throw new AuthError('session_ended', 'nobody is logged in');
    try {
      return await this.#call.user<A>(facts.accessToken, route, body, options);
    } catch (error) {
      if (!isEnded(error)) throw error;
      // Another tab may have renewed it meanwhile.
      const now = await this.#stored.read(this.#state);
      if (now && now.facts.accessToken !== facts.accessToken) {
        this.#set(now);
        return this.#call.user<A>(now.facts.accessToken, route, body, options);
      }
      await this.#end(facts.id, 'expired');
      throw error;
    }
  }

  /** Asks again who the user is. */
  async refreshUser(options?: CallOptions): Promise<User> {
    const user = await this.call<User>('getUser', undefined, options);
    const state = this.#state;
    if (state && JSON.stringify(user) !== JSON.stringify(state.user)) {
      await this.#store({ ...state, user, facts: { ...state.facts, expiresAt: endOf(user) } }, 'userChanged');
    }
    return user;
  }

  /** A JWT that holds for a minute at least; undefined when nobody is logged in. */
  async token(): Promise<string | undefined> {
    await this.ready;
    if (!this.#state) return undefined;
    if (!isGood(this.#state.jwt)) {
      this.#renewing ??= this.#renew().finally(() => {
        this.#renewing = undefined;
      });
      await this.#renewing;
    }
    return this.#state?.jwt?.text;
  }

  async end(): Promise<void> {
    await this.ready;
    if (this.#state) await this.#end(this.#state.facts.id, 'loggedOut');
  }

  /** One tab after the other: who holds the lock reads the storage before it asks the host. */
  async #renew(): Promise<void> {
    let told: [State, Why] | undefined;
    let ended: string | undefined;
    const work = async () => {
      const state = (await this.#stored.read(this.#state)) ?? this.#state;
      if (!state) return;
      if (isGood(state.jwt)) return this.#set(state);
      try {
        const { accessToken } = state.facts;
        const tokens = await patiently(() => this.#call.user<Tokens>(accessToken, 'renew', {}));
        const facts = { ...state.facts, accessToken: tokens['access-token'] };
        const next = { facts, jwt: received(tokens.jwt), user: state.user };
        await this.#stored.write(next);
        told = [next, 'renewed'];
      } catch (error) {
        if (!isEnded(error)) throw error;
        ended = state.facts.id;
      }
    };
    await this.#underLock(work);
    // Listeners may call for a token themselves: not under the lock.
    if (ended) await this.#end(ended, 'expired');
    if (!told) return;
    this.#set(told[0]);
    await this.#refreshEnd();
    this.#tell(told[1]);
  }

  /** The new access token lives longer than the old one; when it ends is the host's to say. */
  async #refreshEnd(): Promise<void> {
    const state = this.#state;
    if (!state) return;
    try {
      const user = await this.#call.user<User>(state.facts.accessToken, 'getUser');
      if (this.#state?.facts.accessToken !== state.facts.accessToken) return;
      const next = { ...state, user, facts: { ...state.facts, expiresAt: endOf(user) } };
      await this.#stored.write(next);
      this.#set(next);
    } catch {
      // The tokens are good all the same.
    }
  }

  async #underLock(work: () => Promise<void>): Promise<void> {
    const locks = surroundings.navigator?.locks;
    if (!locks) return work();
    const startedAt = Date.now();
    for (;;) {
      const held = await locks.request(`${this.#key}.renew`, { ifAvailable: true }, async (lock) => {
        if (lock) await work();
        return lock !== null;
      });
      if (held) return;
      await pause(PAUSE_MS);
      const state = await this.#stored.read(this.#state);
      if (state && isGood(state.jwt)) return this.#set(state);
      // A frozen tab keeps its lock: the host lets both renew.
      if (Date.now() - startedAt > LOCK_PATIENCE_MS) return work();
    }
  }

  /** Another tab logged in, out, renewed, or changed the user. */
  async #otherTab(): Promise<void> {
    const before = this.#state;
    const state = await this.#stored.read(this.#state);
    if (before?.facts.id === state?.facts.id) {
      // Its entries come one by one; what has not come yet is kept.
      if (state && before) this.#set({ ...state, user: state.user ?? before.user });
      return;
    }
    this.#set(state);
    this.#tell(state ? 'loggedIn' : 'loggedOut');
  }

  async #end(id: string, why: 'loggedOut' | 'expired'): Promise<void> {
    const stored = await this.#stored.read(this.#state);
    // Somebody logged in anew in another tab: that session is not the one that ended.
    if (stored && stored.facts.id !== id) return this.#set(stored);
    await this.#stored.remove();
    if (!this.#state) return;
    this.#set(undefined);
    this.#tell(why);
  }

  async #store(state: State, why: Why): Promise<void> {
    await this.#stored.write(state);
    this.#set(state);
    this.#tell(why);
  }

  #set(state: State | undefined): void {
    this.#state = state;
    this.#snapshot = state?.user && {
      user: state.user,
      expiresAt: new Date(state.facts.expiresAt),
      jwtExpiresAt: new Date(state.jwt ? state.jwt.receivedAt + state.jwt.lifetimeMs : 0),
    };
  }

  #tell(why: Why): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(this.#snapshot, why);
      } catch (error) {
        report(error);
      }
    }
  }
}

function endOf({ sessionEnds }: User): number {
  return sessionEnds ? Date.parse(sessionEnds) : Number.MAX_SAFE_INTEGER / 2;
}

function isEnded(error: unknown): boolean {
  return error instanceof AuthError && error.code === 'session_ended';
}
