import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { movedIn } from '../../support/move-in.ts';
import { anInvite, aRowId, aUser } from '../../support/records.ts';
import { download } from '../../support/transfers.ts';

const MD5 = '155ba8e102f3beb97892c3400b65031c';

function withoutPassword({ passwordHash: _, ...user }: User): User {
  return user;
}

/** Additions §4: people and invites of an export come into an app that is there. */
describeOnBothStores('an export of this host', (host) => {
  /** An app with three people, one of them anonymous, and three invitations, one of somebody who joined. */
  async function exportOf(query = '') {
    const { store, passwords } = host().deps;
    const { id: appId } = await host().createApp();
    const passwordHash = await passwords.hash(MD5);
    const people = [
      aUser({ appId, id: aRowId(), handle: 'ada@example.com', passwordHash, metaData: { town: '=1+1' } }),
      withoutPassword(aUser({ appId, id: aRowId(), handle: 'bob@example.com', status: 'suspend' })),
      withoutPassword(aUser({ appId, id: aRowId(), handle: 'ANON_1' })),
    ];
    for (const user of people) await store.users.insert(user);
    for (const handle of ['cy@example.com', 'dee@example.com', 'ada@example.com']) {
      await store.invites.insert(anInvite({ appId, id: aRowId(), handle, senderHandle: 'bob@example.com' }));
    }
    const file = await download(host(), `/api/app/export?appId=${appId}${query}`);
    return { file, ada: people[0] };
  }
  const send = (app: App, file: Buffer, options = {}) =>
    movedIn(host(), app, { format: 'cosync', file, options });

  it('brings its people and invitations, and leaves the settings', async () => {
    const { file, ada } = await exportOf('&spreadsheet=true');
    const app = await host().createApp();
    const dry = await send(app, file, { dryRun: 'true' });
    assert.equal(await host().deps.store.users.size(app.id), 0);
    const { state, report } = await send(app, file);
    assert.equal(state, 'done', JSON.stringify(report));
    const canLogIn = { atOnce: 1, newClientOrReset: 0, resetOnly: 1, socialOnly: 0 };
    assert.deepEqual(
      { ...report, refusedRows: report.refusedRows.map(({ reason }: { reason: string }) => reason) },
      {
        created: 2,
        updated: 0,
        skipped: 1,
        refused: 1,
        canLogIn,
        factorsDropped: 0,
        invites: 2,
        refusedRows: ['no_handle'],
      },
    );
    assert.deepEqual(dry.report, report, 'the dry run foretold it');
    const { store } = host().deps;
    assert.deepEqual(await store.apps.read(app.id), app);
    const moved = await store.users.findByHandle(app.id, 'ada@example.com');
    assert.deepEqual([moved?.uid, moved?.metaData, moved?.epoch], [ada?.uid, { town: '=1+1' }, 1]);
    assert.notEqual(moved?.id, ada?.id);
    assert.equal((await store.users.findByHandle(app.id, 'bob@example.com'))?.status, 'suspend');
    const [invite] = await store.invites.listByHandle(app.id, 'cy@example.com');
    assert.deepEqual([invite?.senderHandle, invite?.status], ['bob@example.com', 'pending']);
    assert.deepEqual(await store.invites.listByHandle(app.id, 'ada@example.com'), []);
    const headers = { 'app-token': app.appToken };
    const json = { handle: 'ada@example.com', password: MD5 };
    assert.equal((await host().request('POST', '/api/appuser/login', { headers, json })).status, 200);
    const again = await send(app, file);
    assert.deepEqual([again.report.created, again.report.skipped, again.report.invites], [0, 5, 0]);
  });

  it('leaves an account of Apple or Google pending whose address nobody verified', async () => {
    const from = await host().createApp();
    const google = { loginProvider: 'google', socialUserId: 'g-1', status: 'pending' } as const;
    const people = [
      { ...withoutPassword(aUser({ appId: from.id, id: aRowId(), handle: 'ada@example.com' })), ...google },
      withoutPassword(aUser({ appId: from.id, id: aRowId(), handle: 'bob@example.com', status: 'pending' })),
    ];
    for (const user of people) await host().deps.store.users.insert(user);
    const app = await host().createApp();
    const file = await download(host(), `/api/app/export?appId=${from.id}`);
    const { report } = await send(app, file, { unverified: 'active' });
    assert.equal(report.created, 2, JSON.stringify(report));
    const statusOf = async (handle: string) =>
      (await host().deps.store.users.findByHandle(app.id, handle))?.status;
    assert.equal(await statusOf('ada@example.com'), 'pending');
    assert.equal(await statusOf('bob@example.com'), 'active');
  });

  it('foretells doubles of what nobody else may have, and invitations of who joins', async () => {
    const from = await host().createApp();
    const { users, invites } = host().deps.store;
    const user = (handle: string, more: Partial<User>) =>
      users.insert(withoutPassword(aUser({ appId: from.id, id: aRowId(), handle, ...more })));
    await user('name@example.com', { userName: 'ada' });
    await user('phone@example.com', { phone: '+4915112345678', phoneVerified: true });
    await user('free@example.com', { phone: '+4915112345679', phoneVerified: false });
    for (const handle of ['name@example.com', 'free@example.com', 'cy@example.com'])
      await invites.insert(
        anInvite({ appId: from.id, id: aRowId(), handle, senderHandle: 'bob@example.com' }),
      );
    const file = await download(host(), `/api/app/export?appId=${from.id}`);
    const app = await host().createApp();
    const there = { appId: app.id, userName: 'ada', phone: '+4915112345678', phoneVerified: true };
    await users.insert(aUser({ ...there, id: aRowId(), handle: 'there@example.com' }));
    const dry = await send(app, file, { dryRun: 'true' });
    const { report } = await send(app, file);
    assert.deepEqual(dry.report, report);
    const reasons = report.refusedRows.map(({ reason }: { reason: string }) => reason);
    assert.deepEqual([report.created, report.invites, reasons], [1, 2, ['taken', 'taken']]);
  });

  it('gives nobody the uid of somebody else, whatever the JWTs name people by', async () => {
    const { file, ada } = await exportOf();
    for (const userIdFormat of ['uid', 'handle', 'raw'] as const) {
      const app = await host().createApp({ userIdFormat });
      const there = await host().createUser(app, { handle: 'other@example.com', uid: ada?.uid });
      for (const [conflict, taken] of [
        ['update', 1],
        ['skip', 0],
      ] as const) {
        const { report } = await send(app, file, { conflict });
        const reasons = report.refusedRows.map(({ reason }: { reason: string }) => reason);
        assert.equal(reasons.filter((reason: string) => reason === 'taken').length, taken, userIdFormat);
      }
      assert.deepEqual(await host().deps.store.users.find(app.id, there.id), there);
      assert.equal(await host().deps.store.users.findByHandle(app.id, 'ada@example.com'), undefined);
    }
  });

  it('is checked as every file is', async () => {
    const { file } = await exportOf();
    const full = await host().createApp({ type: 'development', maxUsers: 1 });
    const { state, reason } = await send(full, file);
    assert.deepEqual([state, reason], ['failed', 'no_seats']);
    const app = await host().createApp();
    await host().createUser(app, { handle: 'ada@example.com' });
    assert.equal((await send(app, file, { conflict: 'fail' })).reason, 'taken');
    assert.equal(await host().deps.store.users.size(app.id), 1);
    assert.deepEqual(await host().deps.store.invites.listByHandle(app.id, 'cy@example.com'), []);
    const updated = await send(app, file, { conflict: 'update' });
    assert.deepEqual([updated.report.created, updated.report.updated], [1, 1]);
    for (const [text, why] of [
      [Buffer.from('{}'), 'wrong_kind'],
      [file.subarray(0, file.length - 200), 'broken_file'],
    ] as const) {
      const broken = await send(app, text);
      assert.deepEqual([broken.state, broken.reason], ['failed', why]);
    }
  });
});
