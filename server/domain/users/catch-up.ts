import type { Deps } from '../../ports/deps.ts';
import { MINUTE_MS } from '../../tools/duration.ts';
import { reportUnexpected } from './unexpected.ts';

const RETRY_MS = MINUTE_MS;

/**
 * Begins work beside requests that brings rows of an earlier version up to date, and again a minute after it
 * failed. `where` names it in `unexpected_error`. `stop` lets the step at hand end.
 */
export function startCatchingUp(
  deps: Pick<Deps, 'clock' | 'events'>,
  where: string,
  work: (isStopped: () => boolean) => Promise<void>,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = run();

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        return await work(() => signal.aborted);
      } catch (error) {
        report(error);
        await deps.clock.pause(RETRY_MS, signal);
      }
    }
  }
  function report(error: unknown): void {
    reportUnexpected(deps, where, error);
  }
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
