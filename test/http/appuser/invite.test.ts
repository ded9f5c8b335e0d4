import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { recountSeats } from '../../../server/domain/users/seats.ts';
import type { App } from '../../../server/model/app.ts';
import {
  appClient,
  assertRefused,
  assertTokens,
  assertTrue,
  atOnce,
  type Client,
  loggedIn,
} from '../../support/appuser-client.ts';
import { otherCode } from '../../support/authenticator.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';

const DAY = 86_400_000;
const TEAM = { id: '1', path: 'invite_data.team', fieldName: 'team', required: true };

describe('invitations', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  async function inviting(settings: Partial<App> = {}): Promise<{ app: App; sender: Client; open: Client }> {
    const app = await host.createApp(settings);
    const sender = await loggedIn(host, app, await host.createUser(app, { handle: 'sender@example.com' }));
    return { app, sender, open: appClient(host, app) };
  }
  const mails = async (app: App, message = 'invite') =>
    (await host.outbox()).filter((line) => line.appId === app.id && line.message === message);
  const codeOf = async (app: App) => (await mails(app)).at(-1)?.code ?? '';
  const accept = (open: Client, handle: string, code: unknown, more: Record<string, unknown> = {}) =>
    open.post('register', { handle, password: PASSWORD, code, ...more });
  const invitesOf = (app: App, handle: string) => host.deps.store.invites.listByHandle(app.id, handle);

  it('mails the invited handle a code that makes the account, once', async () => {
    const { app, sender, open } = await inviting();
    assertTrue(await sender.post('invite', { handle: ' Bo@Example.com ', senderUserId: 'realm-7' }));
    const [mail] = await mails(app);
    assert.equal(mail?.to, 'bo@example.com');
    assert.match(mail?.text ?? '', /^sender@example\.com would like you to join/m, 'names who invites');
    assert.match(mail?.text ?? '', /30 days/, 'says how long the code holds');
    const [invite] = await invitesOf(app, 'bo@example.com');
    assert.deepEqual(
      [invite?.senderHandle, invite?.senderUserId, invite?.status],
      ['sender@example.com', 'realm-7', 'pending'],
    );
    assertRefused(await accept(open, 'bo@example.com', otherCode(await codeOf(app))), 602);
    assertTokens(await accept(open, 'BO@example.com', Number(await codeOf(app))));
    assert.equal((await invitesOf(app, 'bo@example.com'))[0]?.status, 'verified');
    assertRefused(await accept(open, 'bo@example.com', await codeOf(app)), 601, 'used');
    assertTokens(await open.post('login', { handle: 'bo@example.com', password: PASSWORD }));
    assert.equal((await mails(app, 'signUpSuccess'))[0]?.to, 'bo@example.com');
  });

  it('writes in the language asked for, in any spelling, and in the first of an app that has it not', async () => {
    const { app, sender } = await inviting({ locales: ['FR', 'EN', 'DE'] });
    for (const [locale, used] of [
      [' de ', 'DE'],
      ['de-AT', 'DE'],
      ['ja', 'FR'],
      ['x'.repeat(35), 'FR'],
      [undefined, 'EN'],
    ]) {
      assertTrue(await sender.post('invite', { handle: 'bo@example.com', senderUserId: 'me', locale }));
      const [invite] = await invitesOf(app, 'bo@example.com');
      assert.deepEqual([invite?.locale, (await mails(app)).at(-1)?.locale], [used, used]);
    }
  });

  it('takes the sender from the token, whatever Swift sends or leaves out', async () => {
    const { app, sender } = await inviting({ metaDataInvite: [TEAM] });
    const body = 'handle=bo%2Bx@example.com&metaData={"invite_data":{"team":"red"}}&senderUserId';
    assertTrue(await sender.postRaw('/api/appuser/invite', body));
    const [invite] = await invitesOf(app, 'bo+x@example.com');
    const user = await host.deps.store.users.findByHandle(app.id, 'sender@example.com');
    assert.equal(invite?.senderUserId, user?.id);
    assert.deepEqual(invite?.metaData, { invite_data: { team: 'red' } });
  });

  it('merges the metadata of the invite over those of the user', async () => {
    const { app, sender, open } = await inviting({
      metaDataInvite: [TEAM],
      metaData: [
        { id: '2', path: 'invite_data.team', fieldName: 'mine', required: false },
        { id: '3', path: 'name', fieldName: 'name', required: true },
      ],
    });
    await sender.post('invite', { handle: 'bo@example.com', metaData: '{"invite_data":{"team":"red"}}' });
    const code = await codeOf(app);
    assertRefused(await accept(open, 'bo@example.com', code), 604, 'required path absent');
    assertRefused(await accept(open, 'bo@example.com', code, { metaData: '{' }), 602, 'no JSON');
    const own = '{"name":" Bo ","invite_data":{"team":"blue"}}';
    assertTokens(await accept(open, 'bo@example.com', code, { metaData: own }));
    const user = await host.deps.store.users.findByHandle(app.id, 'bo@example.com');
    assert.deepEqual(user?.metaData, { name: 'Bo', invite_data: { team: 'red' } });
  });

  it('voids the code of an invitation that is repeated, keeping one row per sender', async () => {
    const { app, sender, open } = await inviting();
    await sender.post('invite', { handle: 'bo@example.com' });
    const old = await codeOf(app);
    await sender.post('invite', { handle: 'bo@example.com' });
    assert.equal((await invitesOf(app, 'bo@example.com')).length, 1);
    assertRefused(await accept(open, 'bo@example.com', old), 602);
    assertTokens(await accept(open, 'bo@example.com', await codeOf(app)));
  });

  it('never lets a repeated invitation touch the account the first one made', async () => {
    const { app, sender, open } = await inviting();
    await sender.post('invite', { handle: 'bo@example.com' });
    assertTokens(await accept(open, 'bo@example.com', await codeOf(app)));
    await sender.post('invite', { handle: 'bo@example.com' });
    const other = { password: 'e'.repeat(32) };
    assertRefused(await accept(open, 'bo@example.com', await codeOf(app), other), 601);
    assertTokens(await open.post('login', { handle: 'bo@example.com', password: PASSWORD }));
  });

  it('takes the code of any of several senders', async () => {
    const { app, sender, open } = await inviting();
    const second = await loggedIn(host, app, await host.createUser(app, { handle: 'second@example.com' }));
    await sender.post('invite', { handle: 'bo@example.com' });
    const first = await codeOf(app);
    await second.post('invite', { handle: 'bo@example.com' });
    assertTokens(await accept(open, 'bo@example.com', first));
    assertRefused(await accept(open, 'bo@example.com', await codeOf(app)), 601);
  });

  it('lets a code live for thirty days and five wrong tries', async () => {
    const { app, sender, open } = await inviting();
    await sender.post('invite', { handle: 'late@example.com' });
    const late = await codeOf(app);
    host.clock.advance(30 * DAY + 1000);
    assertRefused(await accept(open, 'late@example.com', late), 602, 'expired');
    await (await loggedIn(host, app, await host.createUser(app, { handle: 'third@example.com' }))).post(
      'invite',
      {
        handle: 'guess@example.com',
      },
    );
    const code = await codeOf(app);
    for (let guess = 0; guess < 5; guess++) {
      assertRefused(await accept(open, 'guess@example.com', otherCode(code)), 602);
    }
    assertRefused(await accept(open, 'guess@example.com', code), 602, 'void');
  });

  it('sends at most five codes an hour to a handle and acts as if it had sent more', async () => {
    const { app, sender, open } = await inviting();
    for (let call = 0; call < 7; call++)
      assertTrue(await sender.post('invite', { handle: 'bo@example.com' }));
    assert.equal((await mails(app)).length, 5);
    assertTokens(await accept(open, 'bo@example.com', await codeOf(app)), 'the last code sent still counts');
  });

  it('invites and registers phone numbers by SMS in a phone app', async () => {
    const app = await host.createApp({ handleType: 'phone' });
    const sender = await loggedIn(host, app, await host.createUser(app, { handle: '+15551230100' }));
    assertTrue(await sender.post('invite', { handle: '+1 555 123-0101' }));
    const [sms] = await mails(app);
    assert.deepEqual([sms?.channel, sms?.to], ['sms', '+15551230101']);
    assertTokens(await accept(appClient(host, app), '+15551230101', sms?.code));
  });

  it('keeps the password it acknowledged, whoever was faster', async () => {
    const { app, sender, open } = await inviting();
    await sender.post('invite', { handle: 'bo@example.com' });
    const code = await codeOf(app);
    const passwords = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(32));
    const { successes } = await atOnce(4, (index) =>
      accept(open, 'bo@example.com', code, { password: passwords[index] }),
    );
    assert.equal(successes.length, 1);
    const logins = await Promise.all(
      passwords.map((password) => open.post('login', { handle: 'bo@example.com', password })),
    );
    assert.equal(logins.filter(({ status }) => status === 200).length, 1);
  });

  it('finishes with the same code what a crash interrupted after the account was made', async () => {
    const { app, sender, open } = await inviting();
    await sender.post('invite', { handle: 'bo@example.com' });
    const [invite] = await invitesOf(app, 'bo@example.com');
    await host.createUser(app, {
      id: invite?.userId ?? '',
      uid: invite?.uid ?? '',
      handle: 'bo@example.com',
      password: 'f'.repeat(32),
    });
    assertTokens(await accept(open, 'bo@example.com', await codeOf(app)));
    assertTokens(await open.post('login', { handle: 'bo@example.com', password: PASSWORD }));
  });

  it('refuses in the order of the contract', async () => {
    const { app, sender, open } = await inviting({ metaDataInvite: [TEAM] });
    assertRefused(await open.post('invite', { handle: 'bo@example.com', senderUserId: 'x' }), 403, 'no user');
    assertRefused(await sender.post('invite', { senderUserId: 'x' }), 403, 'no handle');
    assertRefused(await sender.post('invite', { handle: ['bo@example.com'] }), 602, 'a list');
    assertRefused(await sender.post('invite', { handle: 'nonsense' }), 602, 'no e-mail');
    assertRefused(await sender.post('invite', { handle: 'bo@example.com' }), 604, 'required path absent');
    assertRefused(await sender.post('invite', { handle: 'bo@example.com', metaData: '{' }), 604, 'no JSON');
    assertRefused(await open.post('register', { handle: 'bo@example.com', code: '123456' }), 403);
    const short = { password: PASSWORD.slice(1) };
    assertRefused(await accept(open, 'bo@example.com', '123456', short), 602);
    assertRefused(await accept(open, 'bo@example.com', '1234567'), 602);
    assertRefused(await accept(open, 'bo@example.com', '123456'), 602, 'never invited');
    await sender.post('invite', { handle: 'bo@example.com', metaData: '{"invite_data":{"team":"x"}}' });
    const code = await codeOf(app);
    await host.createUser(app, { handle: 'bo@example.com' });
    assertRefused(
      await accept(open, 'bo@example.com', code, { locale: 'xx' }),
      601,
      'somebody has the handle',
    );

    for (const [settings, status] of [
      [{ invitationEnabled: false }, 406],
      [{ status: 'inactive' }, 402],
      [{ status: 'migrated' }, 413],
    ] as const) {
      const closed = await inviting(settings);
      assertRefused(await closed.sender.post('invite', { handle: 'nonsense' }), status);
      assertRefused(await accept(closed.open, 'nonsense', '123456'), status);
    }
    const full = await inviting({ maxUsers: 2 });
    await full.sender.post('invite', { handle: 'bo@example.com' });
    await host.createUser(full.app, { handle: 'cy@example.com' });
    await recountSeats(host.deps, full.app);
    assertRefused(await accept(full.open, 'bo@example.com', await codeOf(full.app)), 406, 'full');
  });
});
