import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SessionStorage } from '../user/storage.ts';

/**
 * A file in which a session outlives the process: readable by its owner alone, replaced as a whole. A file
 * that is missing or damaged holds nobody.
 */
export function fileStorage(path: string): SessionStorage {
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other: each change is of the whole file. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  }

  async function entries(): Promise<Record<string, string>> {
    try {
      return JSON.parse(await readFile(path, 'utf8'));
    } catch {
      return {};
    }
  }
  const change = (name: string, value?: string) =>
    inTurn(async () => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const fresh = `${path}.${randomUUID()}`;
      const text = JSON.stringify({ ...(await entries()), [name]: value });
      await writeFile(fresh, text, { mode: 0o600, flag: 'wx' });
      await rename(fresh, path);
    });

  return {
    get: (name) => inTurn(async () => (await entries())[name]),
    set: change,
    remove: (name) => change(name),
  };
}
