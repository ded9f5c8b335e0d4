import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SETUP } from '../../../server/domain/operators/audit.ts';
import { enter, findEntry, issueEntry } from '../../../server/domain/operators/entry.ts';
import { changeRole, removeOperator } from '../../../server/domain/operators/operators.ts';
import {
  beginTotp,
  changePassword,
  confirmTotp,
  replaceRecoveryCodes,
} from '../../../server/domain/operators/own-account.ts';
import { isFullOwner } from '../../../server/domain/operators/owners.ts';
import { findSession, isSteppedUp, openSession, stepUp } from '../../../server/domain/operators/sessions.ts';
import { isOwnCode, noteSignIn, signIn } from '../../../server/domain/operators/sign-in.ts';
import type { Operator, Role } from '../../../server/model/operator.ts';
import { META } from '../../../server/ports/store/meta.ts';
import { authenticatorCode, otherCode } from '../../support/authenticator.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';

const PASSWORD = 'a calm pass phrase';
const PLACE = { address: '192.0.2.7', userAgent: 'test' };
const HOUR = 3_600_000;

describeOnBothStores('operators', (stage) => {
  let made = 0;

  async function operator(role: Role, options: { enters?: boolean } = {}): Promise<Operator> {
    const issued = await issueEntry(stage().deps, SETUP, { email: `op${made++}@example.com`, role });
    assert.ok(issued);
    if (options.enters === false) return issued.operator;
    const entered = await enter(stage().deps, { secret: issued.secret, password: PASSWORD, ...PLACE });
    assert.equal(entered.state, 'entered');
    return (entered as Extract<typeof entered, { state: 'entered' }>).operator;
  }
  const current = async ({ id }: Operator) => {
    const found = await stage().deps.store.operators.find(id);
    assert.ok(found);
    return found;
  };

  it('enter by a link once, within 24 hours, and only by the newest', async () => {
    const first = await issueEntry(stage().deps, SETUP, { email: 'New.One@Example.com', role: 'owner' });
    const second = await issueEntry(stage().deps, SETUP, { email: 'new.one@example.com', role: 'viewer' });
    assert.ok(first && second);
    assert.deepEqual([first.isNew, second.isNew], [true, false]);
    assert.equal(second.operator.role, 'owner');
    assert.equal(await findEntry(stage().deps, first.secret), undefined);
    const uses = await Promise.all(
      [1, 2, 3].map(() => enter(stage().deps, { secret: second.secret, password: PASSWORD, ...PLACE })),
    );
    assert.deepEqual(uses.map(({ state }) => state).sort(), ['entered', 'gone', 'gone']);
    const late = await issueEntry(stage().deps, SETUP, { email: 'new.one@example.com', role: 'owner' });
    assert.ok(late);
    stage().clock.advance(24 * HOUR);
    assert.equal(await findEntry(stage().deps, late.secret), undefined);
  });

  it('cannot be made of what is no address', async () => {
    for (const email of ['', 'ada', 'ada@', 'a b@example.com', 'a@example.com, b@example.com']) {
      assert.equal(await issueEntry(stage().deps, SETUP, { email, role: 'owner' }), undefined, email);
    }
  });

  it('sign in with the right password alone, and wait after wrong ones as users do', async () => {
    const { email } = await operator('admin');
    const trying = (password: string) => signIn(stage().deps, { email, password });
    assert.equal((await trying(PASSWORD))?.codeDue, false);
    assert.equal(
      (await signIn(stage().deps, { email: email.toUpperCase(), password: PASSWORD }))?.codeDue,
      false,
    );
    assert.equal(await signIn(stage().deps, { email: 'nobody@example.com', password: PASSWORD }), undefined);
    for (let n = 0; n < stage().deps.config.passwordWaitAfter; n++) {
      assert.equal(await trying('not that phrase'), undefined);
    }
    assert.equal(await trying(PASSWORD), undefined);
    stage().clock.advance(1_000_000);
    assert.ok(await trying(PASSWORD));
  });

  it('have sessions that end after half an hour unused, and after twelve hours', async () => {
    const owner = await operator('viewer');
    const { secret } = await openSession(stage().deps, owner, PLACE);
    const found = (extend = true) => findSession(stage().deps, secret, { extends: extend });
    stage().clock.advance(29 * 60_000);
    assert.ok(await found(false));
    stage().clock.advance(61_000);
    assert.equal(await found(), undefined);
    const { secret: busy } = await openSession(stage().deps, owner, PLACE);
    const uses = [];
    for (let hour = 0; hour < 12; hour += 0.4) {
      uses.push(await findSession(stage().deps, busy, { extends: true }));
      stage().clock.advance(0.4 * HOUR);
    }
    assert.ok(uses.every(Boolean));
    assert.equal(await findSession(stage().deps, busy, { extends: true }), undefined);
  });

  it('step up for five minutes, under a new secret', async () => {
    const { session, secret } = await openSession(stage().deps, await operator('owner'), PLACE);
    assert.equal(isSteppedUp(stage().deps, session), false);
    const moved = await stepUp(stage().deps, session);
    assert.ok(moved && isSteppedUp(stage().deps, moved.session));
    assert.equal(moved.session.csrf, session.csrf);
    assert.equal(await findSession(stage().deps, secret, { extends: true }), undefined);
    assert.ok(await findSession(stage().deps, moved.secret, { extends: true }));
    stage().clock.advance(300_000);
    assert.equal(isSteppedUp(stage().deps, moved.session), false);
  });

  it('end every session with a change of password', async () => {
    const owner = await operator('owner');
    const { secret } = await openSession(stage().deps, owner, PLACE);
    const change = (wanted: string, now = PASSWORD) =>
      changePassword(stage().deps, owner, { current: now, wanted, ...PLACE });
    assert.deepEqual(await change('short'), { state: 'weak', fault: 'tooShort' });
    assert.equal((await change('another pass phrase', 'wrong')).state, 'wrong');
    assert.ok(await findSession(stage().deps, secret, { extends: true }));
    assert.equal((await change('another pass phrase')).state, 'changed');
    assert.equal(await findSession(stage().deps, secret, { extends: true }), undefined);
    assert.ok(await signIn(stage().deps, { email: owner.email, password: 'another pass phrase' }));
  });

  it('void a link that waits by a change of password', async () => {
    const owner = await operator('owner');
    const link = await issueEntry(stage().deps, SETUP, { email: owner.email, role: 'owner' });
    assert.ok(link && (await findEntry(stage().deps, link.secret)));
    const wanted = 'another pass phrase';
    await changePassword(stage().deps, owner, { current: PASSWORD, wanted, ...PLACE });
    assert.equal(await findEntry(stage().deps, link.secret), undefined);
  });

  it('switch a second factor on with its first code, and use each code once', async () => {
    const owner = await operator('owner');
    const { secret, uri } = await beginTotp(stage().deps, owner);
    assert.match(uri, /^otpauth:\/\/totp\//);
    assert.equal((await beginTotp(stage().deps, owner)).secret, secret);
    const code = authenticatorCode(secret, stage().clock.now());
    assert.equal(await confirmTotp(stage().deps, owner, { code: otherCode(code), ...PLACE }), undefined);
    const recovery = await confirmTotp(stage().deps, owner, { code, ...PLACE });
    assert.equal(recovery?.length, 10);
    assert.ok(recovery?.every((text) => /^\d{10}$/.test(text)));
    const guarded = await current(owner);
    assert.equal((await signIn(stage().deps, { email: owner.email, password: PASSWORD }))?.codeDue, true);
    assert.equal(await isOwnCode(stage().deps, guarded, code), false);
    stage().clock.advance(60_000);
    const next = authenticatorCode(secret, stage().clock.now());
    assert.deepEqual((await Promise.all([1, 2].map(() => isOwnCode(stage().deps, guarded, next)))).sort(), [
      false,
      true,
    ]);
    const [first = ''] = recovery ?? [];
    assert.equal(await isOwnCode(stage().deps, guarded, `${first.slice(0, 5)} ${first.slice(5)}`), true);
    assert.equal(await isOwnCode(stage().deps, guarded, first), false);
    const renewed = await replaceRecoveryCodes(stage().deps, guarded, '192.0.2.7');
    assert.equal(renewed?.length, 10);
    const reset = await issueEntry(stage().deps, SETUP, {
      email: owner.email,
      role: 'viewer',
      resetFactor: true,
    });
    assert.equal(reset?.operator.totpSecret, undefined);
    assert.equal(reset?.operator.role, 'owner');
  });

  it('never lose their last owner', async () => {
    for (const { id } of await stage().deps.store.operators.list()) {
      await changeRole(stage().deps, SETUP, { id, role: 'owner', apps: undefined });
    }
    const all = (await stage().deps.store.operators.list()).filter(({ enteredAt }) => enteredAt);
    const [one, two] = all;
    assert.ok(one && two);
    const invited = await operator('owner', { enters: false });
    for (const { id } of all.slice(2)) {
      assert.equal(await changeRole(stage().deps, SETUP, { id, role: 'admin', apps: undefined }), 'done');
    }
    const race = await Promise.all([
      changeRole(stage().deps, SETUP, { id: one.id, role: 'viewer', apps: undefined }),
      changeRole(stage().deps, SETUP, { id: two.id, role: 'viewer', apps: undefined }),
    ]);
    assert.deepEqual(race.sort(), ['done', 'lastOwner']);
    const [last] = (await stage().deps.store.operators.list()).filter(
      ({ role, enteredAt }) => role === 'owner' && enteredAt,
    );
    assert.ok(last);
    assert.equal(await removeOperator(stage().deps, SETUP, last.id), 'lastOwner');
    const limited = { id: last.id, role: 'owner', apps: [{ host: 'here', appId: 'a' }] } as const;
    assert.equal(await changeRole(stage().deps, SETUP, { ...limited, apps: [...limited.apps] }), 'lastOwner');
    assert.equal(await removeOperator(stage().deps, SETUP, invited.id), 'done');
    assert.equal(await removeOperator(stage().deps, SETUP, invited.id), 'gone');
  });

  it('keep the last owner whom the list of owners missed', async () => {
    const { deps } = stage();
    const { meta } = deps.store;
    for (const repair of ['change', 'sign-in'] as const) {
      const [owner] = (await deps.store.operators.list()).filter(isFullOwner);
      assert.ok(owner);
      await meta.compareAndSet(META.owners, await meta.get(META.owners), '[]');
      if (repair === 'sign-in') {
        await noteSignIn(deps, owner, PLACE.address);
        assert.equal(await meta.get(META.owners), JSON.stringify([owner.id]));
      }
      assert.equal(await removeOperator(deps, SETUP, owner.id), 'lastOwner', repair);
    }
  });

  it('leave a line in the audit for each thing they did, without a secret', async () => {
    const { rows } = await stage().deps.store.audit.list({}, { limit: 500 });
    const actions = new Set(rows.map(({ action }) => action));
    for (const action of [
      ...['inviteOperator', 'renewLink', 'enter', 'changePassword', 'enableFactor', 'newRecoveryCodes'],
      ...['changeRole', 'removeOperator'],
    ]) {
      assert.ok(actions.has(action), action);
    }
    assert.ok(rows.every(({ address, operatorId }) => operatorId === 'setup' || address === '192.0.2.7'));
    assert.equal(JSON.stringify(rows).includes('phrase'), false);
  });
});
