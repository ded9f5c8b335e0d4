import { after } from 'node:test';
import { systemClock } from '../../server/security/clock.ts';
import type { Engine, Row } from '../../server/store/engine.ts';
import { openMongo } from '../../server/store/mongodb/open.ts';
import type { Mongod } from '../support/mongod.ts';
import { anId } from '../support/records.ts';

/** Opens engines that are closed when the tests of the file are over, however they end. */
export function mongoOpener(): (mongod: Mongod, database?: string) => Promise<Engine> {
  const engines: Engine[] = [];
  after(() => Promise.all(engines.map((engine) => engine.close())));
  return async (mongod, database = `test-${anId()}`) => {
    const engine = await openMongo({ url: mongod.url(database), database, clock: systemClock });
    engines.push(engine);
    return engine;
  };
}

/** A row of the table `templates`. */
export function aRow(): Row {
  const id = anId();
  return {
    id,
    appId: 'app',
    revision: 1,
    keys: { nameAndLocale: id },
    lookups: {},
    prefixes: [],
    tags: {},
    createdAt: 1,
    dueAt: undefined,
    touchedAt: undefined,
    seenDay: undefined,
    doc: {},
  };
}
