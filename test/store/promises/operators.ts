import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Place } from '../../../server/ports/store/page.ts';
import { aManagedHost, anAuditRow, anOperator, anOperatorSession } from '../../support/operator-records.ts';
import { aRowId, MADE_AT } from '../../support/records.ts';
import { refusals, type Stage } from '../stage.ts';

const LATER = MADE_AT + 10_000;

export function describeOperators(stage: () => Stage): void {
  it('answers an operator as written, by id, address and link', async () => {
    const { operators } = stage().store;
    const operator = anOperator({
      apps: [{ host: 'here', appId: 'a' }],
      totpSecret: 'SECRET',
      entry: { digest: 'link of one', until: LATER },
    });
    await operators.insert(operator);
    assert.deepEqual(await operators.find(operator.id), operator);
    assert.deepEqual(await operators.findByEmail(operator.email), operator);
    assert.deepEqual(await operators.findByEntry('link of one'), operator);
    assert.equal(await operators.findByEntry('another'), undefined);
    assert.equal(await operators.remove(operator.id), true);
    assert.equal(await operators.findByEmail(operator.email), undefined);
  });

  it('gives an address to one of two racing operators, and a change to one of two writers', async () => {
    const { operators } = stage().store;
    const [one, other] = [
      anOperator({ email: 'race@example.com' }),
      anOperator({ email: 'race@example.com' }),
    ];
    const settled = await Promise.allSettled([operators.insert(one), operators.insert(other)]);
    assert.deepEqual(refusals(settled), ['handle_taken']);
    const stored = await operators.findByEmail('race@example.com');
    assert.ok(stored);
    const writes = await Promise.all(
      (['admin', 'viewer'] as const).map((role) => operators.replace({ ...stored, role })),
    );
    assert.equal(writes.filter(Boolean).length, 1);
    await operators.remove(stored.id);
  });

  it('lists operators by address', async () => {
    const { operators } = stage().store;
    const all = ['b@example.com', 'a@example.com'].map((email) => anOperator({ email }));
    await operators.insertMany(all);
    assert.deepEqual(
      (await operators.list()).map(({ email }) => email),
      ['a@example.com', 'b@example.com'],
    );
    await Promise.all(all.map(({ id }) => operators.remove(id)));
  });

  it('keeps sessions by the digest of their cookie, and ends those of one operator', async () => {
    const { operatorSessions: sessions } = stage().store;
    const operatorId = aRowId();
    const [first, second, foreign] = [
      anOperatorSession({ operatorId }),
      anOperatorSession({ operatorId, createdAt: MADE_AT + 1 }),
      anOperatorSession(),
    ];
    for (const session of [first, second, foreign]) await sessions.insert(session);
    assert.deepEqual(await sessions.findByDigest(first.digest), first);
    assert.deepEqual(
      (await sessions.listOf(operatorId)).map(({ id }) => id),
      [second.id, first.id],
    );
    const moved = await sessions.replace({ ...first, digest: 'a new one' });
    assert.equal(await sessions.touch(first.id, LATER), true);
    assert.deepEqual(await sessions.findByDigest('a new one'), { ...moved, seenAt: LATER });
    assert.equal(await sessions.findByDigest(first.digest), undefined);
    assert.equal(await sessions.removeOf(operatorId), 2);
    assert.deepEqual(await sessions.findByDigest(foreign.digest), foreign);
    await sessions.remove(foreign.id);
  });

  it('sweeps sessions whose time is over', async () => {
    const { operatorSessions: sessions } = stage().store;
    const [gone, stays] = [
      anOperatorSession({ expiresAt: LATER }),
      anOperatorSession({ expiresAt: LATER + 2 }),
    ];
    await sessions.insertMany([gone, stays]);
    assert.equal(await sessions.removeExpired(LATER + 1, 10), 1);
    assert.deepEqual(
      (await Array.fromAsync(sessions.stream())).map(({ id }) => id),
      [stays.id],
    );
    await sessions.remove(stays.id);
  });

  it('keeps hosts, each name once', async () => {
    const { managedHosts: hosts } = stage().store;
    const host = aManagedHost({ name: 'b' });
    await hosts.insert(host);
    await hosts.insertMany([aManagedHost({ name: 'a' })]);
    assert.deepEqual(await hosts.find(host.id), host);
    assert.deepEqual(
      (await hosts.list()).map(({ name }) => name),
      ['a', 'b'],
    );
    assert.deepEqual(refusals(await Promise.allSettled([hosts.insert(aManagedHost({ name: 'a' }))])), [
      'handle_taken',
    ]);
    const renamed = await hosts.replace({ ...host, name: 'c' });
    assert.equal(renamed?.revision, 2);
    for (const { id } of await hosts.list()) await hosts.remove(id);
  });

  it('lists the audit newest first, by operator, action and time, and forgets what is old', async () => {
    const { audit } = stage().store;
    const rows = Array.from({ length: 6 }, (_, n) =>
      anAuditRow({
        operatorId: n % 2 ? 'ada' : 'bob',
        action: n < 3 ? 'signIn' : 'addHost',
        changes: [{ field: 'role', before: 'viewer', after: 'admin' }],
        createdAt: MADE_AT + n,
      }),
    );
    const [first, ...others] = rows;
    assert.ok(first);
    await audit.insert(first);
    await audit.insertMany(others);
    const places = async (filter: Parameters<typeof audit.list>[0], after?: Place) =>
      (await audit.list(filter, { after, limit: 3 })).rows.map(({ createdAt }) => createdAt - MADE_AT);
    assert.deepEqual(await places({}), [5, 4, 3]);
    const { next } = await audit.list({}, { limit: 3 });
    assert.ok(next);
    assert.deepEqual(await places({}, next), [2, 1, 0]);
    assert.equal((await audit.list({}, { after: next, limit: 3 })).next, undefined);
    assert.deepEqual(await places({ operatorId: 'ada' }), [5, 3, 1]);
    assert.deepEqual(await places({ operatorId: 'ada', action: 'signIn' }), [1]);
    assert.deepEqual(await places({ from: MADE_AT + 1, to: MADE_AT + 3 }), [2, 1]);
    assert.deepEqual((await audit.list({ to: MADE_AT + 1 }, { limit: 1 })).rows, [first]);
    assert.equal((await Array.fromAsync(audit.newest({ operatorId: 'bob' }))).length, 3);
    assert.equal(await audit.removeOlder(MADE_AT + 4, 100), 4);
    assert.equal((await Array.fromAsync(audit.stream())).length, 2);
    await audit.removeOlder(LATER, 100);
  });

  it('keeps no secret and, where data is sealed, nobody readable in the database', async () => {
    const { engine, another } = stage();
    const { operators, operatorSessions, managedHosts, audit } = another({ encryptUserData: true });
    const operator = anOperator({ passwordHash: 'hash-in-the-clear', totpSecret: 'seed-in-the-clear' });
    const session = anOperatorSession({ csrf: 'form-value', digest: 'digest-in-the-clear' });
    const host = aManagedHost();
    const row = anAuditRow({ target: 'somebody@example.com' });
    await operators.insert(operator);
    await operatorSessions.insert(session);
    await managedHosts.insert(host);
    await audit.insert(row);
    const tables = ['operators', 'operatorSessions', 'managedHosts', 'audit'] as const;
    const stored = await Promise.all(
      tables.map((table) => engine.list(table, { appId: 'host' }, { order: 'id', limit: 10 })),
    );
    const text = JSON.stringify(stored);
    for (const clear of [operator.email, 'in-the-clear', 'form-value', host.serverSecret, 'somebody@']) {
      assert.equal(text.includes(clear), false, clear);
    }
    await operators.remove(operator.id);
    await operatorSessions.remove(session.id);
    await managedHosts.remove(host.id);
    await audit.removeOlder(LATER, 10);
  });
}
