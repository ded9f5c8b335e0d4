import { existsSync } from 'node:fs';
import { type CheckResult, failed, passed, remarkOn } from '../../server/checks/finding.ts';
import type { Config } from '../../server/model/config.ts';
import { META } from '../../server/ports/store/meta.ts';
import { openDataKey } from '../../server/security/data-key.ts';
import { WrongEncryptKeyError } from '../../server/security/wrong-encrypt-key.ts';
import { StartError } from '../../server/start/exit.ts';
import { openEngine } from '../../server/start/open-engine.ts';
import { createMetaStore } from '../../server/store/meta.ts';

const NAME = 'encryption';

/** Whether `ENCRYPT_KEY` opens what this database holds. Makes nothing. */
export async function checkSealing(config: Config): Promise<CheckResult> {
  const { database, encryptKey } = config;
  if (database.kind === 'sqlite' && !existsSync(database.file)) return passed(NAME, 'no data yet');
  try {
    const engine = await openEngine({ database, databaseWaitSeconds: 0 });
    try {
      const meta = createMetaStore(engine);
      if ((await meta.get(META.dataKey)) === undefined) return passed(NAME, 'no data yet');
      await openDataKey({ meta, encryptKey });
      return passed(
        NAME,
        `ENCRYPT_KEY opens the data; personal data is ${config.encryptUserData ? 'sealed' : 'readable'}${remarkOn('ENCRYPT_KEY', encryptKey)}`,
      );
    } finally {
      await engine.close();
    }
  } catch (error) {
    if (error instanceof WrongEncryptKeyError)
      return failed(
        NAME,
        'ENCRYPT_KEY does not open the data of this database: use the key it was made with',
      );
    if (!(error instanceof StartError)) return failed(NAME, 'the database cannot be opened');
    return failed(
      NAME,
      error.problems.map(({ problem, repair }) => `the database ${problem}: ${repair}`).join('; '),
    );
  }
}
