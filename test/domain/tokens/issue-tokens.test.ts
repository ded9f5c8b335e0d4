import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { issueTokens } from '../../../server/domain/tokens/issue-tokens.ts';
import type { LoginMethod } from '../../../server/domain/tokens/open-account.ts';
import type { App } from '../../../server/model/app.ts';
import { type ErrorName, HostError } from '../../../server/model/errors.ts';
import type { User } from '../../../server/model/user.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';

describe('the token gate', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost({ routes: [] });
  });
  after(() => host.stop());

  const withTotp: Partial<User> = { twoFactorTotp: true, totpSecret: 'A'.repeat(32) };
  const required = { id: 'f', path: 'name', fieldName: 'name', required: true, canEdit: true };
  const refusals: [about: string, app: Partial<App>, user: Partial<User>, method: LoginMethod, ErrorName][] =
    [
      ['an inactive app', { status: 'inactive' }, {}, 'password', 'app_suspended'],
      ['a blocked app', { status: 'blocked' }, {}, 'google', 'app_suspended'],
      ['a migrated app', { status: 'migrated' }, {}, 'anonymous', 'app_migrated'],
      ['a suspended user', {}, { status: 'suspend' }, 'totp', 'user_suspended'],
      ['a pending user', {}, { status: 'pending' }, 'apple', 'user_suspended'],
      ['the password of a pending user', {}, { status: 'pending' }, 'password', 'signup_pending'],
      ['a locked user', {}, { lockedAt: 1 }, 'password', 'user_suspended'],
      [
        'a password alone while a factor is due',
        { twoFactorVerification: 'google' },
        withTotp,
        'password',
        'invalid_credentials',
      ],
      ['a user without a required field', { metaData: [required] }, {}, 'password', 'invalid_metadata'],
    ];
  for (const [about, settings, user, method, error] of refusals) {
    it(`refuses ${about} with ${error}`, async () => {
      const app = await host.createApp(settings);
      const made = await host.createUser(app, user);
      await assert.rejects(
        issueTokens(host.deps, { app, user: made, method }),
        (thrown) => thrown instanceof HostError && thrown.error === error,
      );
      assert.equal((await host.deps.store.users.find(app.id, made.id))?.lastLogin, undefined);
    });
  }

  it('looks at app and user anew, not at what it is given', async () => {
    const app = await host.createApp();
    const user = await host.createUser(app);
    await host.deps.store.users.replace({ ...user, status: 'suspend' });
    const issued = issueTokens(host.deps, { app, user, method: 'password' });
    await assert.rejects(
      issued,
      (thrown) => thrown instanceof HostError && thrown.error === 'user_suspended',
    );
  });

  it('issues both tokens, with the epoch of the user, and remembers the log-in', async () => {
    const app = await host.createApp({ twoFactorVerification: 'google' });
    const user = await host.createUser(app, { ...withTotp, epoch: 7 });
    const { accessToken } = await issueTokens(host.deps, { app, user, method: 'totp' });
    const token = await host.deps.hostTokens.verify(accessToken, 'user');
    assert.deepEqual([token?.userId, token?.epoch, token?.appId], [user.id, 7, app.id]);
    assert.equal((await host.deps.store.users.find(app.id, user.id))?.lastLogin, host.clock.now());
    const last = host.events.at(-1);
    assert.deepEqual([last?.event, last?.userId, last?.method], ['login_succeeded', user.id, 'totp']);
  });
});
