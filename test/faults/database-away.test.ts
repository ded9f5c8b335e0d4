import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Answer, makeDataDir, PASSWORD, send } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { NO_OWN_MONGOD, type OwnMongod, ownMongodAvailable, startOwnMongod } from '../support/mongod.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { until } from '../support/until.ts';

const skip = ownMongodAvailable() ? false : NO_OWN_MONGOD;

/**
 * Longest time until the first answer, until each one after it, and from the database's return to the first
 * success (ms).
 */
const FIRST_ANSWER_MS = 8_000;
const NEXT_ANSWER_MS = 2_000;
const RETURN_MS = 5_000;

describe('a host whose MongoDB is away', { skip }, () => {
  const { dataDir } = makeDataDir();
  let mongod: OwnMongod;
  let host: HostProcess;
  let port: number;
  let login: () => Promise<Answer>;

  const call = (method: string, path: string, headers: Record<string, string> = {}, json?: unknown) =>
    send({ port, method, path, input: { headers, json } });

  before(async () => {
    mongod = await startOwnMongod();
    host = startHostProcess({ dataDir, env: { DB_CONN_STRING: mongod.url('away') } });
    port = await host.listening;
    const secret = { 'server-secret': await serverSecretOf(dataDir) };
    const { body } = await call('POST', '/api/app', secret, { name: 'away' });
    const credentials = { handle: 'ada@example.com', password: PASSWORD };
    login = () => call('POST', '/api/appuser/login', { 'app-token': body.appToken }, credentials);
    assert.equal((await login()).body.code, 600);
  });
  after(async () => {
    await host.stop();
    await mongod.stop();
  });

  const outages = {
    killed: { begin: () => mongod.kill(), end: () => mongod.restart() },
    frozen: { begin: () => mongod.freeze(), end: () => mongod.thaw() },
  };
  for (const [outage, { begin, end }] of Object.entries(outages)) {
    it(`answers 503 in time while it is ${outage}, stays up, and logs in again afterwards`, async () => {
      await begin();
      assert.ok((await unavailableAfterMs(host, login)) <= FIRST_ANSWER_MS);
      const waits = await Promise.all([1, 2, 3].map(() => unavailableAfterMs(host, login)));
      assert.ok(Math.max(...waits) <= NEXT_ANSWER_MS, String(waits));
      assert.equal((await call('GET', '/healthz')).status, 200);
      await until('it is not ready', async () => (await call('GET', '/readyz')).status === 503, {
        everyMs: 100,
      });

      await end();
      const back = startStopwatch(host.child);
      await until('passwords are judged again', async () => (await login()).body.code === 600);
      assert.ok(back() <= RETURN_MS);
      await until('it is ready again', async () => (await call('GET', '/readyz')).status === 200);
    });
  }
});

async function unavailableAfterMs(host: HostProcess, login: () => Promise<Answer>): Promise<number> {
  const elapsed = startStopwatch(host.child);
  const { status, body, headers } = await login();
  assert.deepEqual([status, body.code], [503, 503]);
  assert.ok(Number(headers['retry-after']) > 0);
  return elapsed();
}
