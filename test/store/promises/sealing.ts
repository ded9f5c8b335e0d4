import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TamperError } from '../../../server/ports/security/sealing.ts';
import type { Row, StoredRow } from '../../../server/store/engine.ts';
import { HOST_SCOPE } from '../../../server/store/tables.ts';
import {
  anActivity,
  anApp,
  anAppKey,
  anId,
  anInvite,
  aQueuedMessage,
  aSignup,
  aUser,
  MADE_AT,
} from '../../support/records.ts';
import type { Stage } from '../stage.ts';

const SECRET = 'secret-canary';
const PERSONAL = 'personal-canary';

/** Writes a record of each kind and answers their raw rows as text. */
async function storedText({ store, engine }: Stage): Promise<string> {
  const appId = anId();
  const app = anApp({
    id: appId,
    keys: [anAppKey({ privateKey: SECRET })],
    appToken: SECRET,
    appSecret: SECRET,
    emailExtensionApiKey: SECRET,
    twilio: { accountSid: SECRET, token: SECRET, phoneNumber: SECRET },
  });
  const handle = `${PERSONAL}@x.org`;
  const metaData = { field: PERSONAL };
  await store.apps.insert(app);
  const user = aUser({
    appId,
    handle,
    metaData,
    userName: PERSONAL,
    socialUserId: PERSONAL,
    phone: PERSONAL,
    pendingPhone: PERSONAL,
    phoneCode: { id: '1', digest: '2', expiresAt: 3, boundTo: PERSONAL },
    passwordHash: SECRET,
    totpSecret: SECRET,
  });
  await store.users.insert(user);
  const requests = [{ passwordHash: SECRET, metaData, locale: 'EN', askedAt: MADE_AT }];
  const signup = aSignup({ appId, handle, metaData, passwordHash: SECRET, requests });
  await store.signups.insert(signup);
  const invite = anInvite({ appId, handle, metaData, senderHandle: PERSONAL, senderUserId: PERSONAL });
  await store.invites.insert(invite);
  const activity = anActivity({ appId, handle, value: PERSONAL });
  await store.activity.insertMany([activity]);
  const { content } = aQueuedMessage();
  const secret = content && { ...content, to: SECRET, text: SECRET };
  const message = aQueuedMessage({ appId, to: PERSONAL, content: secret });
  await store.messages.insert(message);
  const rows = await Promise.all([
    engine.find('apps', HOST_SCOPE, app.id),
    engine.find('users', appId, user.id),
    engine.find('signups', appId, signup.id),
    engine.find('invites', appId, invite.id),
    engine.find('activity', appId, activity.id),
    engine.find('messages', HOST_SCOPE, message.id),
  ]);
  assert.ok(rows.every((row) => row !== undefined));
  return JSON.stringify(rows.map((row) => ({ ...row, doc: row?.doc })));
}

/** The raw row of a user as it would be written again, for tests that change it behind the store's back. */
function rewritten(row: StoredRow, doc: Record<string, unknown>): Row {
  const own = `-${row.id}`;
  const keys = { handle: own, userName: own, social: own, phone: own };
  return {
    ...row,
    revision: row.revision + 1,
    keys,
    lookups: {},
    prefixes: [],
    tags: { anonymous: 'no' },
    doc,
  };
}

