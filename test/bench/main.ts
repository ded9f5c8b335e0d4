/** Figures of the whole host: `npm run bench -- --help`. See docs/performance.md. */
import { mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { runBehaviour } from './behaviour.ts';
import { makeDataSet } from './data-set.ts';
import { runGrowth } from './growth.ts';
import { type BenchOptions, benchOptions, USUAL_USERS } from './options.ts';
import { type Fact, type Figure, print, printTargets, writeResults } from './report.ts';
import { runScenarios } from './suite.ts';

const options = optionsOrEnd();
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
    const { figures, facts } = await runScenarios(stage);
    results.figures.push(...figures);
    results.facts.push(...facts, ...(await runBehaviour(stage)));
    dataSet.remove();
  }
  await mongod?.stop();
}
printTargets(results);
print(`\n${writeResults(results)}`);

function optionsOrEnd(): BenchOptions {
  try {
    const options = benchOptions(process.argv.slice(2));
    if (typeof options !== 'string') return options;
    print(options);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\nTry --help.\n`);
    process.exit(2);
  }
}
