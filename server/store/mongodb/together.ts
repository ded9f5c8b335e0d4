import { isHostError } from '../../model/errors.ts';
import { unavailable } from '../engine.ts';
import { isCrowd, OPERATION_MS } from './connection.ts';

interface Waiting<T, R> {
  asked: T;
  since: number;
  resolve(answer: R | PromiseLike<R>): void;
  reject(error: unknown): void;
}

/**
 * Asks with one command for what is asked for in one turn of the event loop, and for what comes while
 * `commands` of them are under way: a call of the driver costs ten times what a part of it does. `run`
 * answers at most `most` at a time, in their order, and is called after all of them have asked. Where the
 * database does not answer, those who wait are refused with those who were served, and so is who would have
 * waited as long as a call may take before it is asked.
 */
export function together<T, R>(
  { commands, most, waitMs = OPERATION_MS }: { commands: number; most: number; waitMs?: number },
  run: (batch: readonly T[]) => Promise<readonly (R | PromiseLike<R>)[]>,
): (asked: T) => Promise<R> {
  let waiting: Waiting<T, R>[] = [];
  let underWay = 0;
  let isDue = false;

  async function serve(batch: readonly Waiting<T, R>[]): Promise<void> {
    underWay++;
    try {
      const answers = await run(batch.map(({ asked }) => asked));
      for (const [n, { resolve }] of batch.entries()) resolve(answers[n] as R | PromiseLike<R>);
    } catch (error) {
      const isAway = isHostError(error, 'service_unavailable') && !isCrowd(error);
      for (const { reject } of isAway ? [...batch, ...waiting.splice(0)] : batch) reject(error);
    } finally {
      underWay--;
      next();
    }
  }

  function next(): void {
    isDue = false;
    const longAgo = performance.now() - waitMs;
    while (waiting[0] && waiting[0].since < longAgo) waiting.shift()?.reject(unavailable());
    while (waiting.length > 0 && underWay < commands) {
      const batch = waiting.slice(0, most);
      waiting = waiting.slice(most);
      void serve(batch);
    }
  }

  return (asked) =>
    new Promise((resolve, reject) => {
      waiting.push({ asked, since: performance.now(), resolve, reject });
      if (isDue) return;
      isDue = true;
      setImmediate(next);
    });
}
