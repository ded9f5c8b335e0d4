import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { makeDataDir } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { readOutbox } from '../support/outbox.ts';
import { until } from '../support/until.ts';
import { type Stage, setStage } from './stage.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const OWNERS = md5('the password of the owner');
/** With the owner's no more than a signup keeps. */
const STRANGERS = [1, 2, 3, 4].map((n) => md5(`the password of stranger ${n}`));
const ROUNDS = 6;
const POLLS = 60;

for (const store of ['sqlite', 'mongodb'] as const) {
  const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
  describe(`the owner of a mailbox, a stranger and two processes on one ${store}`, { skip }, () => {
    const { dataDir } = makeDataDir();
    let mongod: Awaited<ReturnType<typeof startMongod>>;
    let processes: HostProcess[];
    let turn: (n: number) => Stage;

    before(async () => {
      mongod = store === 'mongodb' ? await startMongod() : undefined;
      const env = mongod && { DB_CONN_STRING: mongod.url(`contested-${process.pid}`) };
      const start = () => startHostProcess({ dataDir, ...(env && { env }) });
      processes = [start(), start()];
      const [first, second] = processes as [HostProcess, HostProcess];
      const stage = await setStage(first, { signupFlow: 'code' });
      const twin = await stage.on(second);
      turn = (n) => (n % 2 === 0 ? stage : twin);
    });
    after(async () => {
      await Promise.all(processes.map((host) => host.stop()));
      await mongod?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });

    const signUp = async (n: number, handle: string, password: string) =>
      assert.equal((await turn(n).app('signup', { handle, password })).text, 'true');
    const mailsTo = (handle: string, message: string) =>
      readOutbox(dataDir).filter((line) => line.to === handle && line.message === message);
    /** The newest first: which of them counts, the mails of a race do not tell. */
    const codesFor = (handle: string) =>
      mailsTo(handle, 'signUp')
        .map(({ code }) => code)
        .reverse();
    const complete = (n: number, handle: string, code: unknown, more: Record<string, unknown> = {}) =>
      turn(n).app('completeSignup', { handle, code, ...more });
    const codeOf = async (n: number, handle: string, password: string) =>
      (await turn(n).logIn(handle, password)).body.code;
    const assertNoStranger = async (handle: string) => {
      for (const [n, password] of STRANGERS.entries()) assert.equal(await codeOf(n, handle, password), 600);
    };

    it('keep a stranger out who has used up the messages', async () => {
      const handle = 'first@example.com';
      for (let n = 0; n < 5; n++) await signUp(n, handle, STRANGERS[0] ?? '');
      await signUp(1, handle, OWNERS);
      assert.equal((await complete(0, handle, codesFor(handle)[0])).status, 200);
      await assertNoStranger(handle);
    });

    it('keep a stranger out who watches for the owner and signs up right afterwards', async () => {
      const handle = 'watched@example.com';
      await signUp(0, handle, OWNERS);
      const answers = [];
      for (let n = 0; n < POLLS + 10; n++) answers.push(await codeOf(n, handle, STRANGERS[0] ?? ''));
      assert.equal(answers.filter((code) => code === 608).length, POLLS);
      await signUp(1, handle, STRANGERS[0] ?? '');
      assert.equal((await complete(1, handle, codesFor(handle)[0], { password: OWNERS })).status, 200);
      await assertNoStranger(handle);
      assert.equal((await turn(0).logIn(handle, OWNERS)).status, 200);
    });

    for (const [about, more] of [
      ['brings the password', { password: OWNERS }],
      ['brings no password', {}],
    ] as const) {
      it(`give the account to the owner alone, who ${about}, while strangers ask all the time`, async () => {
        for (let round = 0; round < ROUNDS; round++) {
          const handle = `race-${Object.keys(more).length}-${round}@example.com`;
          const passwords = [OWNERS, ...STRANGERS];
          await Promise.all(passwords.map((password, n) => signUp(n + round, handle, password)));
          const [tries] = await Promise.all([
            Promise.all(codesFor(handle).map((code, n) => complete(n, handle, code, more))),
            Promise.all(STRANGERS.map((password, n) => turn(n + 1).app('signup', { handle, password }))),
          ]);
          assert.deepEqual(
            tries.map(({ status }) => status).sort(),
            [200, 400, 400, 400, 400],
            tries.map(({ text }) => text.slice(0, 60)).join(),
          );
          await assertNoStranger(handle);
          const owned = 'password' in more;
          assert.equal((await turn(round).logIn(handle, OWNERS)).status, owned ? 200 : 400);
          if (!owned)
            await until('the code for a password comes', () => mailsTo(handle, 'setPassword').length > 0);
          const [reset, ...others] = mailsTo(handle, 'setPassword');
          assert.equal(others.length, 0);
          if (owned) continue;
          const chosen = { handle, password: OWNERS, code: reset?.code };
          assert.equal((await turn(round).app('resetPassword', chosen)).text, 'true');
          assert.equal((await turn(round + 1).logIn(handle, OWNERS)).status, 200);
        }
      });
    }
  });
}
