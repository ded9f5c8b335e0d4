import { existsSync } from 'node:fs';
import type { Config } from '../../server/model/config.ts';
import { META } from '../../server/ports/store/meta.ts';
import { openEngine } from '../../server/start/open-engine.ts';
import { openRecords } from '../installation/open-host.ts';

const MOST = 100;

/** Names of the apps there are, oldest first; none where that cannot be seen. Makes nothing. */
export async function appsThere(config: Config): Promise<string[]> {
  const { database } = config;
  if (database.kind === 'sqlite' && !existsSync(database.file)) return [];
  try {
    const engine = await openEngine({ database, databaseWaitSeconds: 0 });
    try {
      if ((await engine.metaGet(META.dataKey)) === undefined) return [];
      const { apps } = await openRecords(engine, config);
      const rows = await apps.list({ offset: 0, limit: MOST });
      return rows.map(({ name }) => name).reverse();
    } finally {
      await engine.close();
    }
  } catch {
    return [];
  }
}
