import { existsSync } from 'node:fs';
import { type CheckResult, failed, passed } from '../../server/checks/finding.ts';
import { doubledSubjects } from '../../server/domain/tokens/subjects.ts';
import type { Config } from '../../server/model/config.ts';
import { META } from '../../server/ports/store/meta.ts';
import { openEngine } from '../../server/start/open-engine.ts';
import { openRecords } from '../installation/open-host.ts';

const NAME = 'user ids';
const SHOWN = 10;

/**
 * Whether two users of an app share what their JWTs carry as `sub`, from before that was refused. Makes
 * nothing.
 */
export async function checkSubjects(config: Config): Promise<CheckResult> {
  const { database } = config;
  if (database.kind === 'sqlite' && !existsSync(database.file)) return passed(NAME, 'no data yet');
  try {
    const engine = await openEngine({ database, databaseWaitSeconds: 0 });
    try {
      if ((await engine.metaGet(META.dataKey)) === undefined) return passed(NAME, 'no data yet');
      const recorded = await engine.metaGet(META.subjectsRecorded);
      if (recorded === undefined) return passed(NAME, 'not looked at yet: the next start does');
      return recorded === 'yes' ? passed(NAME, 'no two users share one') : await listed(engine, config);
    } finally {
      await engine.close();
    }
  } catch {
    return failed(NAME, 'the database cannot be opened');
  }
}

async function listed(engine: Parameters<typeof openRecords>[0], config: Config): Promise<CheckResult> {
  const store = await openRecords(engine, config);
  const pairs: string[] = [];
  let count = 0;
  for await (const { app, user, holder } of doubledSubjects({ store })) {
    if (!holder || ++count > SHOWN) continue;
    pairs.push(`in app ${app.id} users ${holder.id} and ${user.id}`);
  }
  if (count === 0) return passed(NAME, 'no two users share one');
  const more = count > SHOWN ? `, and ${count - SHOWN} more` : '';
  return failed(
    NAME,
    `the same sub in their tokens have ${pairs.join(', ')}${more}: whoever reads tokens takes them for one person. Remove one of each, or have it join again under another handle.`,
  );
}
