import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { after, describe, it } from 'node:test';
import { makeDataDir } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { until } from '../support/until.ts';
import { assertAllIn, type Stage, setStage } from './stage.ts';

const CLIENTS = 12;
const UPDATES = 2;
/** How long the old host serves open connections after SIGTERM, and what of it a request may take. */
const FAREWELL_MS = 500;
const MARGIN_MS = 200;

describe('a rolling update', () => {
  const hosts: HostProcess[] = [];
  const cleanup: (() => unknown)[] = [];
  after(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    for (const step of cleanup) await step();
  });

  for (const store of ['sqlite', 'mongodb'] as const) {
    const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
    it(`drops no request and loses nobody while one host takes over from another on ${store}`, {
      skip,
    }, async (t) => {
      const mongod = store === 'mongodb' ? await startMongod() : undefined;
      const { dataDir } = makeDataDir();
      cleanup.push(
        () => mongod?.stop(),
        () => rmSync(dataDir, { recursive: true, force: true }),
      );
      const env = mongod && { DB_CONN_STRING: mongod.url(`rolling-${process.pid}`) };
      const start = () => {
        const host = startHostProcess({ dataDir, ...(env && { env }) });
        hosts.push(host);
        return host;
      };

      let current = start();
      // Whatever is dropped counts: nothing is asked again.
      let stage: Stage = await setStage(current, {}, () => new Agent({ keepAlive: true }));
      const joined: string[] = [];
      let checks = 0;
      let over = false;
      /** Of the newest update: whether this test, the proxy, heard of it while the old host waited. */
      let inTime = Promise.resolve(true);
      let late = 0;
      const client = async (name: string) => {
        for (let n = 0; !over; n++) {
          const handle = `${name}-${n}@example.com`;
          const answer = await stage.signUp(handle).catch(async (error) => {
            if (await inTime) throw error;
            late++;
          });
          if (!answer) continue;
          assert.equal(answer.status, 200, answer.text);
          joined.push(handle);
          // A token of one host opens the other.
          const look = await stage.getUser(answer.body['access-token']).catch(async (error) => {
            if (await inTime) throw error;
            late++;
          });
          if (!look) continue;
          assert.equal(look.status, 200, look.text);
          checks++;
        }
      };
      const clients = Array.from({ length: CLIENTS }, (_, n) => client(`client${n}`));
      const updates = async () => {
        for (let update = 0; update < UPDATES; update++) {
          const before = joined.length;
          await until('fifty more join', () => joined.length >= before + 50);
          const next = start();
          const nextStage = await stage.on(next);
          const old = { host: current, stage };
          const heard = Promise.withResolvers<boolean>();
          inTime = heard.promise;
          const asked = performance.now();
          old.host.child.kill('SIGTERM');
          // As a proxy does that asks whether a host is ready.
          const isAway = async () => (await old.stage.get('/readyz')).status !== 200;
          await until('the old one is not ready', () => isAway().catch(() => true));
          [current, stage] = [next, nextStage];
          heard.resolve(performance.now() - asked < FAREWELL_MS - MARGIN_MS);
          const { code, stderr } = await old.host.ended;
          assert.equal(code, 0, stderr);
        }
        over = true;
      };
      await Promise.all([...clients, updates()]);

      await assertAllIn(stage, joined);
      const statuses = hosts.flatMap(({ lines }) => lines.map(({ status }) => Number(status ?? 0)));
      assert.deepEqual(
        statuses.filter((status) => status >= 500 && status !== 503),
        [],
      );
      t.diagnostic(
        `${joined.length} joined and ${checks} token checks over ${UPDATES} updates; ${late} sent too late`,
      );
    });
  }
});
