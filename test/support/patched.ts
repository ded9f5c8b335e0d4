/**
 * Puts these members in the place of an adapter's while `work` runs, and its own back whatever becomes of
 * that.
 */
export async function patched<T extends object, R>(
  adapter: T,
  members: { [M in keyof T]?: unknown },
  work: () => Promise<R>,
): Promise<R> {
  const own = Object.fromEntries(Object.keys(members).map((name) => [name, adapter[name as keyof T]]));
  Object.assign(adapter, members);
  try {
    return await work();
  } finally {
    Object.assign(adapter, own);
  }
}

/** Lets `meanwhile` happen once, just before the next call of a method while `work` runs. */
export function beforeNext<T extends object, R>(
  adapter: T,
  method: keyof T & string,
  { meanwhile, work }: { meanwhile: () => Promise<unknown>; work: () => Promise<R> },
): Promise<R> {
  const own = adapter[method] as (...input: unknown[]) => unknown;
  let isNext = true;
  const replacement = async (...input: unknown[]) => {
    const happens = isNext;
    isNext = false;
    if (happens) await meanwhile();
    return own.apply(adapter, input);
  };
  return patched(adapter, { [method]: replacement } as { [M in keyof T]?: unknown }, work);
}
