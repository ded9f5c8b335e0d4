const PAUSE_MS = 500;
const PAUSE_MAX_MS = 8_000;

/** Waits before another try, longer each time; no longer than until the signal. */
export function backoff(tried: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(PAUSE_MS * 2 ** (tried - 1), PAUSE_MAX_MS));
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
}
