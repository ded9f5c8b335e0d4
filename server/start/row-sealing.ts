import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../model/config.ts';
import { isHostError } from '../model/errors.ts';
import type { Events } from '../ports/log/events.ts';
import type { Engine } from '../store/engine.ts';
import { sealMeta } from '../store/meta.ts';
import { sealWholeRows } from '../store/seal-whole.ts';
import type { SealingDeps } from '../store/sealed.ts';

/** Between two lines about work that keeps the port closed. */
const PROGRESS_MS = 5_000;
const RETRY_MS = 500;

/**
 * Seals what an earlier version left in the clear, then has it noted by `markWhole`, and says in the log how
 * far it got. A database that is away for a moment is waited for as at the start: `databaseWaitSeconds`
 * without progress.
 */
export async function sealEarlierRows(
  engine: Engine,
  sealing: SealingDeps & { events: Events },
  { databaseWaitSeconds }: Pick<Config, 'databaseWaitSeconds'>,
  markWhole: () => Promise<void>,
): Promise<void> {
  let sealedInAll = 0;
  let saidAt = performance.now();
  let movedAt = saidAt;
  for (;;) {
    let sealed = 0;
    try {
      const { total } = await sealWholeRows(engine, sealing, (progress) => {
        movedAt = performance.now();
        sealed = progress.sealed;
        if (movedAt - saidAt < PROGRESS_MS) return;
        saidAt = movedAt;
        sealing.events.emit('rows_sealed', { done: progress.done, total: progress.total });
      });
      await sealMeta(engine, sealing);
      await markWhole();
      if (sealedInAll + sealed > 0) sealing.events.emit('rows_sealed', { done: total, total });
      return;
    } catch (error) {
      sealedInAll += sealed;
      const isAway = isHostError(error, 'service_unavailable');
      if (!isAway || performance.now() > movedAt + databaseWaitSeconds * 1000) throw error;
      await pause(RETRY_MS);
    }
  }
}
