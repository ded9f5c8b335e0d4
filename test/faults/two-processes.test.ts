import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { makeDataDir } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { readOutbox } from '../support/outbox.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { until } from '../support/until.ts';
import { type Stage, setStage } from './stage.ts';

/** Until every process knows what was changed through one (threats F15). */
const AGREE_MS = 5_000;
const WRONG = 'f'.repeat(32);
const SEATS = 4;
const CODES_PER_HOUR = 5;
const FREE_PASSWORDS = 5;

for (const store of ['sqlite', 'mongodb'] as const) {
  const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
  describe(`two processes on one ${store}`, { skip }, () => {
    const { dataDir } = makeDataDir();
    let mongod: Awaited<ReturnType<typeof startMongod>>;
    let first: HostProcess;
    let second: HostProcess;

    before(async () => {
      mongod = store === 'mongodb' ? await startMongod() : undefined;
      const env = mongod && { DB_CONN_STRING: mongod.url(`two-${process.pid}`) };
      const start = () => startHostProcess({ dataDir, ...(env && { env }) });
      [first, second] = [start(), start()];
    });
    after(async () => {
      await Promise.all([first.stop(), second.stop()]);
      await mongod?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });

    /** An app with these settings, and how to call it through one process and the other in turn. */
    async function newApp(settings: Record<string, unknown> = {}): Promise<(n: number) => Stage> {
      const stage = await setStage(first, settings);
      const twin = await stage.on(second);
      return (n) => (n % 2 === 0 ? stage : twin);
    }

    it('agree on the settings of an app within 5 s', async () => {
      const turn = await newApp();
      let people = 0;
      const joins = async (n: number) =>
        (await turn(n).signUp(`person${people++}@example.com`)).status === 200;
      for (const wanted of [true, false, true]) {
        const values = { appId: turn(0).appId, setting: 'signup', signupEnabled: wanted };
        assert.equal((await turn(0).portal('/api/app/updateAppSetting', values)).status, 200);
        const elapsed = startStopwatch(first.child, second.child);
        await until('the other process knows', async () => (await joins(1)) === wanted, { everyMs: 50 });
        assert.ok(elapsed() <= AGREE_MS);
        for (let n = 0; n < 10; n++) assert.equal(await joins(n), wanted);
      }
    });

    it('make an account wait after as many wrong passwords as one would', async () => {
      const turn = await newApp();
      const handle = 'ada@example.com';
      assert.equal((await turn(0).signUp(handle)).status, 200);
      for (let n = 0; n < FREE_PASSWORDS; n++) {
        assert.equal((await turn(n).logIn(handle, WRONG)).body.code, 600);
      }
      for (const n of [0, 1])
        assert.equal((await turn(n).logIn(handle)).body.code, 600, 'right, but too soon');
    });

    it('send no more codes together than one would', async () => {
      const turn = await newApp({ signupFlow: 'code' });
      const handle = 'budget@example.com';
      const asked = Array.from({ length: 4 * CODES_PER_HOUR }, (_, n) => turn(n).signUp(handle));
      for (const { text } of await Promise.all(asked)) assert.equal(text, 'true');
      assert.equal(readOutbox(dataDir).filter(({ to }) => to === handle).length, CODES_PER_HOUR);
    });

    it('give away no more seats together than there are', async () => {
      const turn = await newApp({ maxUsers: SEATS });
      const asked = Array.from({ length: 40 }, (_, n) => turn(n).signUp(`seat${n}@example.com`));
      const seated = (await Promise.all(asked)).filter(({ status }) => status === 200);
      assert.equal(seated.length, SEATS);
    });
  });
}
