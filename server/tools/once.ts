/** Does `work` with the first call and keeps the result. */
export function once<T>(work: () => T): () => T {
  let kept: { result: T } | undefined;
  return () => {
    kept ??= { result: work() };
    return kept.result;
  };
}

/** As `once`, for work that may fail: what failed is done again with the next call. */
export function onceDone<T>(work: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return () => {
    kept ??= work().catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
}
