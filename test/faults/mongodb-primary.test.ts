import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { makeDataDir } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { NO_OWN_MONGOD, ownMongodAvailable } from '../support/mongod.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { type ReplicaSet, startReplicaSet } from './replica-set.ts';
import { assertAllIn, assertUnavailable, type Stage, setStage } from './stage.ts';

const skip = ownMongodAvailable() ? false : NO_OWN_MONGOD;

/**
 * Longest until writes resume after the primary changed (threats F6), and until an answer of any kind (ms).
 */
const RESUMES_MS = 20_000;
const ANSWER_MS = 8_000;
const CLIENTS = 8;
const TAKEN = 601;

describe('a host whose MongoDB changes its primary', { skip }, () => {
  const { dataDir } = makeDataDir();
  let set: ReplicaSet;
  let host: HostProcess;
  let stage: Stage;

  before(async () => {
    set = await startReplicaSet(3);
    host = startHostProcess({ dataDir, env: { DB_CONN_STRING: set.url('primary') } });
    stage = await setStage(host);
  });
  after(async () => {
    await host?.stop();
    await set?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const changes = { 'steps down': () => set.stepDown(), 'is killed': () => set.killPrimary() };
  for (const [change, happens] of Object.entries(changes)) {
    it(`loses and doubles nobody while the old one ${change}, and writes again within 20 s`, async (t) => {
      const crowd = new Crowd(host, stage, change.replaceAll(' ', '-'));
      await crowd.joins(50);
      const elapsed = startStopwatch(host.child);
      await happens();
      await crowd.joins(50);
      const resumed = elapsed();
      const { joined, repeated, longestMs } = await crowd.leaves();
      t.diagnostic(
        `${joined.length} joined, ${repeated} of them asked again; resumed after ${resumed | 0} ms`,
      );

      assert.ok(resumed <= RESUMES_MS, `${resumed} ms`);
      assert.ok(longestMs <= ANSWER_MS, `${longestMs} ms`);
      await assertAllIn(stage, joined);
      const unexpected = host.lines.filter(({ event }) => event === 'unexpected_error');
      assert.deepEqual(unexpected, []);
    });
  }
});

/**
 * People who sign up one after the other at several clients, each of whom asks again after a 503 until the
 * host knows them.
 */
class Crowd {
  readonly joined: string[] = [];
  repeated = 0;
  longestMs = 0;
  readonly #host: HostProcess;
  readonly #stage: Stage;
  readonly #clients: Promise<void>[];
  #leaving = false;
  constructor(host: HostProcess, stage: Stage, name: string) {
    this.#host = host;
    this.#stage = stage;
    this.#clients = Array.from({ length: CLIENTS }, (_, client) => this.#signUpAlways(`${name}${client}`));
  }

  /** Waits until that many more have joined. */
  async joins(count: number): Promise<void> {
    const wanted = this.joined.length + count;
    while (this.joined.length < wanted) {
      await Promise.race([...this.#clients, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
  }
  async leaves(): Promise<this> {
    this.#leaving = true;
    await Promise.all(this.#clients);
    return this;
  }

  async #signUpAlways(client: string): Promise<void> {
    for (let n = 0; !this.#leaving; n++) await this.#signUp(`${client}-${n}@example.com`);
  }
  async #signUp(handle: string): Promise<void> {
    for (let again = false; ; again = true) {
      const elapsed = startStopwatch(this.#host.child);
      const answer = await this.#stage.signUp(handle);
      this.longestMs = Math.max(this.longestMs, elapsed());
      // The refused call may have taken effect.
      const isIn = answer.status === 200 || (again && answer.body?.code === TAKEN);
      if (isIn) {
        this.joined.push(handle);
        this.repeated += again ? 1 : 0;
        return;
      }
      assertUnavailable(answer);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
