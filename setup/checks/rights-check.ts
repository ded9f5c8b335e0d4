import { type CheckResult, failed, passed } from '../../server/checks/finding.ts';
import type { Config } from '../../server/model/config.ts';
import { openToOthers } from '../installation/private-files.ts';
import { shellQuote } from '../installation/shell-quote.ts';

/** Files that hold secrets or people must be readable by the host's user alone. */
export function checkRights(config: Config): CheckResult {
  const open = openToOthers(config);
  if (open.length === 0) return passed('rights', `${config.dataDir} and the files in it are private`);
  return failed(
    'rights',
    `others on this machine can reach ${open.join(', ')}: chmod go= ${open.map(shellQuote).join(' ')}`,
  );
}
