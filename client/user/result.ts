import { AuthError } from './error.ts';

/** What a method answers: a value, or why there is none. */
export type Result<T> = { ok: true; value: T } | { ok: false; error: AuthError };

/** The same methods, answering a `Result` where they threw; also those of what they answer. */
export type Safe<T> = T extends Date
  ? T
  : T extends (...parameters: infer P) => Promise<infer V>
    ? (...parameters: P) => Promise<Result<Safe<V>>>
    : T extends (...parameters: never) => unknown
      ? T
      : T extends object
        ? { [K in keyof T]: Safe<T[K]> }
        : T;

/** Makes throwing methods safe. A programmer's mistake is thrown all the same. */
export function safe<T>(thing: T): Safe<T> {
  if (typeof thing === 'function') {
    return (async (...parameters: unknown[]) => {
      try {
        return { ok: true, value: safe(await thing(...parameters)) };
      } catch (error) {
        if (error instanceof AuthError) return { ok: false, error };
        throw error;
      }
    }) as Safe<T>;
  }
  if (!isPlain(thing)) return thing as Safe<T>;
  return Object.fromEntries(Object.entries(thing).map(([name, part]) => [name, safe(part)])) as Safe<T>;
}

function isPlain(thing: unknown): thing is object {
  return typeof thing === 'object' && thing !== null && Object.getPrototypeOf(thing) === Object.prototype;
}
