import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type Answer, makeDataDir, send } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { KeepAlive } from '../support/keep-alive.ts';
import { mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { codeOf, readOutbox } from '../support/outbox.ts';
import { stranger } from '../support/places.ts';
import { awayFromTurn } from '../support/turn.ts';
import { until } from '../support/until.ts';
import { PASSWORD } from './stage.ts';

const WRONG = 'f'.repeat(32);
const HOME = '198.51.100.7';
const FREE_GUESSES = 5;
const ACCOUNT_GUESSES = 30;
const RECIPIENTS = 60;
const BLOCK = 20;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Where a setting's value is named otherwise. */
const FIELDS: Record<string, string> = { appType: 'type', handleType: 'handle' };

/**
 * Strangers against the owners of accounts, mailboxes and phones, through two processes with the settings of
 * an installation.
 */
for (const store of ['sqlite', 'mongodb'] as const) {
  const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
  describe(`strangers at two processes on one ${store}`, { skip }, () => {
    const { dataDir } = makeDataDir();
    const agent = new KeepAlive();
    let mongod: Awaited<ReturnType<typeof startMongod>>;
    let hosts: HostProcess[] = [];
    let ports: number[] = [];

    before(async () => {
      mongod = store === 'mongodb' ? await startMongod() : undefined;
      const database = mongod && { DB_CONN_STRING: mongod.url(`attackers-${process.pid}`) };
      const env = { TRUST_PROXY_HOPS: '1', RECIPIENTS_PER_ADDRESS_PER_HOUR: String(RECIPIENTS), ...database };
      hosts = [startHostProcess({ dataDir, env }), startHostProcess({ dataDir, env })];
      ports = await Promise.all(hosts.map(({ listening }) => listening));
    });
    after(async () => {
      agent.destroy();
      await Promise.all(hosts.map((host) => host.stop()));
      await mongod?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });

    let turn = 0;
    async function newApp(settings: Record<string, string> = {}) {
      const headers = { 'server-secret': await serverSecretOf(dataDir) };
      const portal = (path: string, json: unknown) =>
        send({ port: Number(ports[0]), method: 'POST', path, input: { headers, json } });
      const { appId, appToken } = (await portal('/api/app', { name: `app ${randomUUID()}` })).body;
      for (const [setting, value] of Object.entries({
        appType: 'commercial',
        signupFlow: 'none',
        ...settings,
      })) {
        const field = FIELDS[setting] ?? setting;
        const answer = await portal('/api/app/updateAppSetting', { appId, setting, [field]: value });
        assert.equal(answer.status, 200, answer.text);
      }
      /** Through one process and the other in turn, as a load balancer would. */
      return (address: string, route: string, json: unknown, accessToken?: string): Promise<Answer> =>
        send({
          agent,
          port: Number(ports[turn++ % 2]),
          method: 'POST',
          path: `/api/appuser/${route}`,
          input: {
            headers: {
              'app-token': appToken,
              'x-forwarded-for': address,
              ...(accessToken && { 'access-token': accessToken }),
            },
            json,
          },
        });
    }
    const many = <T>(count: number, work: (n: number) => Promise<T>) =>
      Promise.all(Array.from({ length: count }, (_, n) => work(n)));
    const logged = async (event: string) => {
      await Promise.all(hosts.map((host) => host.logged()));
      return hosts.flatMap(({ lines }) => lines).filter((line) => line.event === event);
    };
    const judged = async () =>
      (await logged('login_failed')).filter(({ reason }) => reason === 'password').length;
    const sent = (to: string) => {
      // A welcome of before may come behind it, by the other process.
      const line = readOutbox(dataDir).findLast((mail) => mail.to === to && (mail.code ?? mail.link));
      assert.ok(line, `nothing was sent to ${to}`);
      return { code: line?.code ?? '', link: line?.link ?? '' };
    };
    let people = 0;
    const person = () => `${store}${people++}@example.com`;

    it('get 5 of 500 simultaneous guesses from one address judged', async () => {
      const call = await newApp();
      const handle = person();
      assert.equal((await call(HOME, 'signup', { handle, password: PASSWORD })).status, 200);
      const before = await judged();
      const startedAt = performance.now();
      const answers = await many(500, () => call(stranger(1), 'login', { handle, password: WRONG }));
      assert.ok(answers.every(({ status }) => status === 400 || status === 503));
      // Waits of one, two, four … seconds that were over while the machine was still at it.
      const waited = Math.floor(Math.log2((performance.now() - startedAt) / 1000 + 1));
      const count = (await judged()) - before;
      assert.ok(count <= FREE_GUESSES + waited, `${count} were judged`);
      assert.equal((await call(stranger(2), 'login', { handle, password: PASSWORD })).status, 200);
    });

    it('lock nobody out of where they are known or of what they have a token of', async () => {
      const call = await newApp();
      const handle = person();
      const mine = { handle, password: PASSWORD };
      const joined = await call(HOME, 'signup', mine);
      const token: string = joined.body['access-token'];
      const before = await judged();
      let over = false;
      const storm = (async () => {
        for (let round = 0; !over; round++) {
          await many(20, (n) => call(stranger(10 + n + 20 * round), 'login', { handle, password: WRONG }));
        }
      })();
      const owner: number[] = [];
      for (let n = 0; n < 15; n++) {
        owner.push((await call(HOME, 'login', mine)).status);
        owner.push((await call('198.51.100.99', 'login', mine)).status);
        owner.push((await call(stranger(5_000 + (n % 4)), 'login', mine, token)).status);
      }
      over = true;
      await storm;
      assert.deepEqual([...new Set(owner)], [200]);
      const count = (await judged()) - before;
      assert.ok(count >= ACCOUNT_GUESSES, 'the account as a whole waits');
      assert.ok(count < 2 * ACCOUNT_GUESSES, `${count} were judged`);
    });

    it('keep nobody from a reset, which ends all they did', async () => {
      const call = await newApp();
      const handle = person();
      assert.equal((await call(HOME, 'signup', { handle, password: PASSWORD })).status, 200);
      const unknown = '192.0.2.1';
      assert.equal((await call(unknown, 'forgotPassword', { handle })).status, 200);
      await until('the code for another password comes', () =>
        readOutbox(dataDir).some(({ to, message }) => to === handle && message === 'resetPassword'),
      );
      const { code } = sent(handle);
      const wrong = code === '100000' ? '100001' : '100000';
      await many(60, (n) => call(stranger(n), 'login', { handle, password: WRONG }));
      await many(60, (n) => call(stranger(n), 'resetPassword', { handle, password: WRONG, code: wrong }));
      const reset = await call(unknown, 'resetPassword', { handle, password: PASSWORD, code });
      assert.equal(reset.text, 'true', 'who asked for the code keeps tries of their own');
      assert.equal((await call('192.0.2.200', 'login', { handle, password: PASSWORD })).status, 200);
      assert.equal((await call(stranger(0), 'login', { handle, password: PASSWORD })).status, 200);
    });

    it('keep nobody from a reset at home or with a token, though they asked for codes first and guessed at the last', async () => {
      const call = await newApp();
      for (const [place, token] of [
        ['198.51.100.99', false],
        ['192.0.2.77', true],
      ] as const) {
        const handle = person();
        const { body } = await call(HOME, 'signup', { handle, password: PASSWORD });
        const mails = () =>
          readOutbox(dataDir).filter(({ to, message }) => to === handle && message === 'resetPassword');
        const ask = (address: string, accessToken?: string) =>
          call(address, 'forgotPassword', { handle }, accessToken);
        const arrived = (count: number) => until(`${count} mails`, () => mails().length >= count);
        // All but one that a mailbox gets in an hour.
        for (let n = 0; n < 4; n++) assert.equal((await ask(stranger(n))).text, 'true');
        await arrived(4);
        const accessToken = token ? body['access-token'] : undefined;
        assert.equal((await ask(place, accessToken)).text, 'true');
        await arrived(5);
        // The last word is a stranger's, and so is the place that the code calls its own.
        for (let n = 0; n < 20; n++) assert.equal((await ask(stranger(n))).text, 'true');
        await arrived(6);
        const code = String(mails().at(-1)?.code);
        const wrong = code === '100000' ? '100001' : '100000';
        await many(60, (n) => call(stranger(n), 'resetPassword', { handle, password: WRONG, code: wrong }));
        assert.equal(
          (await call('192.0.2.200', 'resetPassword', { handle, password: WRONG, code })).status,
          400,
          'strangers have fifteen together',
        );
        for (let n = 0; n < 4; n++) {
          await call(place, 'resetPassword', { handle, password: PASSWORD, code: wrong }, accessToken);
        }
        const reset = await call(place, 'resetPassword', { handle, password: PASSWORD, code }, accessToken);
        assert.equal(reset.text, 'true');
        assert.equal(mails().length, 6, 'strangers get no more than their budget');
      }
    });

    it('leave the owner a code at home when they have used up those of an hour', async () => {
      const call = await newApp();
      const handle = person();
      await call(HOME, 'signup', { handle, password: PASSWORD });
      const mails = () =>
        readOutbox(dataDir).filter(({ to, message }) => to === handle && message === 'resetPassword');
      for (let n = 0; n < 20; n++) await call(stranger(n), 'forgotPassword', { handle });
      await until('five mails', () => mails().length >= 5);
      for (let n = 0; n < 20; n++) {
        await call('198.51.100.99', 'forgotPassword', { handle });
        // Of two that wait, either may go out first.
        if (n === 3) await until('nine mails', () => mails().length >= 9);
      }
      await until('ten mails', () => mails().length >= 10);
      const code = String(mails().at(-1)?.code);
      const reset = await call(HOME, 'resetPassword', { handle, password: PASSWORD, code });
      assert.equal(reset.text, 'true');
      assert.equal(mails().length, 10, 'and no more than as many again');
    });

    it('void no link, however often they guess', async () => {
      const call = await newApp({ signupFlow: 'link' });
      const handle = person();
      assert.equal((await call(HOME, 'signup', { handle, password: PASSWORD })).text, 'true');
      const code = codeOf({ link: sent(handle).link });
      await many(100, (n) =>
        call(stranger(n % 20), 'completeSignup', { handle, code: n % 2 ? '123456' : '9'.repeat(39) }),
      );
      assert.equal((await call('192.0.2.1', 'completeSignup', { handle, code })).status, 200);
    });

    it('write to 60 people from one source, be it an address or an IPv6 network', async () => {
      await awayFromTurn(HOUR_MS, MINUTE_MS);
      const call = await newApp({ signupFlow: 'code' });
      for (const source of [() => stranger(900), (n: number) => `2001:db8:5:6:${n.toString(16)}::1`]) {
        const answers = await many(100, (n) =>
          call(source(n), 'signup', { handle: person(), password: PASSWORD }),
        );
        const statuses = answers.map(({ status }) => status);
        assert.equal(statuses.filter((status) => status === 200).length, RECIPIENTS);
        assert.equal(statuses.filter((status) => status === 429).length, 100 - RECIPIENTS);
        assert.ok(
          answers.every(({ status, headers }) => status === 200 || Number(headers['retry-after']) > 0),
        );
      }
    });

    it('pump no block of numbers, whichever app they use', async () => {
      await awayFromTurn(HOUR_MS, MINUTE_MS);
      const apps = [
        await newApp({ handleType: 'phone', signupFlow: 'code' }),
        await newApp({ handleType: 'phone', signupFlow: 'code' }),
      ];
      const block = store === 'sqlite' ? '+49151123' : '+49151124';
      const answers = await many(60, (n) => {
        const json = { handle: `${block}${String(10_000 + n)}`, password: PASSWORD };
        const call = apps[n % 2];
        assert.ok(call);
        return call(stranger(n), 'signup', json);
      });
      assert.ok(
        answers.every(({ text }) => text === 'true'),
        'it looks as if all were sent',
      );
      const texts = readOutbox(dataDir).filter(({ to }) => to.startsWith(block));
      assert.equal(texts.length, BLOCK);
      assert.equal((await logged('message_flood')).length, 1);
    });
  });
}
