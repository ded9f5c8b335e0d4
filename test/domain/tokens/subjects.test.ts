import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createUser } from '../../../server/domain/joining/create-user.ts';
import {
  doubledSubjects,
  recordSubjects,
  subjectsAreRecorded,
} from '../../../server/domain/tokens/subjects.ts';
import type { App } from '../../../server/model/app.ts';
import { isHostError } from '../../../server/model/errors.ts';
import { TamperError } from '../../../server/ports/security/sealing.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import type { TestHost } from '../../support/host.ts';
import { anId, aRowId } from '../../support/records.ts';

const BEFORE = { subject: undefined, passwordHash: undefined };

/** Users as a version before wrote them. */
async function oldUsers(host: TestHost, app: App, handles: readonly string[]): Promise<string[]> {
  const made: string[] = [];
  for (const handle of handles)
    made.push((await host.createUser(app, { handle, uid: anId(), ...BEFORE })).id);
  return made;
}
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `u${n}@c.io`);

describeOnBothStores('the subjects of users of a version before', (host) => {
  const users = () => host().deps.store.users;
  const left = async (app: App) => (await Array.fromAsync(users().streamWithoutSubject(app.id))).length;
  const doubles = async () =>
    (await Array.fromAsync(doubledSubjects(host().deps))).map(({ user, holder }) => [
      user.handle,
      holder?.handle,
    ]);
  const create = (app: App, handle: string) =>
    createUser(host().deps, {
      app,
      ids: { userId: aRowId(), uid: anId() },
      handle,
      locale: 'EN',
      metaData: {},
      loginProvider: '',
      via: 'test',
      full: 'signup_disabled',
    });
  const taken = (error: unknown) => isHostError(error, 'handle_taken');
  const told = () => host().events.filter(({ event }) => event === 'subject_doubled');

  it('are recorded in each format, so that the key holds for them, and nothing else of them changes', async () => {
    for (const [userIdFormat, subject] of [
      ['raw', 'a_b@c.io'],
      ['handle', 'a_b_c.io'],
    ] as const) {
      const app = await host().createApp({ userIdFormat });
      const { revision: _, ...made } = await host().createUser(app, { handle: 'a_b@c.io', ...BEFORE });
      await oldUsers(host(), app, ['ANON_7', 'z@c.io']);
      await recordSubjects(host().deps);
      const { revision, ...after } = (await users().findBySubject(app.id, subject)) ?? {};
      assert.deepEqual({ ...made, passwordHash: undefined, subject }, { passwordHash: undefined, ...after });
      assert.equal(revision, 2);
      assert.equal(await left(app), 0);
    }
    assert.equal(await subjectsAreRecorded(host().deps), true);
  });

  it('are recorded once by two processes at it together, and by one that goes on where another ended', async () => {
    const app = await host().createApp({ userIdFormat: 'uid' });
    await oldUsers(host(), app, numbered(250));
    let looks = 0;
    await recordSubjects(host().deps, () => ++looks > 90);
    const rest = await left(app);
    assert.ok(rest > 100 && rest < 250, `${rest} left`);
    await Promise.all([recordSubjects(host().deps), recordSubjects(host().deps)]);
    assert.equal(await left(app), 0);
    for await (const user of users().stream(app.id)) {
      assert.deepEqual(
        [user.subject, (await users().findBySubject(app.id, user.uid))?.id],
        [user.uid, user.id],
      );
      assert.ok(user.revision <= 3);
    }
  });

  it('that two share are told of, and stay until one of the two is gone', async () => {
    const app = await host().createApp({ userIdFormat: 'handle' });
    const [first = ''] = await oldUsers(host(), app, ['p_q@c.io', 'p@q_c.io', 'other@c.io']);
    const earlier = told().length;
    await recordSubjects(host().deps);
    assert.deepEqual(await doubles(), [['p@q_c.io', 'p_q@c.io']]);
    assert.deepEqual(
      told()
        .slice(earlier)
        .map(({ appId, holder }) => [appId, holder]),
      [[app.id, first]],
    );
    assert.equal(await subjectsAreRecorded(host().deps), false);
    const both = [...(await Array.fromAsync(users().stream(app.id)))];
    for (const user of both) assert.ok(await users().replace({ ...user, locale: 'DE' }));
    await users().remove(app.id, first);
    await recordSubjects(host().deps);
    assert.deepEqual(await doubles(), []);
    assert.equal(await subjectsAreRecorded(host().deps), true);
    assert.equal((await users().findBySubject(app.id, 'p_q_c.io'))?.handle, 'p@q_c.io');
  });

  it('are recorded although the holder of one of them does not open', async () => {
    const app = await host().createApp({ userIdFormat: 'handle' });
    await oldUsers(host(), app, ['r_s@c.io', 'r@s_c.io', ...numbered(30)]);
    const { findBySubject } = users();
    Object.assign(users(), { findBySubject: () => Promise.reject(new TamperError('does not open')) });
    const earlier = told().length;
    await recordSubjects(host().deps);
    assert.deepEqual(
      told()
        .slice(earlier)
        .map(({ appId, holder }) => [appId, holder]),
      [[app.id, undefined]],
    );
    assert.deepEqual(await doubles(), [['r@s_c.io', undefined]]);
    Object.assign(users(), { findBySubject });
    await users().removeAll(app.id);
  });

  it('are kept apart before they are recorded as well as after', async () => {
    const app = await host().createApp({ userIdFormat: 'handle' });
    const { meta } = host().deps.store;
    await oldUsers(host(), app, ['k_l@c.io']);
    await meta.compareAndSet('subjectsRecorded', await meta.get('subjectsRecorded'), 'no');
    await assert.rejects(create(app, 'k@l_c.io'), taken);
    const race = ['m_n@c.io', 'm@n_c.io'].map((handle) => create(app, handle));
    assert.equal((await Promise.allSettled(race)).filter(({ status }) => status === 'rejected').length, 1);
    await recordSubjects(host().deps);
    await assert.rejects(create(app, 'k@l_c.io'), taken);
    const again = ['r_s@c.io', 'r@s_c.io'].map((handle) => create(app, handle));
    assert.equal((await Promise.allSettled(again)).filter(({ status }) => status === 'rejected').length, 1);
    assert.deepEqual(await doubles(), []);
  });
});
