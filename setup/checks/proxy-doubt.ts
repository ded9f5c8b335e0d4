import { existsSync } from 'node:fs';
import { type AddressDoubt, recallDoubt } from '../../server/domain/attempts/client-addresses.ts';
import type { Config } from '../../server/model/config.ts';
import { systemClock } from '../../server/security/clock.ts';
import { openEngine } from '../../server/start/open-engine.ts';
import { createMetaStore } from '../../server/store/meta.ts';

/** What the host found of its proxies while it ran. */
export async function storedDoubt({ database, trustProxyHops }: Config): Promise<AddressDoubt | undefined> {
  if (database.kind === 'sqlite' && !existsSync(database.file)) return undefined;
  try {
    const engine = await openEngine({ database, databaseWaitSeconds: 0 });
    try {
      return await recallDoubt(createMetaStore(engine), { now: systemClock.now(), trustProxyHops });
    } finally {
      await engine.close();
    }
  } catch {
    // The database has a check of its own.
    return undefined;
  }
}
