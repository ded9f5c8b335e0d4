import type { AuthError } from './error.ts';

const TRIES = 3;
const PAUSE_MS = 300;

/** Asks again when no answer came: what was lost on the way can be had once more. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await ask();
    } catch (error) {
      const { retryAfter } = error as AuthError;
      if (!isPassing(error) || tried === TRIES || (retryAfter ?? 0) > 5) throw error;
      await pause(retryAfter ? retryAfter * 1000 : PAUSE_MS * tried);
    }
  }
}

/** Whether the same call may succeed in a while: no answer came, or the host was busy. */
export function isPassing(error: unknown): boolean {
  return ['network', 'timeout', 'unavailable', 'too_many_requests'].includes((error as AuthError).code);
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
