import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataSet } from './data-set.ts';
import type { Job, Seen } from './generator.ts';
import { loadRound, spreadOf } from './measure.ts';
import { CAN_PIN, type RunningHost, startGenerator, startHost } from './processes.ts';
import { type Fact, printFact } from './report.ts';
import { limitFor, type Wanted } from './scenarios.ts';
import { GENERATOR_CORE, HOST_CORE, type Stage } from './suite.ts';

/** Of the capacity, in the mix (threats F1). */
const MIX_SHARE = 0.7;
const OVERLOAD = 5;
const TOKEN_CALLS = 200;
/** Log-ins in line while token calls are timed; fewer than the hash queue takes. */
const CROWD = 64;
/** Long enough for the p99 of some hundred token calls to mean something. */
const BESIDE_SECONDS = 4;
/** Until log-ins that came together have filled the cores. */
const FILLED_SECONDS = 0.5;
/** Portal pages beside token checks, and how long a round of them lasts. */
const PAGES_PER_SECOND = 2;
const PAGES_SECONDS = 1;
const STARTS = 5;
const IDLE_MS = 3_500;
/** Of one process, or of two; and the calls before, which run code that was never compiled. */
const PAIR_SECONDS = 2.5;
const PAIR_WARM_UP_SECONDS = 1;

/** Until the code of log-ins and of token checks is compiled, with every core busy. */
const WARM_UP_SECONDS = 4;

/** What a host does at its limits and beside them: start, memory, the mix, overload, a second process. */
export async function runBehaviour(stage: Stage): Promise<Fact[]> {
  const facts: Fact[] = [];
  const add = (
    name: string,
    value: number,
    unit: string,
    { target, atLeast }: { target?: Wanted; atLeast?: boolean } = {},
  ) => {
    const fact: Fact = {
      store: stage.store,
      name,
      value,
      unit,
      target: limitFor(stage.store, target),
      atLeast,
    };
    printFact(fact);
    facts.push(fact);
  };
  const { dataSet, options } = stage;
  add('from start to ready (median of 5)', await startMs(dataSet), 'ms', {
    target: { sqlite: 320, mongodb: 380 },
  });
  const generator = startGenerator();
  const host = await startHost(dataSet);
  try {
    await pause(IDLE_MS);
    add('memory when idle', host.rss(), 'MiB', { target: 92 });
    const job = (traffic: Job['traffic'], more: Partial<Job> = {}): Job => ({
      url: host.url,
      traffic,
      facts: dataSet.facts,
      connections: CROWD,
      seconds: options.seconds * 3,
      ...more,
    });
    const tokens = (rate: number) => job('getUser', { rate });
    const saturated = await loadRound(host, generator, job('login', { connections: options.connections }), 2);
    const capacity = saturated.perSecond;
    const line = (options.connections / capacity) * 1_000;
    add('login p99 ÷ (callers ÷ logins per second)', (saturated.seen?.p99 ?? 0) / line, '', { target: 1.5 });

    const longer = { seconds: Math.max(BESIDE_SECONDS, options.seconds * 3) };
    const crowdAndTokens = [job('login', longer), job('getUser', { ...longer, rate: TOKEN_CALLS })];
    const during = (seconds: number) => generator.run(crowdAndTokens.map((one) => ({ ...one, seconds })));
    const [, cold] = await during(1);
    add('token call p99 in the first second of log-ins', cold?.p99 ?? 0, 'ms');
    await during(WARM_UP_SECONDS);
    // Once the cores are full: what a crowd costs others as it comes is the line above.
    const full = { seconds: longer.seconds + 2 * FILLED_SECONDS };
    const [, beside] = await generator.run([
      job('login', full),
      job('getUser', { ...longer, rate: TOKEN_CALLS, after: FILLED_SECONDS }),
    ]);
    add('token call p99 while log-ins fill every core', beside?.p99 ?? 0, 'ms', {
      target: { sqlite: 20, mongodb: 30 },
    });

    // Three of ten calls cost a hash.
    const rate = (capacity / 0.3) * MIX_SHARE;
    const part = (traffic: Job['traffic'], share: number) =>
      job(traffic, { rate: rate * share, seconds: options.mixSeconds });
    const mixed = await generator.run([part('login', 0.2), part('signup', 0.1), part('getUser', 0.7)]);
    add('mix at 70 % of capacity', rate, 'calls/s');
    add('  login p99 in the mix', mixed[0]?.p99 ?? 0, 'ms', { target: 600 });
    add('  token call p99 in the mix', mixed[2]?.p99 ?? 0, 'ms', { target: 50 });
    add(
      '  answers other than 2xx in the mix',
      mixed.reduce((sum, seen) => sum + refusals(seen), 0),
      '',
      { target: 0 },
    );
    add(`memory after ${options.mixSeconds} s of the mix`, host.rss(), 'MiB', { target: 170 });

    const crowd = job('login', { rate: capacity * OVERLOAD, connections: 1_000 });
    const [over, calls] = await generator.run([crowd, tokens(TOKEN_CALLS)]);
    add(
      'overload, five times the capacity: logins still answered',
      (over?.answered ?? 0) / (over?.seconds ?? 1),
      '/s',
    );
    add('  refused with 503', over?.refused[503] ?? 0, '');
    add('  broken or any other answer', (over ? refusals(over) : 0) - (over?.refused[503] ?? 0), '', {
      target: 0,
    });
    add('  token call p99 in overload', calls?.p99 ?? 0, 'ms', { target: 250 });
    add('  memory in overload', host.rss(), 'MiB', { target: 512 });
  } finally {
    await host.stop();
    await generator.stop();
  }
  add('token checks beside two portal pages a second ÷ alone', await besidePortal(stage), '×', {
    target: 0.95,
    atLeast: true,
  });
  if (CAN_PIN)
    // MongoDB shares these cores with the hosts, unless there are four.
    add('two processes on a core each ÷ one', await secondProcess(stage), '×', {
      target: { sqlite: 1.7, mongodb: availableParallelism() < 4 ? 1.2 : 1.7 },
      atLeast: true,
    });
  return facts;
}

