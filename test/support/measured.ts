import type { Deps } from '../../server/ports/deps.ts';

/** What something cost. */
export interface Cost {
  /** Calls of the store that write. */
  writes: number;
  /** Password hashes, by the kind of what was compared or made. */
  hashes: readonly string[];
}

const WRITES = new Set([
  ...['insert', 'insertMany', 'replace', 'remove', 'removeByHandle', 'recordLogin', 'postpone'],
  ...['increment', 'decrement', 'set', 'attempt', 'fail', 'release', 'compareAndSet'],
]);

/**
 * The same host with every write and hash counted; `costOf` answers what some work did, whether it was
 * refused or not.
 */
export function measured(deps: Deps): { deps: Deps; costOf(work: () => Promise<unknown>): Promise<Cost> } {
  let writes = 0;
  let hashes: string[] = [];
  const counting = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name, receiver) {
        const value = Reflect.get(target, name, receiver);
        if (typeof value !== 'function') return value;
        return (...input: unknown[]) => {
          if (WRITES.has(String(name))) writes++;
          return value.apply(target, input);
        };
      },
    });
  const parts = Object.entries(deps.store).map(([name, part]) => [
    name,
    typeof part === 'object' && part !== null ? counting(part) : part,
  ]);
  const { passwords } = deps;
  const kindOf = (stored: string) => passwords.kindOf(stored) ?? 'none';
  const counted: Deps = {
    ...deps,
    store: Object.fromEntries(parts),
    passwords: {
      ...passwords,
      waiting: 0,
      async hash(password, alongside) {
        const made = await passwords.hash(password, alongside);
        hashes.push(`new ${kindOf(made)}`);
        return made;
      },
      matches(password, stored) {
        hashes.push(kindOf(stored));
        return passwords.matches(password, stored);
      },
    },
  };
  return {
    deps: counted,
    async costOf(work) {
      writes = 0;
      hashes = [];
      await work().catch(() => {});
      return { writes, hashes };
    },
  };
}
