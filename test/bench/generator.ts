/**
 * The load generator, a process of its own: takes jobs as messages, runs them together and answers with what
 * it saw.
 */
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { type Call, fixedCalls, sourceOf, type Traffic, type TrafficFacts } from './traffic.ts';

/** A stream of calls to one host. */
export interface Job {
  url: string;
  traffic: Traffic;
  facts: TrafficFacts;
  connections: number;
  seconds: number;
  /**
   * Calls a second that arrive at random whatever was answered so far; absent: each caller calls again as
   * soon as it has its answer.
   */
  rate?: number;
  /** Seconds after the other jobs it begins. */
  after?: number;
}
export interface Seen {
  seconds: number;
  /** Answers with a 2xx status. */
  answered: number;
  /** Other answers by status; `broken` for a connection that broke or timed out. */
  refused: Record<string, number>;
  p50: number;
  p99: number;
}

/** A round ends with a sample. */
const SAMPLE_MS = 50;

process.on('message', (jobs: Job[]) => {
  void Promise.all(jobs.map(run)).then((seen) => process.send?.(seen));
});

async function run(job: Job): Promise<Seen> {
  if (job.after) await pause(job.after * 1_000);
  return job.rate ? runOpen(job, job.rate) : runClosed(job);
}

async function runClosed({ url, traffic, facts, connections, seconds }: Job): Promise<Seen> {
  const source = sourceOf(traffic, facts);
  let caller = 0;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    sampleInt: SAMPLE_MS,
    setupClient(client) {
      const calls = source
        ? [{ ...source(), setupRequest: () => source() }]
        : fixedCalls(traffic, facts, caller++, connections);
      client.setRequests(calls);
    },
  });
  const { duration, latency, non2xx, errors } = result;
  return {
    seconds: duration,
    answered: result['2xx'],
    refused: { ...(non2xx > 0 && { other: non2xx }), ...(errors > 0 && { broken: errors }) },
    p50: latency.p50,
    p99: latency.p99,
  };
}

/** Latency counts from when the call was due, so that a host that stalls cannot hide it. */
async function runOpen({ url, traffic, facts, connections, seconds }: Job, rate: number): Promise<Seen> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const source = sourceOf(traffic, facts);
  const fixed = fixedCalls(traffic, facts, 0, 1);
  const latencies: number[] = [];
  const refused: Record<string, number> = {};
  const calls: Promise<void>[] = [];
  const start = performance.now();
  for (let due = 0; due < seconds * 1_000; due += (-Math.log(1 - Math.random()) * 1_000) / rate) {
    const wait = start + due - performance.now();
    if (wait >= 1) await pause(wait);
    const call = source?.() ?? fixed[calls.length % fixed.length];
    if (call) calls.push(make(call, start + due));
  }
  await Promise.all(calls);
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { seconds, answered: latencies.length, refused, p50: at(0.5), p99: at(0.99) };

  async function make(call: Call, dueAt: number): Promise<void> {
    let status = 'broken';
    try {
      const { method, path, headers, body } = call;
      const request = httpRequest(url + path, { agent, method, headers });
      request.end(body);
      const [response] = await once(request, 'response');
      response.resume();
      await once(response, 'end');
      status = String(response.statusCode);
    } catch {
      // Counted as broken.
    }
    if (status.startsWith('2')) latencies.push(performance.now() - dueAt);
    else refused[status] = (refused[status] ?? 0) + 1;
  }
}
