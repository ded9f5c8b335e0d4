import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anApp, anAppKey, anId, MADE_AT } from '../../support/records.ts';
import { refusals, type Stage } from '../stage.ts';

export function describeApps(stage: () => Stage): void {
  it('answers an app exactly as it was inserted, frozen through and through', async () => {
    const { apps } = stage().store;
    const app = anApp({
      keys: [anAppKey(), anAppKey({ state: 'previous', replacedAt: MADE_AT })],
      twilio: { accountSid: 'AC1', token: 'token', phoneNumber: '+1' },
      emailExtensionApiKey: 'SG.key',
      appData: { a: [1, { b: null }] },
    });
    await apps.insert(app);
    const found = await apps.find(app.id);
    assert.deepEqual(found, app);
    assert.deepEqual(await apps.read(app.id), app);
    assert.deepEqual(await apps.findByName(app.name), app);
    assert.ok(Object.isFrozen(found) && Object.isFrozen(found.keys[0]) && Object.isFrozen(found.metaData));
    assert.equal(await apps.find(anId()), undefined);
  });

  it('gives a contested name to one of two racing apps', async () => {
    const { apps } = stage().store;
    const name = `contested ${anId()}`;
    const settled = await Promise.allSettled([apps.insert(anApp({ name })), apps.insert(anApp({ name }))]);
    assert.deepEqual(refusals(settled), ['app_name_taken']);
    const other = anApp();
    await apps.insert(other);
    await assert.rejects(apps.replace({ ...other, name }), { error: 'app_name_taken' });
    const unfinished = anApp({ lifecycle: 'importing' });
    await apps.insert(unfinished);
    await assert.rejects(apps.insert(anApp({ name: unfinished.name })), { error: 'app_name_taken' });
    await apps.remove(unfinished.id);
  });

  it('hides apps that are not live from everyone but the sweeper', async () => {
    const { apps } = stage().store;
    const importing = anApp({ lifecycle: 'importing' });
    await apps.insert(importing);
    assert.equal(await apps.find(importing.id), undefined);
    assert.equal(await apps.read(importing.id), undefined);
    assert.equal(await apps.findByName(importing.name), undefined);
    assert.deepEqual(await apps.list({ name: importing.name, exact: true, offset: 0, limit: 9 }), []);
    assert.deepEqual(await apps.listUnfinished(), [importing]);
    const live = await apps.replace({ ...importing, lifecycle: 'live' });
    assert.deepEqual(await apps.find(importing.id), live);
    assert.ok(live);
    await apps.replace({ ...live, lifecycle: 'deleting' });
    assert.equal(await apps.find(importing.id), undefined);
    assert.equal((await apps.listUnfinished()).length, 1);
    assert.equal(await apps.remove(importing.id), true);
    assert.deepEqual(await apps.listUnfinished(), []);
    assert.equal(await apps.remove(importing.id), false);
  });

  it('sees its own writes at once and those of others within 3 s', async () => {
    const { store, another, time } = stage();
    const other = another();
    const app = anApp();
    await store.apps.insert(app);
    assert.equal((await store.apps.find(app.id))?.status, 'active');
    assert.equal((await other.apps.find(app.id))?.status, 'active');

    const suspended = await store.apps.replace({ ...app, status: 'suspended' });
    assert.deepEqual(await store.apps.find(app.id), suspended);
    assert.equal((await other.apps.find(app.id))?.status, 'active');
    assert.equal((await other.apps.read(app.id))?.status, 'suspended');
    time.now += 3_000;
    assert.equal((await other.apps.find(app.id))?.status, 'suspended');

    await store.apps.remove(app.id);
    assert.equal(await store.apps.find(app.id), undefined);
    time.now += 3_000;
    assert.equal(await other.apps.find(app.id), undefined);
  });

  it('answers the same object while the record is the same', async () => {
    const { store, time } = stage();
    const app = anApp();
    await store.apps.insert(app);
    const first = await store.apps.find(app.id);
    time.now += 60_000;
    assert.equal(await store.apps.find(app.id), first);
  });

  it('notices an app that another process removed and made anew under the same id', async () => {
    const { store, another, time } = stage();
    const app = anApp();
    await store.apps.insert(app);
    await store.apps.find(app.id);
    const other = another();
    await other.apps.remove(app.id);
    const anew = { ...app, keys: [anAppKey()] };
    await other.apps.insert(anew);
    time.now += 3_000;
    assert.deepEqual(await store.apps.find(app.id), anew);
  });

  it('streams each live app once, also while others come and go', async () => {
    const { apps } = stage().store;
    const there = [anApp(), anApp(), anApp()];
    for (const app of there) await apps.insert(app);
    await apps.insert(anApp({ lifecycle: 'importing' }));
    const streamed: string[] = [];
    for await (const { id } of apps.stream()) {
      if (streamed.length === 0) await apps.insert(anApp());
      streamed.push(id);
    }
    assert.equal(new Set(streamed).size, streamed.length);
    assert.deepEqual(
      there.map(({ id }) => id).filter((id) => !streamed.includes(id)),
      [],
    );
  });

  it('lists live apps newest first, by part of the name or the whole', async () => {
    const { apps } = stage().store;
    const mark = anId();
    const named = (name: string, n: number) =>
      anApp({ name: `${mark} ${name}`, createdAt: MADE_AT + 1_000 + n });
    const [shop, blog, shopping] = [named('Shop', 1), named('Blog', 2), named('shopping', 3)];
    for (const app of [shop, blog, shopping]) await apps.insert(app);
    const names = async (filter: { name?: string; exact?: boolean }, offset = 0, limit = 9) =>
      (await apps.list({ ...filter, offset, limit })).map(({ name }) => name.slice(mark.length + 1));
    assert.deepEqual(await names({}, 0, 3), ['shopping', 'Blog', 'Shop']);
    assert.deepEqual(await names({}, 1, 1), ['Blog']);
    assert.deepEqual(await names({ name: `${mark} SHOP` }), ['shopping', 'Shop']);
    assert.deepEqual(await names({ name: `${mark} SHOP` }, 1, 1), ['Shop']);
    assert.deepEqual(await names({ name: `${mark} Shop`, exact: true }), ['Shop']);
    assert.deepEqual(await names({ name: `${mark} .*` }), []);
  });
}
