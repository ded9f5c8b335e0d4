import { existsSync } from 'node:fs';
import { type CheckResult, failed, passed } from '../../server/checks/finding.ts';
import type { Config } from '../../server/model/config.ts';
import { META } from '../../server/ports/store/meta.ts';
import { openEngine } from '../../server/start/open-engine.ts';
import type { Engine } from '../../server/store/engine.ts';
import { type DamagedRow, openAllRecords } from '../installation/all-records.ts';

const NAME = 'records';
/** Names of rows in one line. */
const MOST_NAMED = 20;
/** A very large database is read in part. */
const LONGEST_MS = 60_000;

/** Reads every record through and names those that do not open. Makes nothing. */
export async function checkRecords(config: Config): Promise<CheckResult> {
  const { database } = config;
  if (database.kind === 'sqlite' && !existsSync(database.file)) return passed(NAME, 'no data yet');
  let engine: Engine | undefined;
  try {
    engine = await openEngine({ database, databaseWaitSeconds: 0 });
    if ((await engine.metaGet(META.dataKey)) === undefined) return passed(NAME, 'no data yet');
    return await readThrough(engine, config);
  } catch {
    return failed(NAME, 'they cannot be read: repair what stands above first');
  } finally {
    await engine?.close();
  }
}

async function readThrough(engine: Engine, config: Config): Promise<CheckResult> {
  const records = await openAllRecords(engine, config);
  const deadline = performance.now() + LONGEST_MS;
  let intact = 0;
  let isPart = false;
  for await (const _ of records.read()) {
    intact++;
    isPart = performance.now() > deadline;
    if (isPart) break;
  }
  const rest = isPart ? ' (the first ones; reading all takes more than a minute)' : '';
  if (records.damaged.length === 0) return passed(NAME, `all ${intact} open${rest}`);
  return failed(
    NAME,
    `${listDamaged(records.damaged)}; ${intact} others do${rest}. The host works without them: put them back from a backup, or remove these rows from the database.`,
  );
}

/** How many rows do not open, and which. */
export function listDamaged(damaged: readonly DamagedRow[]): string {
  const named = damaged.slice(0, MOST_NAMED).map(({ table, id }) => `${table}/${id}`);
  const more = damaged.length > MOST_NAMED ? ', …' : '';
  return `${damaged.length} ${damaged.length === 1 ? 'row does' : 'rows do'} not open (${named.join(', ')}${more})`;
}
