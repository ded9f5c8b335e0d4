import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { until } from '../support/until.ts';
import { assertUnavailable, type Stage, setStage } from './stage.ts';

/** Hashes as in production: some 70 a second and core. */
const REAL_HASHES = { PASSWORD_HASH_MEMORY_KIB: '19456', PASSWORD_HASH_PASSES: '2' };
/** Many more than the queue of hashes holds. */
const CLIENTS = 600;
const LOAD_MS = 8_000;
const MOST_MEMORY_MIB = 512;

describe('a host that gets several times the log-ins it can hash', () => {
  let host: HostProcess;
  let stage: Stage;
  let accessToken: string;
  const people = Array.from({ length: 50 }, (_, n) => `person${n}@example.com`);

  before(async () => {
    // Behind a proxy one address may have all these connections.
    const env = { ...REAL_HASHES, PASSWORD_WAIT_AFTER: '1000', TRUST_PROXY_HOPS: '1' };
    host = startHostProcess({ env });
    stage = await setStage(host);
    const answers = await Promise.all(people.map((handle) => stage.signUp(handle)));
    accessToken = answers[0]?.body['access-token'];
  });
  after(() => host.stop());

  it('hashes on threads that give way to the event loop', () => {
    const tasks = `/proc/${host.child.pid}/task`;
    const threads = readdirSync(tasks).map((thread) => {
      const [name = '', rest = ''] = readFileSync(`${tasks}/${thread}/stat`, 'utf8')
        .split(/^\d+ \(|\) /)
        .slice(1);
      return { name, niceness: Number(rest.split(' ')[16]) };
    });
    const nicenessOf = (wanted: string) =>
      new Set(threads.filter(({ name }) => name === wanted).map(({ niceness }) => niceness));
    assert.deepEqual([...nicenessOf('libuv-worker')], [10]);
    assert.deepEqual([...nicenessOf('node-MainThread')], [0]);
  });

  it('serves what it can, refuses the rest with 503, checks tokens meanwhile, and is itself again at once', async (t) => {
    const end = performance.now() + LOAD_MS;
    const logins: Answer[] = [];
    const checks: number[] = [];
    let memoryMib = 0;
    const client = async (n: number) => {
      while (performance.now() < end) {
        logins.push(await stage.logIn(String(people[n % people.length])));
        const advice = Number(logins.at(-1)?.headers['retry-after'] ?? 0);
        // Impatient: a polite client would wait longer.
        if (advice > 0) await pause(200);
      }
    };
    // On a connection of its own, as another client.
    const other = await stage.on(host);
    const watcher = async () => {
      while (performance.now() < end) {
        const askedAt = performance.now();
        const { status } = await other.getUser(accessToken);
        assert.equal(status, 200);
        checks.push(performance.now() - askedAt);
        memoryMib = Math.max(memoryMib, residentMib(host));
        await pause(20);
      }
    };
    await Promise.all([watcher(), ...Array.from({ length: CLIENTS }, (_, n) => client(n))]);

    const refused = logins.filter(({ status }) => status !== 200);
    refused.forEach(assertUnavailable);
    const served = logins.length - refused.length;
    checks.sort((a, b) => a - b);
    const p99 = checks[Math.floor(checks.length * 0.99)] ?? 0;
    t.diagnostic(
      `${served} log-ins served, ${refused.length} refused; token check p50 ${checks[checks.length >> 1]?.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; ${memoryMib} MiB`,
    );
    assert.ok(served > 0 && refused.length > 0);
    assert.ok(memoryMib <= MOST_MEMORY_MIB, `${memoryMib} MiB`);

    assert.equal((await stage.logIn(String(people[0]))).status, 200);
    const told = () =>
      host.lines.filter(({ event }) => event?.startsWith('overload_')).map(({ event }) => event);
    await until('the overload ends', () => told().at(-1) === 'overload_ended');
    for (const [index, event] of told().entries()) {
      assert.equal(event, index % 2 === 0 ? 'overload_started' : 'overload_ended');
    }
    t.diagnostic(`overload told of ${told().length / 2} times`);
  });
});

function residentMib({ child }: HostProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}
