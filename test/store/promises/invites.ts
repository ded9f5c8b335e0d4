import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anId, anInvite, MADE_AT } from '../../support/records.ts';
import { refusals, type Stage } from '../stage.ts';

export function describeInvites(stage: () => Stage): void {
  it('keeps one row per handle and sender', async () => {
    const { invites } = stage().store;
    const appId = anId();
    const pair = { appId, handle: 'guest@x.org', senderHandle: 'host@x.org' };
    const settled = await Promise.allSettled([
      invites.insert(anInvite(pair)),
      invites.insert(anInvite(pair)),
    ]);
    assert.deepEqual(refusals(settled), ['handle_taken']);
    await invites.insert(anInvite({ ...pair, senderHandle: 'other@x.org' }));
    await invites.insert(anInvite({ ...pair, handle: 'guest2@x.org' }));
    await invites.insert(anInvite({ ...pair, appId: anId() }));
  });

  it('answers invites by id, by sender and by handle, newest first', async () => {
    const { invites } = stage().store;
    const appId = anId();
    const handle = 'guest@x.org';
    const old = anInvite({ appId, handle, senderHandle: 'a@x.org', metaData: { role: 'x' } });
    const young = anInvite({ appId, handle, senderHandle: 'b@x.org', createdAt: MADE_AT + 1 });
    await invites.insertMany([old, young, anInvite({ appId })]);
    assert.deepEqual(await invites.find(appId, old.id), old);
    assert.deepEqual(await invites.findBySender(appId, handle, 'a@x.org'), old);
    assert.equal(await invites.findBySender(appId, 'a@x.org', handle), undefined);
    assert.deepEqual(await invites.listByHandle(appId, handle), [young, old]);
    assert.deepEqual(await invites.listByHandle(anId(), handle), []);
    assert.equal(await invites.find(anId(), old.id), undefined);
  });

  it('counts whom somebody invited, and who of them came', async () => {
    const { invites } = stage().store;
    const appId = anId();
    const senderHandle = 'a@x.org';
    await invites.insertMany([
      anInvite({ appId, handle: '1@x.org', senderHandle }),
      anInvite({ appId, handle: '2@x.org', senderHandle, status: 'verified' }),
      anInvite({ appId, handle: '3@x.org', senderHandle: 'b@x.org', status: 'verified' }),
      anInvite({ appId: anId(), handle: '4@x.org', senderHandle }),
    ]);
    assert.deepEqual(await invites.countBySender(appId, senderHandle), { sent: 2, accepted: 1 });
    assert.deepEqual(await invites.countBySender(appId, 'nobody@x.org'), { sent: 0, accepted: 0 });
  });

  it('lets one of many simultaneous acceptances through', async () => {
    const { invites } = stage().store;
    const invite = anInvite({ appId: anId() });
    await invites.insert(invite);
    const accepted = await Promise.all(
      Array.from({ length: 50 }, () => invites.replace({ ...invite, status: 'verified' })),
    );
    assert.equal(accepted.filter((winner) => winner !== undefined).length, 1);
  });

  it('is withdrawn alone, with its handle, and with the app', async () => {
    const { invites } = stage().store;
    const appId = anId();
    const handle = 'guest@x.org';
    const [first, ...others] = Array.from({ length: 6 }, (_, n) =>
      anInvite({ appId, senderHandle: `${n}@x.org`, ...(n < 3 && { handle }) }),
    );
    assert.ok(first);
    await invites.insertMany([first, ...others]);
    assert.equal(await invites.remove(anId(), first.id), false);
    assert.equal(await invites.remove(appId, first.id), true);
    assert.equal(await invites.removeByHandle(anId(), handle), 0);
    assert.equal(await invites.removeByHandle(appId, handle), 2);
    assert.equal((await invites.page(appId, { offset: 0, limit: 9 })).total, 3);
    assert.equal((await Array.fromAsync(invites.stream(appId))).length, 3);
    assert.equal(await invites.removeAll(appId), 3);
  });
}
