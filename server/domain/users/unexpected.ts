import { isHostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';

/**
 * What work beside requests, named by `where`, does with an error that nobody else answers. Of an outage the
 * store itself tells.
 */
export function reportUnexpected({ events }: Pick<Deps, 'events'>, where: string, error: unknown): void {
  if (isHostError(error, 'service_unavailable')) return;
  events.emit('unexpected_error', { name: error instanceof Error ? error.name : 'unknown', where });
}
