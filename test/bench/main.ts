/** Figures of the whole host: `npm run bench -- --store sqlite --seconds 2`. See docs/performance.md. */
import { mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { runBehaviour } from './behaviour.ts';
import { makeDataSet } from './data-set.ts';
import { runGrowth } from './growth.ts';
import { benchOptions, USUAL_USERS } from './options.ts';
import { type Fact, type Figure, print, writeResults } from './report.ts';
import { runScenarios } from './suite.ts';

const options = benchOptions(process.argv.slice(2));
const results: { figures: Figure[]; facts: Fact[] } = { figures: [], facts: [] };
for (const store of options.stores) {
  if (store === 'mongodb' && !mongodAvailable()) {
    print(`\nmongodb: ${NO_MONGOD}`);
    continue;
  }
  const mongod = store === 'mongodb' ? await startMongod() : undefined;
  if (options.users > USUAL_USERS) {
    results.facts.push(...(await runGrowth(options, store, (database) => mongod?.url(database))));
  } else {
    const dataSet = await makeDataSet(USUAL_USERS, mongod?.url('bench'));
    const stage = { dataSet, store, options };
    results.figures.push(...(await runScenarios(stage)));
    results.facts.push(...(await runBehaviour(stage)));
    dataSet.remove();
  }
  await mongod?.stop();
}
print(`\n${writeResults(results)}`);
