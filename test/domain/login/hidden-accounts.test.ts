import assert from 'node:assert/strict';
import { it } from 'node:test';
import { forgotPassword, resetPassword } from '../../../server/domain/account/password.ts';
import { register } from '../../../server/domain/joining/invite-acceptance.ts';
import { signUp } from '../../../server/domain/joining/signup.ts';
import { logIn } from '../../../server/domain/login/password-login.ts';
import { recountPasswords } from '../../../server/domain/users/password-kinds.ts';
import type { App } from '../../../server/model/app.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { type Cost, measured } from '../../support/measured.ts';

const WRONG = 'f'.repeat(32);
const PASSWORD = '0123456789abcdef0123456789abcdef';
const CHOSEN = { md5: PASSWORD, field: 'password' };
const KNOWN = 'known@example.com';
const UNKNOWN = 'nobody@example.com';
/** Of cost 4, of no password. */
const BCRYPT = `$2b$04$${'a'.repeat(21)}.${'b'.repeat(30)}.`;

describeOnBothStores('an app that hides accounts', (host) => {
  type Call = (deps: ReturnType<typeof measured>['deps'], app: App, handle: string) => Promise<unknown>;

  /** What each of several calls in a row costs for a handle. */
  async function costs(
    call: Call,
    { app, handle, times, pause = 0 }: { app: App; handle: string; times: number; pause?: number },
  ): Promise<Cost[]> {
    const { deps, costOf } = measured(host().deps);
    const all: Cost[] = [];
    // What is looked up once a minute is looked up before.
    await costOf(() => logIn(deps, { app, handle: 'warm@example.com', password: WRONG }));
    for (let n = 0; n < times; n++) {
      all.push(await costOf(() => call(deps, app, handle)));
      host().clock.advance(pause);
    }
    return all;
  }

  const calls: { name: string; call: Call; times: number; settings?: Partial<App>; pause?: number }[] = [
    {
      name: 'login',
      times: 8,
      call: (deps, app, handle) => logIn(deps, { app, handle, password: WRONG }),
    },
    {
      name: 'login that locks',
      times: 5,
      settings: { maxLoginAttempts: 3 },
      call: (deps, app, handle) => logIn(deps, { app, handle, password: WRONG }),
    },
    {
      name: 'login with a password in capitals',
      times: 2,
      call: (deps, app, handle) => logIn(deps, { app, handle, password: WRONG.toUpperCase() }),
    },
    {
      name: 'signup by code, beyond the budget too',
      times: 8,
      call: (deps, app, handle) => signUp(deps, { app, handle, password: CHOSEN }),
    },
    {
      name: 'signup by link',
      times: 3,
      settings: { signupFlow: 'link' },
      call: (deps, app, handle) => signUp(deps, { app, handle, password: CHOSEN }),
    },
    {
      name: 'signup again after the request has lapsed',
      times: 3,
      pause: 49 * 3_600_000,
      call: (deps, app, handle) => signUp(deps, { app, handle, password: CHOSEN }),
    },
    {
      name: 'forgotPassword, beyond the budget too',
      times: 8,
      call: (deps, app, handle) => forgotPassword(deps, { app, handle }),
    },
    {
      name: 'resetPassword after a code was asked for',
      times: 3,
      async call(deps, app, handle) {
        await forgotPassword(deps, { app, handle });
        await resetPassword(deps, { app, handle, password: CHOSEN, code: '000000' });
      },
    },
    {
      name: 'register',
      times: 3,
      settings: { invitationEnabled: true },
      call: (deps, app, handle) => register(deps, { app, handle, password: CHOSEN, code: '123456' }),
    },
  ];
  for (const { name, call, times, settings, pause } of calls) {
    it(`costs as many hashes and writes for somebody as for nobody: ${name}`, async () => {
      const app = await host().createApp({ hideAccounts: true, ...settings });
      await host().createUser(app, { handle: KNOWN });
      const known = await costs(call, { app, handle: KNOWN, times, pause });
      const unknown = await costs(call, { app, handle: UNKNOWN, times, pause });
      assert.deepEqual(known, unknown);
      assert.ok(known.some(({ writes }) => writes > 0));
    });
  }

  it('judges a stranger by the kind of hash its users have', async () => {
    const app = await host().createApp({ hideAccounts: true });
    await host().createUser(app, { handle: KNOWN, passwordHash: BCRYPT });
    await recountPasswords(host().deps, app);
    const call: Call = (deps, a, handle) => logIn(deps, { app: a, handle, password: WRONG });
    const known = await costs(call, { app, handle: KNOWN, times: 6 });
    assert.deepEqual(known, await costs(call, { app, handle: UNKNOWN, times: 6 }));
    assert.deepEqual(known[0]?.hashes, ['bcrypt-04']);
  });
});
