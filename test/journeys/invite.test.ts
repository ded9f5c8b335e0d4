import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRefused, assertTokens, assertTrue } from '../support/appuser-client.ts';
import { codeIn } from '../support/mailbox.ts';
import type { ShippedClient } from '../support/shipped-clients.ts';
import { sentPassword } from '../support/shipped-clients.ts';
import { stranger } from '../support/stranger.ts';
import { claimsOf, type MadeApp, type Stage, startStage } from './stage.ts';

const password = sentPassword('An invited person 1');
const HOST_TWILIO = {
  TWILIO_ACCOUNT_SID: 'AC00000000000000000000000000000001',
  TWILIO_TOKEN: 'host-token',
  TWILIO_PHONE_NUMBER: '+15550009999',
};

describe('inviting a friend', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage(HOST_TWILIO);
  });
  after(() => stage?.stop());

  async function clubApp(name: string, settings: Record<string, unknown>): Promise<MadeApp> {
    const app = await stage.makeApp(name, { signupFlow: 'none', ...settings });
    const { appId } = app;
    const team = { path: 'invite_data.team', fieldName: 'team', required: true };
    await stage.portal('POST', '/api/app/updateAppInviteMetaData', { appId, metaDataInvite: [team] });
    const first = { path: 'user_data.first', fieldName: 'first', required: true, canEdit: true };
    // A path of both lists: what somebody says of himself must not outdo the invite.
    const metaData = [first, { ...team, required: false }];
    await stage.portal('POST', '/api/app/updateAppMetaData', { appId, metaData });
    return app;
  }
  async function member(app: MadeApp, handle: string): Promise<ShippedClient> {
    const phone = stage.install('react', app);
    assertTokens(await phone.post('signup', { handle, password, metaData: { user_data: { first: 'Ada' } } }));
    return phone;
  }

  it('by mail: the friend registers with the code, and the invite decides what the JWT says', async () => {
    const app = await clubApp('Club', {});
    const ada = await member(app, 'ada@example.com');
    const friend = 'bo+friend@example.com';
    const invitation = { handle: friend, senderUserId: 'realm-id-of-ada' };
    assertRefused(await ada.post('invite', { ...invitation, metaData: { invite_data: {} } }), 604);
    assertTrue(await ada.post('invite', { ...invitation, metaData: { invite_data: { team: 'red' } } }));
    const first = codeIn((await stage.mailTo(friend, /invited to Club/)).text);
    assertTrue(await ada.post('invite', { ...invitation, metaData: { invite_data: { team: 'blue' } } }));
    const code = codeIn((await stage.mailTo(friend, /invited to Club/)).text);

    const phone = stage.install('swift', app);
    const metaData = { user_data: { first: 'Bo' }, invite_data: { team: 'admin' } };
    const form = { handle: friend, password, metaData, locale: 'EN' };
    if (first !== code) assertRefused(await phone.post('register', { ...form, code: first }), 602);
    const joined = await phone.post('register', { ...form, code });
    assertTokens(joined);
    const claims = await (await stranger(app.issuer)).verify(joined.body.jwt);
    assert.deepEqual([claims.invite_data, claims.user_data], [{ team: 'blue' }, { first: 'Bo' }]);
    await stage.mailTo(friend, /^Welcome to Club/);
    assertRefused(await phone.post('register', { ...form, code }), 601);

    const rows = await stage.portal('GET', `/api/app/searchInvite?appId=${app.appId}&value=bo`);
    const [row] = rows;
    assert.deepEqual(
      [rows.length, row.senderHandle, row.senderUserId, row.status, 'code' in row],
      [1, 'ada@example.com', 'realm-id-of-ada', 'verified', false],
    );
    assertTokens(await phone.post('login', { handle: friend, password }));
  });

  it('by text message, where handles are phone numbers', async () => {
    const app = await clubApp('By phone', { handleType: { handle: 'phone' } });
    const ada = await member(app, '+15551230001');
    const friend = '+15551230002';
    const metaData = { invite_data: { team: 'red' } };
    assertTrue(await ada.post('invite', { handle: friend, senderUserId: '', metaData }));
    const text = await stage.textTo(friend);
    assert.deepEqual(
      [text.from, text.account, text.login],
      [
        HOST_TWILIO.TWILIO_PHONE_NUMBER,
        HOST_TWILIO.TWILIO_ACCOUNT_SID,
        `${HOST_TWILIO.TWILIO_ACCOUNT_SID}:${HOST_TWILIO.TWILIO_TOKEN}`,
      ],
    );
    const phone = stage.install('kotlin', app);
    const code = codeIn(text.body);
    const joined = await phone.post('register', {
      handle: friend,
      password,
      code,
      metaData: { user_data: { first: 'Bo' } },
    });
    assertTokens(joined);
    const { invite_data, user_data } = claimsOf(joined.body.jwt);
    assert.deepEqual([invite_data, user_data], [{ team: 'red' }, { first: 'Bo' }]);
    assertTokens(await phone.post('login', { handle: '+1 555 123 0002', password }));
  });

  it('signs up and resets a password by text message too', async () => {
    const app = await stage.makeApp('Signup by phone', { handleType: { handle: 'phone' } });
    const phone = stage.install('swift', app);
    const handle = '+15551230003';
    assertTrue(await phone.post('signup', { handle, password, locale: 'EN' }));
    assertTokens(
      await phone.post('completeSignup', { handle, code: codeIn((await stage.textTo(handle)).body) }),
    );
    assertTrue(await phone.post('forgotPassword', { handle }));
    const code = codeIn((await stage.textTo(handle)).body);
    const chosen = sentPassword('Another one 2');
    assertTrue(await phone.post('resetPassword', { handle, password: chosen, code }));
    assertRefused(await phone.post('login', { handle, password }), 600);
    assertTokens(await phone.post('login', { handle, password: chosen }));
  });

  it('from the portal, with a second copy of the mail that voids the first', async () => {
    const app = await stage.makeApp('From the portal', { signup: { signupEnabled: false } });
    const { appId } = app;
    const handle = 'cy@example.com';
    await stage.portal('POST', '/api/app/createAppInvite', { appId, handle });
    const first = codeIn((await stage.mailTo(handle)).text);
    await stage.portal('POST', '/api/app/resendAppInvite', { appId, handle });
    const second = codeIn((await stage.mailTo(handle)).text);
    const phone = stage.install('kotlin', app);
    if (first !== second) assertRefused(await phone.post('register', { handle, password, code: first }), 602);
    assertTokens(await phone.post('register', { handle, password, code: second }));
  });

  it('not while invitations are switched off', async () => {
    const app = await clubApp('No invitations', {});
    const ada = await member(app, 'ada@example.com');
    const invitation = {
      handle: 'd@example.com',
      senderUserId: 'x',
      metaData: { invite_data: { team: 'red' } },
    };
    assertTrue(await ada.post('invite', invitation));
    const code = codeIn((await stage.mailTo('d@example.com')).text);
    await stage.set(app, 'invite', { invitationEnabled: false });
    assertRefused(await ada.post('invite', invitation), 406);
    const form = { handle: 'd@example.com', password, code, metaData: { user_data: { first: 'D' } } };
    assertRefused(await stage.install('kotlin', app).post('register', form), 406);
  });
});
