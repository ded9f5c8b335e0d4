import { surroundings } from './surroundings.ts';

/** Where a session outlives a page or a start. Each entry stays under 2,048 bytes. */
export interface SessionStorage {
  get(name: string): string | null | undefined | Promise<string | null | undefined>;
  set(name: string, value: string): void | Promise<void>;
  remove(name: string): void | Promise<void>;
  /** Calls when somebody else changed an entry; answers what ends that. */
  watch?(changed: (name: string) => void): () => void;
}

/** Forgets everything with the page or process. */
export function memoryStorage(): SessionStorage {
  const entries = new Map<string, string>();
  return {
    get: (name) => entries.get(name),
    set: (name, value) => void entries.set(name, value),
    remove: (name) => void entries.delete(name),
  };
}

/** A browser's `localStorage`, shared by all tabs; memory where there is none. */
export function webStorage(): SessionStorage {
  const memory = memoryStorage();
  const local = reachable();
  if (!local) return memory;
  return {
    get: (name) => local.getItem(name),
    set: (name, value) => local.setItem(name, value),
    remove: (name) => local.removeItem(name),
    watch(changed) {
      // Without a name: everything was cleared.
      const listener = ({ key, storageArea }: { key: string | null; storageArea: unknown }) => {
        if (storageArea === local) changed(key ?? '');
      };
      surroundings.addEventListener?.('storage', listener);
      return () => surroundings.removeEventListener?.('storage', listener);
    },
  };
}

/** A browser may forbid even looking. */
function reachable(): typeof surroundings.localStorage {
  try {
    return surroundings.localStorage;
  } catch {
    return undefined;
  }
}

interface SecureStore {
  getItemAsync(name: string): Promise<string | null>;
  setItemAsync(name: string, value: string): Promise<void>;
  deleteItemAsync(name: string): Promise<void>;
}
interface AsyncStorage {
  getItem(name: string): Promise<string | null>;
  setItem(name: string, value: string): Promise<void>;
  removeItem(name: string): Promise<void>;
}

/** Expo's SecureStore or React Native's AsyncStorage. */
export function keyValueStorage(store: SecureStore | AsyncStorage): SessionStorage {
  return 'getItemAsync' in store
    ? {
        get: (name) => store.getItemAsync(name),
        set: (name, value) => store.setItemAsync(name, value),
        remove: (name) => store.deleteItemAsync(name),
      }
    : {
        get: (name) => store.getItem(name),
        set: (name, value) => store.setItem(name, value),
        remove: (name) => store.removeItem(name),
      };
}
