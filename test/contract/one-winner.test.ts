import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { authenticatorCode, otherCode } from '../support/authenticator.ts';
import type { Answer } from '../support/host.ts';
import { type Mongod, mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { codeOf } from '../support/outbox.ts';
import { until } from '../support/until.ts';
import { type MadeApp, newHandle, newPassword, startTwoHosts, type TwoHosts } from './two-hosts.ts';

// threats F14 asks for 100 rounds: TEST_ROUNDS=100 node --test test/contract/one-winner.test.ts
const ROUNDS = Number(process.env.TEST_ROUNDS ?? 1);
const USES = 200;
const GUESSES = 500;
const TOKENS = 40;
const JUDGED_AT_MOST = 5;

for (const store of ['sqlite', 'mongodb'] as const) {
  const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
  describe(`two processes on one ${store}, rounds: ${ROUNDS}`, { skip }, () => {
    let mongod: (Mongod & { stop(): Promise<void> }) | undefined;
    let hosts: TwoHosts;
    let byCode: MadeApp;
    let byLink: MadeApp;
    let atOnce: MadeApp;
    before(async () => {
      mongod = store === 'mongodb' ? await startMongod() : undefined;
      hosts = await startTwoHosts(mongod && { DB_CONN_STRING: mongod.url(`winner_${process.pid}`) });
      byCode = await hosts.makeApp({ signupFlow: 'code', appType: { type: 'commercial' } });
      byLink = await hosts.makeApp({ signupFlow: 'link', appType: { type: 'commercial' } });
      atOnce = await hosts.makeApp({
        signupFlow: 'none',
        twoFactorVerification: 'google',
        appType: { type: 'commercial' },
      });
    });
    after(async () => {
      await hosts?.stop();
      await mongod?.stop();
    });

    /** As clients do where a machine that is overloaded says so: nothing was done. */
    async function answered(call: () => Promise<Answer>): Promise<Answer> {
      for (;;) {
        const answer = await call();
        if (answer.status !== 503 || !answer.headers['retry-after']) return answer;
        await pause(200);
      }
    }
    /**
     * That many calls at once, half of them to each process; all answered, none with anything but success or
     * a refusal.
     */
    async function race(times: number, call: (index: number) => Promise<Answer>): Promise<Answer[]> {
      const answers = await Promise.all(
        Array.from({ length: times }, (_, index) => answered(() => call(index))),
      );
      const odd = answers.filter(
        ({ status, body }) => status !== 200 && (status !== 400 || body.code === 500),
      );
      assert.deepEqual(
        odd.map(({ status, text }) => `${status} ${text}`),
        [],
      );
      return answers.filter(({ status }) => status === 200);
    }
    async function oneWinner(times: number, call: (index: number) => Promise<Answer>): Promise<Answer> {
      const [winner, ...others] = await race(times, call);
      assert.deepEqual([winner?.status, others.length], [200, 0]);
      return winner as Answer;
    }
    const inRounds = (round: () => Promise<void>) => async () => {
      for (let count = 0; count < ROUNDS; count++) {
        hosts.forget();
        await round();
      }
    };
    const events = (name: string) => hosts.lines().filter(({ event }) => event === name);
    const logged = (route: string, times: number) =>
      until(
        'every request is logged',
        () => hosts.lines().filter((line) => line.route === route && line.status).length >= times,
      );

    /** Somebody with TOTP on, and as many login tokens as asked for. */
    async function enrolled(tokens: number) {
      const person = { handle: newHandle(), password: newPassword() };
      const { body } = await hosts.post(0, atOnce, 'signup', person);
      const on = await hosts.post(
        1,
        atOnce,
        'setTwoFactorGoogleVerification',
        { twoFactor: true },
        body['access-token'],
      );
      assert.equal(on.status, 200, on.text);
      const logins = Array.from({ length: tokens }, (_, index) => hosts.post(index, atOnce, 'login', person));
      const loginTokens = (await Promise.all(logins)).map((login) => login.body['login-token']);
      assert.ok(loginTokens.every(Boolean));
      const code = () => authenticatorCode(on.body.googleSecretKey, Date.now());
      return { loginTokens, code, recoveryCodes: on.body.recoveryCodes as string[] };
    }
    const complete = (index: number, loginToken: string | undefined, code: string | undefined) =>
      hosts.post(index, atOnce, 'loginComplete', { loginToken, code });

    it('are two processes', () => {
      const [first, second] = hosts.processes.map(({ child }) => child.pid);
      assert.ok(first && second && first !== second);
    });

    it(
      'make one account of 200 uses of a signup code',
      inRounds(async () => {
        const person = { handle: newHandle(), password: newPassword() };
        assert.equal((await hosts.post(0, byCode, 'signup', person)).text, 'true');
        const proof = { handle: person.handle, code: hosts.sent(person.handle).code };
        await oneWinner(USES, (index) => hosts.post(index, byCode, 'completeSignup', proof));
        await logged('/api/appuser/completeSignup', USES);
        assert.equal(events('user_created').length, 1);
      }),
    );

    it(
      'make one account of 200 uses of a link',
      inRounds(async () => {
        const person = { handle: newHandle(), password: newPassword() };
        assert.equal((await hosts.post(1, byLink, 'signup', person)).text, 'true');
        const proof = { handle: person.handle, code: codeOf({ link: hosts.sent(person.handle).link }) };
        await oneWinner(USES, (index) => hosts.post(index, byLink, 'completeSignup', proof));
        await logged('/api/appuser/completeSignup', USES);
        assert.equal(events('user_created').length, 1);
      }),
    );

    it(
      'let one of 200 uses of a login token through',
      inRounds(async () => {
        const { loginTokens, code, recoveryCodes } = await enrolled(1);
        // Proofs that are all right, so that nothing but the token keeps the second one out.
        const proofs = [code(), ...recoveryCodes];
        await oneWinner(USES, (index) =>
          complete(index, loginTokens[0], proofs[(index >> 1) % proofs.length]),
        );
      }),
    );

    it(
      'let one of 200 uses of a TOTP step through',
      inRounds(async () => {
        const { loginTokens, code } = await enrolled(TOKENS);
        const now = code();
        await oneWinner(USES, (index) => complete(index, loginTokens[(index >> 1) % TOKENS], now));
      }),
    );

    it(
      'let one of 200 uses of a recovery code through',
      inRounds(async () => {
        const { loginTokens, recoveryCodes } = await enrolled(TOKENS);
        await oneWinner(USES, (index) =>
          complete(index, loginTokens[(index >> 1) % TOKENS], recoveryCodes[3]),
        );
      }),
    );

    it(
      'give five successors to 200 who renew one token, each of them good in both',
      inRounds(async () => {
        const person = { handle: newHandle(), password: newPassword() };
        const { body } = await hosts.post(0, atOnce, 'signup', person);
        const renew = (which: number, token: string) => hosts.post(which, atOnce, 'renew', {}, token);
        const answers = await Promise.all(
          Array.from({ length: USES }, (_, index) => renew(index, body['access-token'])),
        );
        const codes = answers.map(({ status, body }) => (status === 200 ? 200 : body.code));
        assert.deepEqual(
          [codes.filter((code) => code === 200).length, codes.filter((code) => code === 405).length],
          [5, USES - 5],
        );
        for (const { status, body } of answers) {
          if (status !== 200) continue;
          for (const which of [0, 1]) {
            const headers = { 'access-token': body['access-token'] };
            const { text } = await hosts.call(which, 'GET', '/api/appuser/getUser', { headers });
            assert.ok(text.includes(person.handle), text);
          }
        }
      }),
    );

    it(
      'give a handle to one of two accounts that confirm it 200 times',
      inRounds(async () => {
        const wanted = newHandle();
        const people = await Promise.all(
          [0, 1].map(async (which) => {
            const person = { handle: newHandle(), password: newPassword() };
            const { body } = await hosts.post(which, atOnce, 'signup', person);
            const token = String(body['access-token']);
            const wish = { handle: wanted, password: person.password };
            return { token, wish };
          }),
        );
        const proofs: { token: string; code: string }[] = [];
        for (const { token, wish } of people) {
          assert.equal((await hosts.post(0, atOnce, 'setHandle', wish, token)).text, 'true');
          proofs.push({ token, code: hosts.sent(wanted).code });
        }
        await oneWinner(USES, (index) => {
          const { token, code } = proofs[(index >> 1) % 2] ?? { token: '', code: '' };
          return hosts.post(index, atOnce, 'verifyHandle', { code }, token);
        });
      }),
    );

    it(
      'make one account of 200 uses of an invite',
      inRounds(async () => {
        const handle = newHandle();
        const json = { appId: byCode.appId, handle };
        assert.equal((await hosts.portal('POST', '/api/app/createAppInvite', json)).status, 200);
        await until('the code is sent', () => wasSent(handle));
        const proof = { handle, password: newPassword(), code: hosts.sent(handle).code };
        await oneWinner(USES, (index) => hosts.post(index, byCode, 'register', proof));
        await logged('/api/appuser/register', USES);
        assert.equal(events('user_created').length, 1);
      }),
    );

    it(
      'give a handle to one of 200 who sign up with it, and it opens with the password of that one',
      inRounds(async () => {
        const handle = newHandle();
        const passwords = Array.from({ length: USES }, newPassword);
        let won = '';
        await oneWinner(USES, async (index) => {
          const password = passwords[index] ?? '';
          const answer = await hosts.post(index, atOnce, 'signup', { handle, password });
          if (answer.status === 200) won = password;
          return answer;
        });
        const login = await hosts.post(1, atOnce, 'login', { handle, password: won });
        assert.equal(login.status, 200, login.text);
      }),
    );

    it(
      'judge at most five of 500 guesses at a signup code, and then not even the right one',
      inRounds(async () => {
        const person = { handle: newHandle(), password: newPassword() };
        await hosts.post(0, byCode, 'signup', person);
        const { code } = hosts.sent(person.handle);
        const guess = { handle: person.handle, code: otherCode(code) };
        assert.deepEqual(
          await race(GUESSES, (index) => hosts.post(index, byCode, 'completeSignup', guess)),
          [],
        );
        await logged('/api/appuser/completeSignup', GUESSES);
        assert.equal(events('code_failed').filter(({ reason }) => reason === 'wrong').length, JUDGED_AT_MOST);
        assert.equal(events('code_exhausted').length, 1);
        const late = await hosts.post(1, byCode, 'completeSignup', { handle: person.handle, code });
        assert.equal(late.body.code, 602);
      }),
    );

    it(
      'judge at most five of 500 guesses at a login token, and then not even the right code',
      inRounds(async () => {
        const { loginTokens, code } = await enrolled(1);
        const wrong = otherCode(code());
        assert.deepEqual(await race(GUESSES, (index) => complete(index, loginTokens[0], wrong)), []);
        await logged('/api/appuser/loginComplete', GUESSES);
        const judged = events('login_failed').filter(({ reason }) => reason === 'code').length;
        assert.ok(judged <= JUDGED_AT_MOST, `${judged} judged`);
        assert.equal((await complete(0, loginTokens[0], code())).body.code, 600);
      }),
    );

    it(
      'judge at most five of 500 guesses at a password, and one more for each wait that is over',
      inRounds(async () => {
        const person = { handle: newHandle(), password: newPassword() };
        await hosts.post(0, byLink, 'signup', person);
        const code = codeOf({ link: hosts.sent(person.handle).link });
        await hosts.post(0, byLink, 'completeSignup', { handle: person.handle, code });
        const guess = { handle: person.handle, password: newPassword() };
        const begun = Date.now();
        assert.deepEqual(await race(GUESSES, (index) => hosts.post(index, byLink, 'login', guess)), []);
        // Waits of 1, 2, 4 … s after the fifth.
        const waits = Math.floor(Math.log2((Date.now() - begun) / 1000 + 1));
        await logged('/api/appuser/login', GUESSES);
        const judged = events('login_failed').filter(({ reason }) => reason === 'password').length;
        assert.ok(judged >= 1 && judged <= JUDGED_AT_MOST + waits, `${judged} judged`);
      }),
    );

    function wasSent(to: string): boolean {
      try {
        return hosts.sent(to).code !== '';
      } catch {
        return false;
      }
    }
  });
}
