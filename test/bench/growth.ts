import { type DataSet, makeDataSet } from './data-set.ts';
import { loadRound, type Round, spreadOf } from './measure.ts';
import { type BenchOptions, USUAL_USERS } from './options.ts';
import { startGenerator, startHost } from './processes.ts';
import { type Fact, print, printFact } from './report.ts';
import { GENERATOR_CORE, HOST_CORE } from './suite.ts';
import type { Traffic } from './traffic.ts';

const KINDS: readonly Traffic[] = ['login', 'signup', 'getUser', 'search', 'list', 'other lists'];
const LEAST = 0.8;
/** Of a round: a host needs some for its code to be compiled, and the first round does not count. */
const LEAST_SECONDS = 3;

/**
 * The same calls on a store of `options.users` and on one of 1,000, in turn: what each costs in CPU, small ÷
 * large.
 */
export async function runGrowth(
  options: BenchOptions,
  store: string,
  mongoUrl: (database: string) => string | undefined,
): Promise<Fact[]> {
  const small = await makeDataSet(USUAL_USERS, mongoUrl('small'));
  const start = performance.now();
  const large = await makeDataSet(options.users, mongoUrl('large'));
  print(`\n${store}: ${options.users} users in ${Math.round((performance.now() - start) / 1_000)} s`);
  const facts: Fact[] = [];
  for (const traffic of KINDS) {
    const costs = await compare([small, large], traffic, options);
    const ratio = costs.small / costs.large;
    const name = `${traffic}: ${costs.small.toFixed(0)} µs at 1,000, ${costs.large.toFixed(0)} µs at ${options.users}`;
    const fact: Fact = {
      store,
      name,
      kind: `${traffic}, users ÷ 1,000`,
      value: ratio,
      unit: '',
      target: LEAST,
      atLeast: true,
    };
    printFact(fact);
    facts.push(fact);
  }
  small.remove();
  large.remove();
  return facts;
}

async function compare(dataSets: [DataSet, DataSet], traffic: Traffic, options: BenchOptions) {
  const generator = startGenerator(GENERATOR_CORE);
  const hosts = await Promise.all(dataSets.map((dataSet) => startHost(dataSet, { core: HOST_CORE })));
  const rounds: Round[][] = [[], []];
  try {
    for (let round = 0; round <= options.rounds; round++) {
      for (const [n, host] of hosts.entries()) {
        const { connections } = options;
        const seconds = Math.max(options.seconds, LEAST_SECONDS);
        const facts = dataSets[n]?.facts ?? dataSets[0].facts;
        const job = { url: host.url, traffic, facts, connections, seconds };
        const seen = await loadRound(host, generator, job, 1);
        // The first one runs code that was never compiled.
        if (round > 0) rounds[n]?.push(seen);
      }
    }
  } finally {
    await Promise.all(hosts.map((host) => host.stop()));
    await generator.stop();
  }
  const [small = 0, large = 0] = rounds.map((of) => spreadOf(of.map(({ cpuMicros }) => cpuMicros)).median);
  return { small, large };
}
