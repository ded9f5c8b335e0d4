import { setTimeout as pause } from 'node:timers/promises';
import type { Job, Seen } from './generator.ts';
import type { LimitRequest, LimitSeen } from './limits.ts';
import type { startGenerator, startHelper, Watched } from './processes.ts';

/**
 * A busy process that got less than this share of its cores was robbed by others on the machine: the round
 * does not count.
 */
const LEAST_SHARE = 0.88;
const MOST_TRIES = 2;
const QUIET_MS = 60;
/** One tick of the system's accounting. */
const QUIET_CPU_SECONDS = 0.01;
const QUIET_TRIES = 25;

/** One round: what was done per second, and at what cost. */
export interface Round {
  perSecond: number;
  /** CPU of the measured process for one call, µs. */
  cpuMicros: number;
  /** How much of its cores the process got. */
  share: number;
  seen?: Seen;
}

/** One round of the host, or of the bare Koa, under one stream of calls. */
export async function loadRound(
  target: Watched,
  generator: ReturnType<typeof startGenerator>,
  job: Job,
  cores: number,
): Promise<Round> {
  await quiet(target);
  const before = target.cpu();
  const [seen] = await generator.run([job]);
  const cpu = target.cpu() - before;
  if (!seen) throw new Error('the generator said nothing');
  const { answered, seconds } = seen;
  return {
    perSecond: answered / seconds,
    cpuMicros: (cpu / answered) * 1e6,
    share: cpu / seconds / cores,
    seen,
  };
}

/** One round of a limit that needs no requests, once `host` has finished the calls of its own round. */
export async function limitRound(
  limits: ReturnType<typeof startHelper>,
  request: Exclude<LimitRequest, 'koa'>,
  host: Watched,
): Promise<Round> {
  await quiet(host);
  const { count, seconds, cpuSeconds } = (await limits.ask(request)) as LimitSeen;
  return {
    perSecond: count / seconds,
    cpuMicros: (cpuSeconds / count) * 1e6,
    share: cpuSeconds / seconds / request.width,
  };
}

/** Repeats a round in which the process was robbed; the least robbed one counts when all were. */
export async function undisturbed(run: () => Promise<Round>, busy: boolean): Promise<Round> {
  let best = await run();
  for (let attempt = 1; busy && best.share < LEAST_SHARE && attempt < MOST_TRIES; attempt++) {
    const next = await run();
    if (next.share > best.share) best = next;
  }
  return best;
}

/** Waits until a process has nothing left to do: calls of the last round may still be in its queue. */
async function quiet(target: Watched): Promise<void> {
  for (let attempt = 0; attempt < QUIET_TRIES; attempt++) {
    const before = target.cpu();
    await pause(QUIET_MS);
    if (target.cpu() - before <= QUIET_CPU_SECONDS) return;
  }
}

export interface Spread {
  median: number;
  least: number;
  most: number;
}
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [least = 0] = sorted;
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, least, most: sorted.at(-1) ?? 0 };
}
