import type { App } from '../../model/app.ts';
import type { Deps } from '../../ports/deps.ts';
import { FIRST_GENERATION } from '../../ports/security/host-tokens.ts';
import { newAppSettings } from '../apps/apps.ts';
import { keysOf, OWN_APP_COLUMNS } from './app-columns.ts';
import type { Cells } from './cells.ts';
import { readColumns } from './columns.ts';
import { importedSettings } from './setting-columns.ts';

type AppRecordDeps = Pick<Deps, 'codes' | 'keyPairs' | 'hostTokens' | 'clock'>;

/**
 * The app of an import: its own key pair and settings, a new id, name, app token and secret (contract §4.5).
 * Columns that the file lacks get what the old host did: `raw` user ids, links that complete at once. Throws
 * `CellError`.
 */
export async function importedApp(
  deps: AppRecordDeps,
  cells: Cells,
  { id, name, newKeys }: { id: string; name: string; newKeys: boolean },
): Promise<App> {
  const now = deps.clock.now();
  return {
    ...newAppSettings(),
    ...importedSettings(cells),
    ...readColumns(OWN_APP_COLUMNS, { deps, cells }),
    id,
    name,
    lifecycle: 'importing',
    keys: newKeys ? [await deps.keyPairs.newAppKey(now)] : await keysOf({ deps, cells }),
    appToken: await deps.hostTokens.issueAppToken({ appId: id, generation: FIRST_GENERATION }),
    tokenGeneration: FIRST_GENERATION,
    appSecret: await deps.hostTokens.issueAppSecret({ appId: id }),
    createdAt: now,
    updatedAt: now,
  };
}
