import assert from 'node:assert/strict';
import { it } from 'node:test';
import { deleteUser } from '../../../server/domain/account/deletion.ts';
import { deleteApp } from '../../../server/domain/apps/app-removal.ts';
import { judgePassword } from '../../../server/domain/attempts/password-attempts.ts';
import { sweep } from '../../../server/domain/housekeeping.ts';
import { createUser } from '../../../server/domain/joining/create-user.ts';
import { countPasswords, decoyFor, recountPasswords } from '../../../server/domain/users/password-kinds.ts';
import type { App } from '../../../server/model/app.ts';
import { META } from '../../../server/ports/store/meta.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';
import { anId, aRowId } from '../../support/records.ts';
import { imported, legacyFiles } from '../../support/transfers.ts';
import { zipOf } from '../../support/zip.ts';

/** Of `PASSWORD`, cost 4. */
const BCRYPT = '$2b$04$uEq6V1s2.FHfJoU2HWud8uyEo2K7YxXPkWVBiaVW/jSNeE4yj4JhK';
const TODAY = 'argon2id-1024-1';
const DAY_MS = 86_400_000;

describeOnBothStores('the kinds of password hashes an app has', (host) => {
  const count = (app: App, kind: string) =>
    host().deps.store.counters.read(`password-kind/${app.id}/${kind}`, host().clock.now());
  const counts = async (app: App) => [await count(app, 'bcrypt-04'), await count(app, TODAY)];
  const joined = async (app: App, handle: string, passwordHash?: string) => {
    const { user } = await createUser(host().deps, {
      app,
      ids: { userId: aRowId(), uid: anId() },
      handle,
      passwordHash,
      locale: 'EN',
      metaData: {},
      loginProvider: '',
      via: 'test',
      full: 'signup_disabled',
    });
    return user;
  };
  const kindFor = async (app: App, handle: string) =>
    host().deps.passwords.kindOf(await decoyFor(host().deps, { app, handle }));

  it('decide what strangers are judged by, each in its share, and the same stranger always alike', async () => {
    const app = await host().createApp();
    const hash = await host().deps.passwords.hash(PASSWORD);
    for (let n = 0; n < 10; n++) await joined(app, `u${n}@example.com`, n < 7 ? BCRYPT : hash);
    await joined(app, 'ANON_1');
    assert.deepEqual(await counts(app), [7, 3]);
    const kinds = new Map<string, number>();
    for (let n = 0; n < 1_000; n++) {
      const kind = String(await kindFor(app, `stranger${n}@example.com`));
      assert.equal(await kindFor(app, `stranger${n}@example.com`), kind);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    assert.deepEqual([...kinds.keys()].sort(), [TODAY, 'bcrypt-04']);
    const share = (kinds.get('bcrypt-04') ?? 0) / 1_000;
    assert.ok(share > 0.62 && share < 0.78, `${share} of all are bcrypt, 0.7 of the users are`);
  });

  it('are today’s where nobody has a password, and unknown to other apps', async () => {
    assert.equal(await kindFor(await host().createApp(), 'x@example.com'), TODAY);
  });

  it('follow a rehash, a deletion and a crash', async () => {
    const app = await host().createApp();
    const [ada, bo] = [
      await joined(app, 'ada@example.com', BCRYPT),
      await joined(app, 'bo@example.com', BCRYPT),
    ];
    assert.deepEqual(await counts(app), [2, 0]);
    assert.ok(await judgePassword(host().deps, { app, user: ada, handle: ada.handle, password: PASSWORD }));
    assert.deepEqual(await counts(app), [1, 1]);
    await deleteUser(host().deps, { app, user: bo, by: 'portal' });
    assert.deepEqual(await counts(app), [0, 1]);
    await host().createUser(app, { handle: 'cy@example.com', passwordHash: BCRYPT });
    assert.deepEqual(await counts(app), [0, 1], 'a crash came between');
    host().clock.advance(DAY_MS + 1);
    await sweep(host().deps);
    assert.deepEqual(await counts(app), [1, 1]);
    await deleteApp({ ...host().deps }, { appId: app.id });
    assert.deepEqual(await counts(app), [0, 0]);
  });

  it('are counted by an import', async () => {
    const app = await imported(host(), await zipOf(legacyFiles(await host().createApp())), `kinds ${anId()}`);
    const before = await count(app, 'bcrypt-10');
    assert.ok(before > 0);
    await recountPasswords(host().deps, app);
    assert.equal(await count(app, 'bcrypt-10'), before);
  });

  it('are not driven out by however many kinds a file has', async () => {
    const app = await host().createApp();
    const { deps } = host();
    const users = Array.from({ length: 300 }, (_, n) => ({
      passwordHash: deps.passwords.ofClear(`$pbkdf2-sha256$i=${n + 1}$c2FsdHNhbHQ=$${'A'.repeat(43)}=`),
    }));
    const before: string[] = JSON.parse((await deps.store.meta.get(META.passwordKinds)) ?? '[]');
    assert.ok(before.length > 0);
    await countPasswords(deps, app, users);
    const after: string[] = JSON.parse((await deps.store.meta.get(META.passwordKinds)) ?? '[]');
    assert.deepEqual([after.length, after.slice(0, before.length)], [64, before]);
    const kinds = users.map(({ passwordHash }) => deps.passwords.kindOf(passwordHash));
    const counts = await Promise.all(kinds.map((kind) => count(app, kind ?? '')));
    assert.equal(
      counts.reduce((sum, one) => sum + one, 0),
      64 - before.length,
    );
    await deleteApp({ ...deps }, { appId: app.id });
  });

  it('make room once a day for those that a file of before kept out', async () => {
    const [app, odd] = [await host().createApp(), await host().createApp()];
    const { deps } = host();
    const hashed = (n: number) =>
      deps.passwords.ofClear(`$pbkdf2-sha256$i=${n}$c2FsdHNhbHQ=$${'A'.repeat(43)}=`);
    await joined(app, 'ada@example.com', BCRYPT);
    await countPasswords(
      deps,
      odd,
      Array.from({ length: 300 }, (_, n) => ({ passwordHash: hashed(n + 1) })),
    );
    const late = await joined(app, 'late@example.com', hashed(5_000));
    const kind = deps.passwords.kindOf(late.passwordHash ?? '') ?? '';
    assert.equal(await count(app, kind), 0, 'there is no room for it');
    await deleteApp({ ...deps }, { appId: odd.id });
    host().clock.advance(DAY_MS + 1);
    await sweep(deps);
    assert.equal(await count(app, kind), 1);
    assert.ok((await count(app, 'bcrypt-04')) > 0, 'what people have stays');
  });
});
