import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import { appClient, assertRefused, assertTokens, assertTrue } from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD, type TestHost } from '../../support/host.ts';

/** Ways to write one domain. */
const SPELLINGS = [
  'example',
  'ｅxample',
  'exａmple',
  'EXAMPLE',
  'ｅｘａｍｐｌｅ',
  'ｅxamplｅ',
  '𝐞xample',
  'examp𝗹e',
];
/** What can stand in a text but in no address that mail goes to. */
const NO_ADDRESSES = [
  'mailto:u@example.com',
  'a<b@example.com',
  '<u@example.com>',
  ...['>', '"', ':', '[', ']', '\\', '(', ')'].map((sign) => `a${sign}b@example.com`),
];

describeOnBothStores('handles as people write them', (host: () => TestHost) => {
  async function stage(settings: Partial<App> = {}) {
    const app = await host().createApp(settings);
    const client = appClient(host(), app);
    return {
      app,
      client,
      signUp: (handle: string) => client.post('signup', { handle, password: PASSWORD }),
      logIn: (handle: string) => client.post('login', { handle, password: PASSWORD }),
      mails: async () => (await host().outbox()).filter(({ appId }) => appId === app.id),
      portal: (route: string, json: object) =>
        host().portal('POST', `/api/app/${route}`, { json: { appId: app.id, ...json } }),
    };
  }

  it('counts every spelling of a mailbox against one budget', async () => {
    const { signUp, mails } = await stage();
    for (const name of SPELLINGS) assertTrue(await signUp(`victim@${name}.com`), name);
    const { codesPerHour } = host().deps.config;
    assert.deepEqual(
      (await mails()).map(({ to }) => to),
      Array(codesPerHour).fill('victim@example.com'),
    );
  });

  it('makes one account of a mailbox, and lets its owner log in with either spelling', async () => {
    const { signUp, logIn } = await stage({ signupFlow: 'none' });
    assertTokens(await signUp('user@müller.example'));
    assertRefused(await signUp('user@xn--mller-kva.example'), 601);
    assertRefused(await signUp('user@MÜLLER.example'), 601);
    for (const typed of ['user@müller.example', 'user@xn--mller-kva.example', 'User@Mu\u0308ller.Example']) {
      assertTokens(await logIn(typed), typed);
    }
  });

  it('finds the accounts of before under what they were stored as', async () => {
    const { app, signUp, logIn, client, portal, mails } = await stage({ signupFlow: 'none' });
    await host().createUser(app, { handle: 'user@müller.example', password: PASSWORD });
    await host().createUser(app, { handle: 'wide@ｅxample.com', password: PASSWORD });
    for (const typed of ['user@müller.example', 'user@xn--mller-kva.example', 'wide@ｅxample.com']) {
      assertTokens(await logIn(typed), typed);
      assertRefused(await signUp(typed), 601, typed);
      assert.equal((await portal('addUser', { handle: typed, password: PASSWORD })).status, 403, typed);
    }
    assertTrue(await client.post('forgotPassword', { handle: 'user@xn--mller-kva.example' }));
    assert.deepEqual(
      (await mails()).map(({ message, to }) => [message, to]),
      [['resetPassword', 'user@müller.example']],
    );
    const { body } = await portal('createAppInvite', { handle: 'user@xn--mller-kva.example', locale: 'EN' });
    assert.deepEqual([body.exists, body.invites], [['user@xn--mller-kva.example'], []]);
    assert.equal((await portal('removeUser', { handle: 'user@xn--mller-kva.example' })).status, 200);
  });

  it('refuses in every way to join what no mail can be sent to', async () => {
    for (const signupFlow of ['code', 'link', 'none'] as const) {
      const { signUp } = await stage({ signupFlow });
      for (const handle of NO_ADDRESSES) {
        const { code, reason, field } = (await signUp(handle)).body;
        assert.deepEqual(
          [handle, code, reason, field],
          [handle, 602, 'invalid_handle', 'handle'],
          signupFlow,
        );
      }
    }
    const { portal, mails } = await stage();
    const { body } = await portal('createAppInvite', { handle: NO_ADDRESSES.join(','), locale: 'EN' });
    assert.deepEqual([body.invites, body.invalid], [[], NO_ADDRESSES]);
    for (const handle of NO_ADDRESSES) {
      assert.equal((await portal('addUser', { handle, password: PASSWORD })).status, 400, handle);
    }
    assert.deepEqual(await mails(), []);
  });
});
