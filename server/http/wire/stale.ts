import { StaleError } from '../../domain/portal/revision.ts';
import { HostError } from '../../model/errors.ts';

/**
 * What a change of a row answers, as `show` tells it; whoever began from another row is refused with the row
 * as it is (additions §1.1).
 */
export async function shownUnlessStale<T, W>(change: Promise<T>, show: (row: T) => W): Promise<W> {
  try {
    return show(await change);
  } catch (thrown) {
    if (!(thrown instanceof StaleError)) throw thrown;
    const because = { reason: 'stale', field: 'revision', current: show(thrown.current as T) } as const;
    throw new HostError('refused', { detail: 'changed meanwhile', because });
  }
}
