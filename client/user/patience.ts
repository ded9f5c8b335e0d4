import type { AuthError } from './error.ts';

const TRIES = 3;
const PAUSE_MS = 300;

/** Asks again when no answer came: what was lost on the way can be had once more. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await ask();
    } catch (error) {
      const { code, retryAfter } = error as AuthError;
      const isPassing = ['network', 'timeout', 'unavailable', 'too_many_requests'].includes(code);
      if (!isPassing || tried === TRIES || (retryAfter ?? 0) > 5) throw error;
      await pause(retryAfter ? retryAfter * 1000 : PAUSE_MS * tried);
    }
  }
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
