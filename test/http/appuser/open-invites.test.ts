import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import {
  appClient,
  assertRefused,
  assertTokens,
  assertTrue,
  loggedIn,
} from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD, type TestHost } from '../../support/host.ts';

const HANDLE = 'bo@example.com';
const DAY = 86_400_000;
const TEAM = { id: '1', path: 'team', fieldName: 'team', required: true };

/** An app with this many people, each of whom can invite. */
function stageOf(host: () => TestHost) {
  return async (people: number, settings: Partial<App> = {}) => {
    const app = await host().createApp(settings);
    const senders = await Promise.all(
      Array.from({ length: people }, async (_, n) =>
        loggedIn(host(), app, await host().createUser(app, { handle: `sender${n}@example.com` })),
      ),
    );
    const mails = async () =>
      (await host().outbox()).filter(({ appId, to }) => appId === app.id && to === HANDLE);
    return {
      app,
      mails,
      invite: (n: number, body: Record<string, unknown> = {}) =>
        senders[n]?.post('invite', { handle: HANDLE, ...body }) ?? assert.fail(),
      register: async (code?: string) =>
        appClient(host(), app).post('register', {
          handle: HANDLE,
          password: PASSWORD,
          code: code ?? (await mails()).at(-1)?.code,
        }),
      rows: () => host().deps.store.invites.listByHandle(app.id, HANDLE),
    };
  };
}

describeOnBothStores('an invitation that cannot be sent', (host) => {
  const stage = stageOf(host);

  it('is not stored', async () => {
    const { invite, rows, mails, register } = await stage(7);
    for (let n = 0; n < 7; n++) assertTrue(await invite(n));
    assert.equal((await mails()).length, 5);
    assert.deepEqual(
      (await rows()).map(({ code }) => code !== undefined),
      Array(5).fill(true),
    );
    assertTokens(await register());
  });

  it('takes back what it meant to replace, and nothing that others wrote or that was mailed', async () => {
    const { invite, rows, mails, register } = await stage(2, {
      metaDataInvite: [TEAM],
      metaData: [{ ...TEAM, required: false, canEdit: false }],
    });
    await invite(1, { metaData: '{"team":"others"}' });
    for (let n = 0; n < 4; n++) await invite(0, { metaData: '{"team":"red"}' });
    const before = await rows();
    assertTrue(await invite(0, { metaData: '{"team":"blue"}', senderUserId: 'other' }));
    assert.equal((await mails()).length, 5);
    const teamsOf = async () =>
      Object.fromEntries((await rows()).map(({ senderHandle, metaData }) => [senderHandle, metaData.team]));
    assert.deepEqual(await teamsOf(), { 'sender0@example.com': 'blue', 'sender1@example.com': 'others' });
    const codes = (all: typeof before) => all.map(({ code }) => code?.id).sort();
    assert.deepEqual(codes(await rows()), codes(before));
    assertTokens(await register());
    const user = await host().deps.store.users.findByHandle((await rows())[0]?.appId ?? '', HANDLE);
    assert.deepEqual(user?.metaData, { team: 'blue' });
  });

  it('leaves an accepted one as it is', async () => {
    const { invite, rows, register } = await stage(1);
    for (let n = 0; n < 5; n++) await invite(0);
    assertTokens(await register());
    const accepted = await rows();
    assertTrue(await invite(0));
    assert.deepEqual(await rows(), accepted);
  });

  it('is a refusal with a sentence to the portal, which invites the others', async () => {
    const { app, invite, rows } = await stage(5);
    for (let n = 0; n < 5; n++) await invite(n);
    await Promise.all((await rows()).map(({ id }) => host().deps.store.invites.remove(app.id, id)));
    const json = { appId: app.id, handle: `${HANDLE},cy@example.com` };
    const { status, body } = await host().portal('POST', '/api/app/createAppInvite', { json });
    assert.deepEqual([status, body.status], [400, 'Fails']);
    assert.match(body.message, /bo@example\.com/);
    assert.deepEqual(await rows(), []);
    assert.equal((await host().deps.store.invites.listByHandle(app.id, 'cy@example.com')).length, 1);
  });
});

describeOnBothStores(
  'the open invitations of a handle',
  (host) => {
    const stage = stageOf(host);

    it('are ten at most; whoever comes later is told nothing, and nothing is sent or voided', async () => {
      const { invite, rows, mails, register } = await stage(12);
      for (let n = 0; n < 12; n++) assertTrue(await invite(n));
      assert.deepEqual([(await rows()).length, (await mails()).length], [10, 10]);
      assertTrue(await invite(3), 'again, by one of the ten');
      assert.deepEqual([(await rows()).length, (await mails()).length], [10, 11]);
      assertTokens(await register((await mails())[0]?.code), 'the first of them counts still');
    });

    it('make room when one has expired', async () => {
      const { invite, rows, mails } = await stage(12);
      await invite(0);
      assert.equal((await mails()).length, 1);
      host().clock.advance(DAY);
      for (let n = 1; n < 11; n++) await invite(n);
      assert.deepEqual([(await rows()).length, (await mails()).length], [10, 10]);
      host().clock.advance(DAY);
      await invite(11);
      assert.deepEqual([(await rows()).length, (await mails()).length], [11, 11]);
      await invite(0);
      assert.equal((await mails()).length, 11, 'its place is taken');
    });

    it('are ten at most when all come at once', async () => {
      const { invite, rows, mails } = await stage(16);
      const answers = await Promise.all(Array.from({ length: 16 }, (_, n) => invite(n)));
      for (const answer of answers) assertTrue(answer);
      assert.deepEqual([(await rows()).length, (await mails()).length], [10, 10]);
      const codes = await mails();
      assertRefused(await (await stage(1)).register(codes[0]?.code), 602, 'of another app');
    });
  },
  { config: { codesPerHour: 100, codesPerDay: 1000, inviteDays: 2 } },
);
