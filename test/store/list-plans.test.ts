import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe } from 'node:test';
import { type Document, MongoClient } from 'mongodb';
import { systemClock } from '../../server/security/clock.ts';
import { walkIndex, walkQueries } from '../../server/store/mongodb/filters.ts';
import { openMongo } from '../../server/store/mongodb/open.ts';
import { openSqlite } from '../../server/store/sqlite/open.ts';
import { walkStatement } from '../../server/store/sqlite/walk.ts';
import { type Mongod, mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { anId } from '../support/records.ts';
import { describePlans, type Plan } from './list-plans.ts';

const folder = mkdtempSync(join(tmpdir(), 'plans-'));
after(() => rmSync(folder, { recursive: true }));

describe('the embedded database', () => {
  const file = join(folder, 'host.db');
  let db: DatabaseSync | undefined;
  after(() => db?.close());
  describePlans(
    () => openSqlite({ file }),
    async ({ table, filter, options }) => {
      db ??= new DatabaseSync(file, { readOnly: true });
      const { sql, values } = walkStatement('t.doc', table, filter, options);
      const steps = db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all(values)
        .map(({ detail }) => String(detail));
      const [first = ''] = steps;
      const index = /^SEARCH \w+ USING (?:COVERING )?(?:INDEX (\w+)|PRIMARY KEY) \(\w+=\?/.exec(first);
      assert.ok(index, first);
      const later = steps.slice(1).filter((step) => !step.startsWith('SEARCH t USING INTEGER PRIMARY KEY'));
      return [{ index: index[1] ?? 'prefixes', sorts: later.length > 0 }];
    },
    {
      newest: 'users_newest',
      prefix: 'prefixes',
      used: 'users_used',
      'signups newest': 'signups_newest',
      'signups ending': 'signups_ending',
      'invites newest': 'invites_newest',
      'invites ending': 'invites_ending',
      'invites prefix': 'prefixes',
      'activity newest': 'activity_newest',
      'activity errors': 'activity_newest_errors',
      'activity handle': 'activity_newest_by_handle',
    },
  );
});

describe('MongoDB', { skip: mongodAvailable() ? false : NO_MONGOD }, () => {
  const database = `plans-${anId()}`;
  let mongod: (Mongod & { stop(): Promise<void> }) | undefined;
  let client: MongoClient | undefined;
  after(async () => {
    await client?.db(database).dropDatabase();
    await client?.close();
    await mongod?.stop();
  });
  describePlans(
    async () => {
      mongod = (await startMongod()) ?? assert.fail(NO_MONGOD);
      client = new MongoClient(mongod.url(database));
      return openMongo({ url: mongod.url(database), database, clock: systemClock });
    },
    async ({ table, filter, options }) => {
      const plans: Plan[] = [];
      const hint = walkIndex(table, filter, options.by);
      for (const { query, sort } of walkQueries(filter, options)) {
        const found = client
          ?.db(database)
          .collection(table)
          .find(query as Document, { sort, limit: 25, hint });
        const explained = await found?.explain('queryPlanner');
        plans.push(planIn(explained?.queryPlanner.winningPlan));
      }
      return plans;
    },
    {
      prefix: 'prefix',
      used: 'walk.touchedAt',
      'signups newest': 'newest',
      'signups ending': 'walk.dueAt',
      'invites newest': 'newest',
      'invites ending': 'walk.tags.withdrawn,dueAt',
      'invites prefix': 'prefix',
      'activity newest': 'newest',
      'activity errors': 'tag.status',
      'activity handle': 'lookup.handle',
    },
  );
});

function planIn(plan: Document | undefined): Plan {
  const stages = stagesOf(plan?.queryPlan ?? plan);
  const names = stages.map(({ stage }) => String(stage));
  assert.ok(!names.includes('COLLSCAN'));
  const indexes = new Set(stages.filter(({ stage }) => stage === 'IXSCAN').map(({ indexName }) => indexName));
  const [index] = indexes;
  assert.equal(indexes.size, 1, JSON.stringify(plan));
  return { index, sorts: names.includes('SORT') };
}
/** A null is looked for in two stretches of an index, which the server merges. */
function stagesOf(stage: Document | undefined): Document[] {
  if (!stage) return [];
  const inner: Document[] = [...(stage.inputStage ? [stage.inputStage] : []), ...(stage.inputStages ?? [])];
  return [stage, ...inner.flatMap(stagesOf)];
}