export function describeSealing(stage: () => Stage): void {
  it('leaves neither secrets nor people readable in the database', async () => {
    const text = await storedText(stage());
    assert.equal(text.includes(SECRET), false);
    assert.equal(text.includes(PERSONAL), false);
  });

  it('leaves people readable and secrets sealed with encryptUserData off', async () => {
    const clear = stage().another({ encryptUserData: false });
    const text = await storedText({ ...stage(), store: clear });
    assert.equal(text.includes(SECRET), false);
    // handle, user name, social id, both numbers, the code's number and metadata of the user; the rest of the
    // others.
    assert.equal(text.split(PERSONAL).length - 1, 7 + 2 + 4 + 2 + 1);
  });

  it('reads, finds and changes records of either mode in the other', async () => {
    const { another } = stage();
    for (const encryptUserData of [true, false]) {
      const writer = another({ encryptUserData }).users;
      const reader = another({ encryptUserData: !encryptUserData }).users;
      const appId = anId();
      const user = aUser({ appId, handle: 'ada@x.org', userName: 'ada', totpSecret: 'SECRET' });
      await writer.insert(user);
      assert.deepEqual(await reader.findByHandle(appId, 'ada@x.org'), user);
      assert.deepEqual(await reader.search(appId, { value: 'ada@', limit: 2 }), [user]);
      await assert.rejects(reader.insert(aUser({ appId, userName: 'ada' })), { error: 'user_name_taken' });
      const changed = await reader.replace({ ...user, locale: 'DE' });
      assert.deepEqual(await writer.findByUserName(appId, 'ada'), changed);
    }
  });

  it('detects a flipped bit anywhere in a sealed record and says so once', async () => {
    const { store, engine, events } = stage();
    const appId = anId();
    const user = aUser({ appId });
    await store.users.insert(user);
    let row = await engine.find('users', appId, user.id);
    const sealed = String(row?.doc.sealed);
    for (let bit = 0; bit < sealed.length * 7; bit += 37) {
      assert.ok(row);
      const at = Math.floor(bit / 7);
      const flipped = String.fromCharCode(sealed.charCodeAt(at) ^ (1 << (bit % 7)));
      const text = sealed.slice(0, at) + flipped + sealed.slice(at + 1);
      await engine.replace('users', rewritten(row, { ...row.doc, sealed: text }));
      events.length = 0;
      await assert.rejects(store.users.find(appId, user.id), TamperError);
      assert.deepEqual(events, [
        { event: 'tamper_detected', fields: { record: `users/${user.id}`, field: 'sealed' } },
      ]);
      row = await engine.find('users', appId, user.id);
    }
  });

  it('refuses a sealed text moved to another record, and a secret in the clear', async () => {
    const { store, engine } = stage();
    const appId = anId();
    const [victim, attacker] = [aUser({ appId }), aUser({ appId })];
    await store.users.insertMany([victim, attacker]);
    const stolen = await engine.find('users', appId, attacker.id);
    for (const doc of [
      stolen?.doc ?? {},
      { schema: 1, handle: victim.handle, passwordHash: 'known' },
      { schema: 1, sealed: 7 },
      { schema: 2, sealed: 7 },
      { schema: 2, handle: victim.handle },
      {},
    ]) {
      const row = await engine.find('users', appId, victim.id);
      assert.ok(row);
      await engine.replace('users', rewritten(row, doc));
      await assert.rejects(store.users.find(appId, victim.id), TamperError);
    }
  });

  it('does not store what is undefined', async () => {
    const { store, engine } = stage();
    const appId = anId();
    const user = aUser({
      appId,
      userName: undefined,
      resetCode: { id: '1', digest: '2', expiresAt: MADE_AT, boundTo: undefined },
    });
    await store.users.insert(user);
    const found = await store.users.find(appId, user.id);
    assert.deepEqual(found?.resetCode, { id: '1', digest: '2', expiresAt: MADE_AT });
    assert.equal(found && 'userName' in found, false);
    const activity = anActivity({ appId, handle: undefined });
    await store.activity.insertMany([activity]);
    const row = await engine.find('activity', appId, activity.id);
    assert.equal(row && 'handle' in row.doc, false);
  });

  describe('of what decides who may do what', () => {
    for (const encryptUserData of [true, false]) {
      const mode = encryptUserData ? 'sealed' : 'readable';
      it(`takes nothing from the clear part of a row, people ${mode}`, async () => {
        const { engine, another } = stage();
        const { store } = { store: another({ encryptUserData }) };
        const appId = anId();
        const user = aUser({
          appId,
          status: 'suspend',
          epoch: 7,
          twoFactorTotp: true,
          phone: '+15551234567',
        });
        await store.users.insert(user);
        const row = await engine.find('users', appId, user.id);
        assert.ok(row);
        const names = Object.keys(row.doc).toSorted();
        assert.deepEqual(
          names.filter((name) => ['status', 'epoch', 'twoFactorTotp', 'uid'].includes(name)),
          [],
        );
        for (const flipped of [
          { status: 'active' },
          { epoch: 0 },
          { twoFactorTotp: false },
          { lockedAt: null },
        ]) {
          for (const schema of [1, 2]) {
            const now = await engine.find('users', appId, user.id);
            assert.ok(now);
            await engine.replace('users', rewritten(now, { ...row.doc, ...flipped, schema }));
            await assert.rejects(
              store.users.find(appId, user.id),
              TamperError,
              JSON.stringify({ flipped, schema }),
            );
          }
        }
        // What is personal may stand beside the sealed part for others to read; the host does not look at it.
        const now = await engine.find('users', appId, user.id);
        assert.ok(now);
        await engine.replace('users', rewritten(now, { ...row.doc, phone: '+15550000000', userName: 'eve' }));
        const found = await store.users.find(appId, user.id);
        assert.deepEqual([found?.phone, found?.userName], [user.phone, undefined]);
      });
    }
  });
}
