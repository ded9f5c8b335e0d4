import type { SuperUserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { requireRunning } from '../users/session.ts';
import { changeApp } from './apps.ts';

const MAX_BYTES = 8192;

/**
 * Stores what `getApplication` answers as `appData`, at most 8 KiB of JSON. Throws `invalid_data` when
 * larger.
 */
export async function setAppData(
  deps: Pick<Deps, 'store' | 'clock' | 'events'>,
  { caller, appData }: { caller: SuperUserCaller; appData: Record<string, unknown> },
): Promise<true> {
  const { app, name } = caller;
  requireRunning(app);
  const bytes = Buffer.byteLength(JSON.stringify(appData));
  if (bytes > MAX_BYTES) {
    throw new HostError('invalid_data', { because: { reason: 'too_long', field: 'appData' } });
  }
  await changeApp(deps, app.id, (current) => ({ ...current, appData }));
  deps.events.emit('app_data_set', { name, bytes });
  return true;
}
