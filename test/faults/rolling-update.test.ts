import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { makeDataDir } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { until } from '../support/until.ts';
import { assertAllIn, type Stage, setStage } from './stage.ts';

const CLIENTS = 12;
const UPDATES = 2;

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
      let stage: Stage = await setStage(current);
      const joined: string[] = [];
      let checks = 0;
      let over = false;
      const client = async (name: string) => {
        for (let n = 0; !over; n++) {
          const handle = `${name}-${n}@example.com`;
          const answer = await stage.signUp(handle);
          assert.equal(answer.status, 200, answer.text);
          joined.push(handle);
          // A token of one host opens the other.
          const { status, text } = await stage.getUser(answer.body['access-token']);
          assert.equal(status, 200, text);
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
          old.host.child.kill('SIGTERM');
          // As a proxy does that asks whether a host is ready.
          await until(
            'the old one is not ready',
            async () => (await old.stage.get('/readyz')).status !== 200,
          );
          [current, stage] = [next, nextStage];
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
      t.diagnostic(`${joined.length} joined and ${checks} token checks over ${UPDATES} updates`);
    });
  }
});
