import { checkMailWay, checkSms } from '../../server/checks/delivery-check.ts';
import type { CheckResult } from '../../server/checks/finding.ts';
import { checkClock, checkDisk } from '../../server/checks/machine-check.ts';
import { checkAddress, checkOrigins, checkProxies } from '../../server/checks/network-check.ts';
import type { Config } from '../../server/model/config.ts';
import { checkDatabase } from '../checks/database-check.ts';
import { checkKeyPair } from '../checks/key-check.ts';
import { storedDoubt } from '../checks/proxy-doubt.ts';
import { checkRecords } from '../checks/records-check.ts';
import { checkRights } from '../checks/rights-check.ts';
import { checkSealing } from '../checks/sealing-check.ts';
import { checkSubjects } from '../checks/subject-check.ts';
import { checkTemplates } from '../checks/templates-check.ts';
import { type Command, installedConfig } from '../command.ts';
import { EXIT } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';

type Found = CheckResult | [CheckResult, CheckResult?];
const CHECKS: readonly { what: string; run: (config: Config) => Found | Promise<Found> }[] = [
  { what: 'Opening the key pair', run: checkKeyPair },
  { what: 'Looking at the files', run: checkRights },
  { what: 'Reading texts and pages', run: checkTemplates },
  { what: 'Connecting to the database', run: checkDatabase },
  { what: 'Opening the data key', run: checkSealing },
  { what: 'Reading the records', run: checkRecords },
  { what: 'Looking at user ids', run: checkSubjects },
  { what: 'Comparing clocks', run: (config) => checkClock(config) },
  { what: 'Looking at the disk', run: (config) => checkDisk(config) },
  { what: 'Asking the mail provider', run: checkMailWay },
  { what: 'Asking the SMS provider', run: checkSms },
  { what: 'Calling the public address', run: checkAddress },
  { what: 'Counting proxies', run: (config) => checkProxies(config, storedDoubt) },
  { what: 'Looking at CORS', run: checkOrigins },
];

/**
 * `--check`: changes nothing; a line for each check, with its repair where it fails. Exit 0 only if all hold.
 */
export const runDoctor: Command = async ({ options, terminal }) => {
  const config = await installedConfig(options, terminal);
  const results: CheckResult[] = [];
  for (const { what, run } of CHECKS) {
    const found = [await terminal.progress(what, Promise.resolve(run(config)))]
      .flat()
      .filter((result) => result !== undefined);
    results.push(...found);
    if (options.json) continue;
    for (const { name, ok, detail } of found)
      process.stdout.write(`${markOf(ok, terminal)} ${name}: ${detail}\n`);
  }
  const failures = results.filter(({ ok }) => ok === false);
  if (options.json) process.stdout.write(`${JSON.stringify({ checks: results })}\n`);
  else
    process.stdout.write(
      failures.length === 0 ? 'All is well.\n' : `${failures.length} of ${results.length} need a repair.\n`,
    );
  if (failures.length === 0) return EXIT.done;
  return failures.every(({ name }) => name === 'database') ? EXIT.databaseUnreachable : EXIT.configuration;
};

function markOf(ok: CheckResult['ok'], { style }: Pick<Terminal, 'style'>): string {
  if (ok === 'unknown') return style('yellow', '?');
  return ok ? style('green', '✓') : style('red', '✗');
}
