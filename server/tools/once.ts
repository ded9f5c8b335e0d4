/** Does `work` with the first call and keeps the result. */
export function once<T>(work: () => T): () => T {
  let kept: { result: T } | undefined;
  return () => {
    kept ??= { result: work() };
    return kept.result;
  };
}
