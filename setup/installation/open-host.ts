import { createLogger } from '../../server/log/logger.ts';
import type { Config } from '../../server/model/config.ts';
import type { Store } from '../../server/ports/store/store.ts';
import { systemClock } from '../../server/security/clock.ts';
import { openDataKey } from '../../server/security/data-key.ts';
import type { Engine } from '../../server/store/engine.ts';
import { createMetaStore } from '../../server/store/meta.ts';
import type { SealingDeps } from '../../server/store/sealed.ts';
import { createStore } from '../../server/store/store.ts';
import { buildDeps } from '../../server/wiring.ts';

/**
 * The host's own parts without its port, for a command of setup. Call `stop` when done. Its security events
 * go to stderr; on a terminal, where somebody reads what setup itself says, only errors do.
 */
export function openHost(config: Config) {
  const level = process.stderr.isTTY ? 'error' : 'warn';
  return buildDeps(config, createLogger(level, process.stderr));
}

/**
 * The records of a database whose data key exists or may be made, without anything that runs beside.
 * `onSetAside` is told of each row that does not open while many are read. Throws `WrongEncryptKeyError`.
 */
export async function openRecords(
  engine: Engine,
  config: Pick<Config, 'encryptKey' | 'encryptUserData'>,
  onSetAside?: SealingDeps['onSetAside'],
): Promise<Store> {
  const { encryptKey, encryptUserData } = config;
  const { cipher, lookups, whole } = await openDataKey({ meta: createMetaStore(engine), encryptKey });
  const isWhole = () => whole;
  return createStore({ engine, cipher, lookups, clock: systemClock, encryptUserData, isWhole, onSetAside });
}

export type OpenHost = Awaited<ReturnType<typeof openHost>>;
