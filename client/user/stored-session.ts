import type { Call } from './call.ts';
import type { Jwt } from './jwt.ts';
import type { SessionStorage } from './storage.ts';
import { surroundings } from './surroundings.ts';
import type { User } from './types.ts';

/** What is stored of a session. `id` names the log-in, so that two of one user are not taken for one. */
export interface Facts {
  id: string;
  accessToken: string;
  /** Epoch milliseconds, by this device. */
  expiresAt: number;
}
export interface State {
  facts: Facts;
  jwt: Jwt | undefined;
  user: User | undefined;
}

const ENTRY_BYTES = 2_048;
const PARTS = ['user', 'jwt', 'facts'] as const;

/** A session in a storage: three entries, of which the last makes it whole. */
export class StoredSession {
  readonly #call: Call;
  readonly #storage: SessionStorage;
  readonly #key: string;
  constructor(call: Call, storage: SessionStorage, key: string) {
    this.#call = call;
    this.#storage = storage;
    this.#key = key;
  }

  /** Calls when another tab changed it. */
  watch(changed: () => void): void {
    this.#storage.watch?.((name) => {
      if (name === '' || name.startsWith(this.#key)) changed();
    });
  }

  /** Stores what fits; the facts last, for others read when they change. */
  async write(state: State): Promise<void> {
    for (const part of PARTS) {
      const name = `${this.#key}.${part}`;
      const text = state[part] && JSON.stringify(state[part]);
      const fits = text && (part === 'facts' || new TextEncoder().encode(text).length < ENTRY_BYTES);
      try {
        if (fits) await this.#storage.set(name, text);
        else await this.#storage.remove(name);
      } catch (error) {
        // A full or forbidden storage costs the memory of the session, not the session.
        report(error);
      }
    }
  }

  /** Undefined when nobody is logged in. Of the session `known`, what is not stored is taken from there. */
  async read(known: State | undefined): Promise<State | undefined> {
    const facts = await this.#entry<Facts>('facts');
    if (!facts?.accessToken) return undefined;
    const jwt = await this.#entry<Jwt>('jwt');
    let user = await this.#entry<User>('user');
    if (!user) {
      user = known?.facts.id === facts.id ? known.user : undefined;
      // Too large to be stored, or lost: the host knows.
      user ??= await this.#call.user<User>(facts.accessToken, 'getUser').catch(() => undefined);
    }
    return { facts, jwt, user };
  }

  async #entry<T>(part: keyof State): Promise<T | undefined> {
    try {
      const text = await this.#storage.get(`${this.#key}.${part}`);
      return text ? (JSON.parse(text) as T) : undefined;
    } catch {
      return undefined;
    }
  }

  async remove(): Promise<void> {
    for (const part of PARTS) await this.#storage.remove(`${this.#key}.${part}`);
  }
}

/** Tells the developer of what must not stop the program. */
export function report(error: unknown): void {
  if (surroundings.reportError) surroundings.reportError(error);
  else console.error(error);
}
