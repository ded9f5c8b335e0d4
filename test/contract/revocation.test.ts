import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Mongod, mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { runSetup } from '../support/setup-process.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { until } from '../support/until.ts';
import { type MadeApp, newHandle, newPassword, startTwoHosts, type TwoHosts } from './two-hosts.ts';

/** In every process, that long after the answer (threats F15). */
const WITHIN_MS = 5_000;

for (const store of ['sqlite', 'mongodb'] as const) {
  const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
  describe(`revocation in two processes on one ${store}`, { skip }, () => {
    let mongod: (Mongod & { stop(): Promise<void> }) | undefined;
    let hosts: TwoHosts;
    let shared: MadeApp;
    before(async () => {
      mongod = store === 'mongodb' ? await startMongod() : undefined;
      hosts = await startTwoHosts(mongod && { DB_CONN_STRING: mongod.url(`revoked_${process.pid}`) });
      shared = await hosts.makeApp({ signupFlow: 'none' });
    });
    after(async () => {
      await hosts?.stop();
      await mongod?.stop();
    });

    interface Person {
      handle: string;
      password: string;
      userId: string;
      accessToken: string;
    }
    async function join(app = shared): Promise<Person> {
      const person = { handle: newHandle(), password: newPassword() };
      const { body } = await hosts.post(0, app, 'signup', person);
      const accessToken = String(body['access-token']);
      const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
      return { ...person, userId: claims.userId, accessToken };
    }
    const getUser = async (which: number, accessToken: string) => {
      const headers = { 'access-token': accessToken };
      const { status, body } = await hosts.call(which, 'GET', '/api/appuser/getUser', { headers });
      return status === 200 ? 200 : Number(body.code);
    };
    const getApplication = async (which: number, app: MadeApp) => {
      const headers = { 'app-token': app.appToken };
      const { status, body } = await hosts.call(which, 'GET', '/api/appuser/getApplication', { headers });
      return status === 200 ? 200 : Number(body.code);
    };

    /**
     * Both processes know the token; `end` goes through the first; then both refuse within the time, and go
     * on refusing.
     */
    async function ends(
      probe: (which: number) => Promise<number>,
      end: () => Promise<unknown>,
      code: number,
    ) {
      assert.deepEqual([await probe(0), await probe(1)], [200, 200]);
      await end();
      await becomes(probe, code);
    }
    async function becomes(probe: (which: number) => Promise<number>, code: number) {
      const elapsed = startStopwatch(...hosts.processes.map(({ child }) => child));
      for (const which of [0, 1]) {
        await until(
          'the token is refused',
          async () => (await probe(which)) === code || elapsed() > WITHIN_MS,
        );
        assert.equal(await probe(which), code, `process ${which}`);
      }
    }
    const succeeds = async (call: Promise<{ status: number; text: string }>) => {
      const answer = await call;
      assert.equal(answer.status, 200, answer.text);
    };
    const portalSets = (person: Person, status: string) =>
      succeeds(hosts.portal('POST', '/api/app/user', { appId: shared.appId, userId: person.userId, status }));

    describe('ends older tokens by', { concurrency: true }, () => {
      it('suspension', async () => {
        const person = await join();
        await ends(
          (which) => getUser(which, person.accessToken),
          () => portalSets(person, 'suspend'),
          404,
        );
        await portalSets(person, 'active');
        await becomes((which) => getUser(which, person.accessToken), 405);
      });

      it('deletion', async () => {
        const [own, portal] = [await join(), await join()];
        const proof = { handle: own.handle, password: own.password };
        const deletes = () => succeeds(hosts.post(0, shared, 'deleteAccount', proof, own.accessToken));
        await ends((which) => getUser(which, own.accessToken), deletes, 405);
        const removes = () =>
          succeeds(
            hosts.portal('POST', '/api/app/removeUser', { appId: shared.appId, handle: portal.handle }),
          );
        await ends((which) => getUser(which, portal.accessToken), removes, 405);
      });

      it('log-out of one token, and of all', async () => {
        const person = await join();
        const login = await hosts.post(1, shared, 'login', {
          handle: person.handle,
          password: person.password,
        });
        const other = String(login.body['access-token']);
        const logOut = (token: string, json: unknown) => () =>
          succeeds(hosts.post(0, shared, 'logout', json, token));
        await ends((which) => getUser(which, person.accessToken), logOut(person.accessToken, {}), 405);
        assert.deepEqual(
          [await getUser(0, other), await getUser(1, other)],
          [200, 200],
          'the other one lives',
        );
        await ends((which) => getUser(which, other), logOut(other, { everywhere: true }), 405);
      });

      it('change, reset and replacement of the password', async () => {
        const changed = await join();
        const change = { password: changed.password, newPassword: newPassword() };
        const changes = () => succeeds(hosts.post(0, shared, 'changePassword', change, changed.accessToken));
        await ends((which) => getUser(which, changed.accessToken), changes, 405);

        const forgotten = await join();
        const reset = async () => {
          await succeeds(hosts.post(0, shared, 'forgotPassword', { handle: forgotten.handle }));
          await until('the code is sent', () => sent(forgotten.handle) !== undefined);
          const json = { handle: forgotten.handle, password: newPassword(), code: sent(forgotten.handle) };
          await succeeds(hosts.post(0, shared, 'resetPassword', json));
        };
        await ends((which) => getUser(which, forgotten.accessToken), reset, 405);

        const replaced = await join();
        const { appId } = shared;
        const json = { appId, userId: replaced.userId, rawValue: 'Secret-1', hashValue: newPassword() };
        const replace = () => succeeds(hosts.portal('POST', '/api/app/resetUserPassword', json));
        await ends((which) => getUser(which, replaced.accessToken), replace, 405);
      });

      it('a change of the second factor ends pending log-ins, not access tokens', async () => {
        const app = await hosts.makeApp({ signupFlow: 'none', twoFactorVerification: 'google' });
        const person = await join(app);
        const switchTo = (twoFactor: boolean) =>
          hosts.post(0, app, 'setTwoFactorGoogleVerification', { twoFactor }, person.accessToken);
        const enrolment = await switchTo(true);
        const login = await hosts.post(1, app, 'login', { handle: person.handle, password: person.password });
        await switchTo(false);
        const code = enrolment.body.recoveryCodes[0];
        const late = await hosts.post(1, app, 'loginComplete', {
          loginToken: login.body['login-token'],
          code,
        });
        assert.equal(late.body.code, 600);
        assert.equal(await getUser(1, person.accessToken), 200);
      });

      for (const [status, code] of Object.entries({ suspended: 402, migrated: 413 })) {
        it(`an app that is ${status}`, async () => {
          const app = await hosts.makeApp({ signupFlow: 'none' });
          const person = await join(app);
          const json = { appId: app.appId, setting: 'status', status };
          const set = () => succeeds(hosts.portal('POST', '/api/app/updateAppSetting', json));
          await ends((which) => getUser(which, person.accessToken), set, code);
        });
      }

      it('a rotated app token', async () => {
        const app = await hosts.makeApp({});
        const json = { appId: app.appId, graceHours: 0 };
        const rotate = () => succeeds(hosts.portal('POST', '/api/app/rotateAppToken', json));
        await ends((which) => getApplication(which, app), rotate, 400);
      });

      it('an app that is deleted', async () => {
        const other = await hosts.makeApp({});
        const remove = () => succeeds(hosts.portal('DELETE', `/api/app/${other.appId}`));
        await ends((which) => getApplication(which, other), remove, 401);
      });
    });

    it('refuses the old server secret in both once setup has rotated it', async () => {
      const connected = async (which: number, secret: string) => {
        const headers = { 'server-secret': secret };
        const { status, body } = await hosts.call(which, 'GET', '/api/app/connection', { headers });
        return status === 200 ? 200 : Number(body.code);
      };
      const old = await printedBySetup('--print-secret');
      let fresh = '';
      const rotate = async () => {
        fresh = await printedBySetup('--rotate-secret');
      };
      await ends((which) => connected(which, old), rotate, 500);
      assert.deepEqual([await connected(0, fresh), await connected(1, fresh)], [200, 200]);
    });

    /** What a command of setup writes to stdout. */
    async function printedBySetup(option: string): Promise<string> {
      const { dataDir } = hosts.processes[0];
      const { code, stdout, stderr } = await runSetup([option, '--data-dir', dataDir], hosts.settings);
      assert.equal(code, 0, stderr);
      return stdout.trim();
    }

    function sent(to: string): string | undefined {
      try {
        return hosts.sent(to).code;
      } catch {
        return undefined;
      }
    }
  });
}
