import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type Answer, makeDataDir } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { NO_OWN_MONGOD, type OwnMongod, ownMongodAvailable, startOwnMongod } from '../support/mongod.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { until } from '../support/until.ts';
import { type SlowProxy, startSlowProxy } from './slow-proxy.ts';
import { assertUnavailable, type Stage, setStage } from './stage.ts';

const skip = ownMongodAvailable() ? false : NO_OWN_MONGOD;

const SLOW_MS = 150;
/** So far that a log-in's own work is nothing beside it; and how often it may wait for an answer. */
const FAR_MS = 500;
const LOGIN_TURNS = 3;
const STUCK_MS = 20_000;
/**
 * Longest until a first answer, until each one after it, and from the database's return to the first success
 * (ms).
 */
const FIRST_ANSWER_MS = 8_000;
const NEXT_ANSWER_MS = 2_000;
const RETURN_MS = 5_000;
const SHUTDOWN_SECONDS = 2;
const CLOSING_MS = 1_500;

describe('a host whose MongoDB', { skip }, () => {
  const { dataDir } = makeDataDir();
  let mongod: OwnMongod;
  let proxy: SlowProxy;
  let host: HostProcess;
  let stage: Stage;

  before(async () => {
    mongod = await startOwnMongod();
    const direct = new URL(mongod.url('slow'));
    proxy = await startSlowProxy(Number(direct.port));
    const url = `mongodb://127.0.0.1:${proxy.port}/slow?directConnection=true`;
    host = startHostProcess({
      dataDir,
      env: { DB_CONN_STRING: url, SHUTDOWN_SECONDS: String(SHUTDOWN_SECONDS) },
    });
    stage = await setStage(host);
    assert.equal((await stage.signUp('ada@example.com')).status, 200);
  });
  after(async () => {
    await host?.stop();
    await proxy?.stop();
    await mongod?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const logIn = () => stage.logIn('ada@example.com');

  it('is far away serves everybody, only later', async () => {
    proxy.delayMs = SLOW_MS;
    // In waves: what waits for a connection, behind answers that are late by themselves, has 7 s.
    for (let wave = 0; wave < 4; wave++) {
      const answers = await Promise.all(Array.from({ length: 25 }, logIn));
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    }
    proxy.delayMs = 0;
  });

  it('is far away is asked three times one after the other for a log-in', async (t) => {
    // Once before, so that connections are open and what is written once a day is written.
    await Promise.all([logIn(), logIn(), logIn()]);
    proxy.delayMs = FAR_MS;
    const turns: number[] = [];
    // Some read the app's settings anew.
    for (let n = 0; n < 6; n++) {
      const startedAt = performance.now();
      assert.equal((await logIn()).status, 200);
      turns.push(Math.floor((performance.now() - startedAt) / FAR_MS));
    }
    proxy.delayMs = 0;
    t.diagnostic(`answers waited for: ${turns}`);
    assert.ok(Math.min(...turns) <= LOGIN_TURNS, String(turns));
  });

  it('holds its answers back refuses in time, and serves again once they flow', async (t) => {
    proxy.delayMs = STUCK_MS;
    const first = await Promise.all([logIn, logIn, logIn].map((call) => refusalMs(host, call)));
    const later = await Promise.all([logIn, logIn, logIn].map((call) => refusalMs(host, call)));
    t.diagnostic(`refused after ${first.map(Math.round)}, then after ${later.map(Math.round)} ms`);
    assert.ok(Math.max(...first) <= FIRST_ANSWER_MS, String(first));
    assert.ok(Math.max(...later) <= NEXT_ANSWER_MS, String(later));
    assert.equal((await stage.get('/healthz')).status, 200);

    proxy.delayMs = 0;
    const back = startStopwatch(host.child);
    await until('somebody logs in again', async () => (await logIn()).status === 200);
    assert.ok(back() <= RETURN_MS);
  });

  it('hangs while the host is asked to stop does not hold it longer than SHUTDOWN_SECONDS', async () => {
    await mongod.freeze();
    const asked = startStopwatch(host.child);
    host.child.kill('SIGTERM');
    const { code } = await host.ended;
    await mongod.thaw();
    assert.equal(code, 75);
    assert.ok(asked() <= SHUTDOWN_SECONDS * 1_000 + CLOSING_MS);
  });
});

async function refusalMs({ child }: HostProcess, call: () => Promise<Answer>): Promise<number> {
  const elapsed = startStopwatch(child);
  assertUnavailable(await call());
  return elapsed();
}