function refusals({ refused }: Seen): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}

/** With the compile cache filled and the keys made, as at any start but the first. */
async function startMs(dataSet: DataSet): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n <= STARTS; n++) {
    const host = await startHost(dataSet);
    if (n > 0) times.push(host.readyMs);
    await host.stopGently();
  }
  return spreadOf(times).median;
}

/** Token checks per second while an operator turns pages of 50 users, over those without. */
async function besidePortal({ dataSet, options }: Stage): Promise<number> {
  const host = await startHost(dataSet, { core: HOST_CORE });
  const generator = startGenerator(GENERATOR_CORE);
  const { connections } = options;
  const seconds = Math.max(PAGES_SECONDS, options.seconds);
  const job = { url: host.url, facts: dataSet.facts, connections, seconds };
  const checks: Job = { ...job, traffic: 'getUser' };
  const pages: Job = { ...job, traffic: 'portal page', rate: PAGES_PER_SECOND };
  const perSecond = (seen: Seen | undefined) => (seen ? seen.answered / seen.seconds : 0);
  try {
    await generator.run([checks, pages]);
    const ratios: number[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const [alone] = await generator.run([checks]);
      const [beside, turned] = await generator.run([checks, pages]);
      if (turned?.answered === 0) throw new Error('no portal page was answered');
      ratios.push(perSecond(beside) / perSecond(alone));
    }
    return spreadOf(ratios).median;
  } finally {
    await host.stop();
    await generator.stop();
  }
}

/** Log-ins per second of two processes on one store, over those of one. */
async function secondProcess({ dataSet, options }: Stage): Promise<number> {
  const generator = startGenerator();
  const hosts: RunningHost[] = [];
  const perSecond = async (seconds = Math.max(PAIR_SECONDS, options.seconds)) => {
    const { connections } = options;
    const jobs = hosts.map(
      ({ url }): Job => ({ url, traffic: 'login', facts: dataSet.facts, connections, seconds }),
    );
    const seen = await generator.run(jobs);
    return seen.reduce((sum, one) => sum + one.answered / one.seconds, 0);
  };
  try {
    const ratios: number[] = [];
    for (let round = 0; round < Math.ceil(options.rounds / 3); round++) {
      hosts.push(await startHost(dataSet, { core: HOST_CORE }));
      await perSecond(PAIR_WARM_UP_SECONDS);
      const one = await perSecond();
      hosts.push(await startHost(dataSet, { core: GENERATOR_CORE }));
      await perSecond(PAIR_WARM_UP_SECONDS);
      ratios.push((await perSecond()) / one);
      await Promise.all(hosts.splice(0).map((host) => host.stop()));
    }
    return spreadOf(ratios).median;
  } finally {
    await Promise.all(hosts.map((host) => host.stop()));
    await generator.stop();
  }
}
