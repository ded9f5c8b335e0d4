import type { Jwt } from './jwt.ts';
import type { SessionStorage } from './storage.ts';
import { surroundings } from './surroundings.ts';
import type { User } from './types.ts';

/** Who is logged in. `id` names the log-in, so that two of one user are not taken for one. */
export interface State {
  readonly id: string;
  readonly accessToken: string;
  readonly jwt: Jwt | undefined;
  readonly user: User | undefined;
}

const ENTRY_BYTES = 2_048;
const PARTS = ['user', 'jwt', 'accessToken'] as const;
type Part = (typeof PARTS)[number];
interface Entry<P extends Part> {
  id: string;
  value: State[P];
}

/**
 * A session in a storage: an entry for each part, of which the access token makes it whole. Each names its
 * log-in, for other tabs read while one writes.
 */
export class StoredSession {
  readonly #storage: SessionStorage;
  readonly #key: string;
  /** The write that others wait for. */
  #writing = Promise.resolve();
  /** The storage does not hold what was written last. */
  #failed = false;
  constructor(storage: SessionStorage, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  /** Calls when another tab changed it. */
  watch(changed: () => void): void {
    this.#storage.watch?.((name) => {
      if (name === '' || name.startsWith(this.#key)) changed();
    });
  }

  /** Stores what is not as it was `before` and fits, one write after the other. Never rejects. */
  write(state: State | undefined, before: State | undefined): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#put(state, before);
        this.#failed = false;
      } catch (error) {
        // A full or forbidden storage costs the memory of the session, not the session.
        this.#failed = true;
        report(error);
      }
    });
    return this.#writing;
  }

  async #put(state: State | undefined, before: State | undefined): Promise<void> {
    if (!state) {
      for (const part of [...PARTS].reverse()) await this.#storage.remove(this.#name(part));
      return;
    }
    for (const part of PARTS) {
      const value = state[part];
      if (!this.#failed && before?.id === state.id && before[part] === value) continue;
      const text = value && JSON.stringify({ id: state.id, value });
      const fits = text && (part === 'accessToken' || new TextEncoder().encode(text).length < ENTRY_BYTES);
      if (fits) await this.#storage.set(this.#name(part), text);
      else await this.#storage.remove(this.#name(part));
    }
  }

  /**
   * Undefined when nobody is logged in. What is not stored is taken from `known`, if that is the same log-in;
   * all of it where the storage does not work.
   */
  async read(known: State | undefined): Promise<State | undefined> {
    await this.#writing;
    if (this.#failed) return known;
    const token = await this.#entry('accessToken');
    if (!token?.value) return undefined;
    const { id, value: accessToken } = token;
    const [jwt, user] = [await this.#entry('jwt'), await this.#entry('user')];
    const kept = known?.id === id ? known : undefined;
    return {
      id,
      accessToken,
      // The one that is known stays itself: how long it has been here is known of it.
      jwt: jwt?.id === id && jwt.value?.text !== kept?.jwt?.text ? jwt.value : kept?.jwt,
      user: user?.id === id ? user.value : kept?.user,
    };
  }

  async #entry<P extends Part>(part: P): Promise<Entry<P> | undefined> {
    try {
      const text = await this.#storage.get(this.#name(part));
      return text ? (JSON.parse(text) as Entry<P>) : undefined;
    } catch {
      return undefined;
    }
  }

  #name(part: Part): string {
    return `${this.#key}.${part}`;
  }
}

/** Tells the developer of what must not stop the program. */
export function report(error: unknown): void {
  if (surroundings.reportError) surroundings.reportError(error);
  else console.error(error);
}
