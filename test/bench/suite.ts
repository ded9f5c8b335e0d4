import type { DataSet } from './data-set.ts';
import type { Job } from './generator.ts';
import { limitRound, loadRound, type Round, spreadOf, undisturbed } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { CAN_PIN, type RunningHost, startGenerator, startHelper, startHost } from './processes.ts';
import { type Fact, type Figure, printFact, printFigure, printHeader } from './report.ts';
import { limitFor, SCENARIOS, type Scenario } from './scenarios.ts';

/** The host's core and the generator's. */
export const HOST_CORE = 0;
export const GENERATOR_CORE = 1;
/**
 * Until V8 has compiled what runs: of calls that are answered thousands of times a second, on one core, and
 * of the others; and of the bare Koa.
 */
const WARM_UP_SECONDS = { fast: 4, slow: 0.5, koa: 2 };

/** Every scenario on one store, host and limit in turn, and the table as it grows. */
export async function runScenarios(stage: Stage): Promise<{ figures: Figure[]; facts: Fact[] }> {
  const { dataSet, store } = stage;
  const figures: Figure[] = [];
  const facts: Fact[] = [];
  for (const cores of CAN_PIN ? ([1, 2] as const) : ([2] as const)) {
    const bench = await openBench(dataSet, cores, stage.options.connections);
    try {
      if (figures.length === 0) printHeader(store);
      for (const scenario of SCENARIOS.filter((one) => one.cores === cores)) {
        const figure = await runScenario(bench, scenario, stage);
        printFigure(figure);
        figures.push(figure);
      }
      if (facts.length === 0) facts.push(await verifications(bench, stage));
    } finally {
      await bench.close();
    }
  }
  return { figures, facts };
}

/**
 * What an access token costs at its first check on top of the figures above, which are of tokens seen before.
 */
async function verifications({ limits, host }: Bench, { store, options, dataSet }: Stage): Promise<Fact> {
  const { seconds } = options;
  const request = { limit: 'rsa verify', seconds, width: 1, bcrypt: dataSet.facts.bcrypt } as const;
  const { perSecond } = await limitRound(limits, request, host);
  const fact: Fact = {
    store,
    name: 'bare RSA verifications (3,072 bit), one core',
    value: perSecond,
    unit: '/s',
  };
  printFact(fact);
  return fact;
}

/** What a run is about. */
export interface Stage {
  dataSet: DataSet;
  store: string;
  options: BenchOptions;
}
interface Bench {
  host: RunningHost;
  generator: ReturnType<typeof startGenerator>;
  limits: ReturnType<typeof startHelper>;
  koa: ReturnType<typeof startHelper>;
  koaUrl: string;
  close(): Promise<void>;
}

/**
 * With one core for the host the generator gets the other; with two they share, which hardly costs where
 * passwords are hashed.
 */
async function openBench(dataSet: DataSet, cores: 1 | 2, connections: number): Promise<Bench> {
  const core = cores === 1 ? HOST_CORE : undefined;
  const host = await startHost(dataSet, { core });
  const generator = startGenerator(cores === 1 ? GENERATOR_CORE : undefined);
  const limits = startHelper('limits.ts', core);
  const koa = startHelper('limits.ts', core);
  const koaUrl = `http://127.0.0.1:${await koa.ask('koa')}`;
  const all = [host, generator, limits, koa];
  if (cores === 1) {
    const { facts } = dataSet;
    const job = { url: koaUrl, traffic: 'bare', facts, connections, seconds: WARM_UP_SECONDS.koa } as const;
    await loadRound(koa, generator, job, cores);
  }
  return {
    host,
    generator,
    limits,
    koa,
    koaUrl,
    close: async () => void (await Promise.all(all.map((one) => one.stop()))),
  };
}

async function runScenario(
  bench: Bench,
  scenario: Scenario,
  { dataSet, store, options }: Stage,
): Promise<Figure> {
  const { cores, limit, traffic } = scenario;
  const seconds = Math.max(options.seconds, scenario.seconds ?? 0);
  const connections = Math.min(options.connections, scenario.connections ?? Number.POSITIVE_INFINITY);
  const { facts } = dataSet;
  const job: Job = { url: bench.host.url, traffic, facts, connections, seconds };
  const bare: Job = { ...job, url: bench.koaUrl, traffic: 'bare' };
  // A database process of its own takes time the host spends waiting, or its cores.
  const busy = store === 'sqlite' || (limit === 'hash and two signatures' && cores === 1);
  const hostRound = () => undisturbed(() => loadRound(bench.host, bench.generator, job, cores), busy);
  const ofLimit = () =>
    limit === 'koa'
      ? loadRound(bench.koa, bench.generator, bare, cores)
      : limitRound(bench.limits, { limit, seconds, width: cores, bcrypt: facts.bcrypt }, bench.host);
  const rounds: { host: Round; limit: Round }[] = [];
  const warmUp = { ...job, seconds: limit === 'koa' ? WARM_UP_SECONDS.fast : WARM_UP_SECONDS.slow };
  await loadRound(bench.host, bench.generator, warmUp, cores);
  for (let round = 0; round < options.rounds; round++) {
    rounds.push({ host: await hostRound(), limit: await undisturbed(ofLimit, limit !== 'durable insert') });
  }
  const of = (pick: (round: (typeof rounds)[number]) => number) => spreadOf(rounds.map(pick));
  return {
    store,
    name: scenario.name,
    cores,
    perSecond: of(({ host }) => host.perSecond),
    p50: of(({ host }) => host.seen?.p50 ?? 0).median,
    p99: of(({ host }) => host.seen?.p99 ?? 0).median,
    errors: rounds.reduce((sum, { host }) => sum + errorsOf(host), 0),
    cpuMicros: of(({ host }) => host.cpuMicros).median,
    rssMib: bench.host.rss(),
    limit: { name: limit, perSecond: of((round) => round.limit.perSecond) },
    ratio: of((round) => round.host.perSecond / round.limit.perSecond),
    ratioByCpu: of((round) => round.limit.cpuMicros / round.host.cpuMicros),
    target: limitFor(store, scenario.target),
    share: of(({ host }) => host.share).least,
  };
}

function errorsOf({ seen }: Round): number {
  return Object.values(seen?.refused ?? {}).reduce((sum, count) => sum + count, 0);
}
