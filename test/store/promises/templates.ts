import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anId, aTemplate } from '../../support/records.ts';
import { refusals, type Stage } from '../stage.ts';

export function describeTemplates(stage: () => Stage): void {
  it('keeps one text per name and locale', async () => {
    const { templates } = stage().store;
    const appId = anId();
    const rivals = [aTemplate({ appId }), aTemplate({ appId })];
    const settled = await Promise.allSettled(rivals.map((template) => templates.insert(template)));
    assert.deepEqual(refusals(settled), ['handle_taken']);
    await templates.insertMany([aTemplate({ appId, locale: 'DE' }), aTemplate({ appId, name: 'sms' })]);
    assert.equal((await templates.list(appId)).length, 3);
    assert.deepEqual(await templates.list(anId()), []);
  });

  it('sees its own writes at once and those of others within 3 s', async () => {
    const { store, another, time } = stage();
    const other = another();
    const appId = anId();
    const template = aTemplate({ appId });
    assert.equal(await store.templates.find(appId, 'signUp', 'EN'), undefined);
    assert.equal(await other.templates.find(appId, 'signUp', 'EN'), undefined);
    await store.templates.insert(template);
    assert.deepEqual(await store.templates.find(appId, 'signUp', 'EN'), template);
    assert.equal(await other.templates.find(appId, 'signUp', 'EN'), undefined);
    time.now += 3_000;
    const found = await other.templates.find(appId, 'signUp', 'EN');
    assert.deepEqual(found, template);
    time.now += 3_000;
    assert.equal(await other.templates.find(appId, 'signUp', 'EN'), found);

    const edited = await store.templates.replace({ ...template, subject: 'Hello' });
    assert.deepEqual(await store.templates.find(appId, 'signUp', 'EN'), edited);
    assert.equal(await store.templates.replace(template), undefined);
  });

  it('is removed alone, and is not found any more', async () => {
    const { templates } = stage().store;
    const appId = anId();
    await templates.insertMany([aTemplate({ appId }), aTemplate({ appId, locale: 'DE' })]);
    assert.ok(await templates.find(appId, 'signUp', 'DE'));
    assert.equal(await templates.remove(appId, 'invite', 'DE'), false);
    assert.equal(await templates.remove(appId, 'signUp', 'DE'), true);
    assert.equal(await templates.find(appId, 'signUp', 'DE'), undefined);
    assert.equal((await templates.list(appId)).length, 1);
  });

  it('is dropped with its locale and with the app', async () => {
    const { templates } = stage().store;
    const appId = anId();
    await templates.insertMany([
      aTemplate({ appId }),
      aTemplate({ appId, locale: 'DE' }),
      aTemplate({ appId, locale: 'DE', name: 'invite' }),
    ]);
    assert.ok(await templates.find(appId, 'invite', 'DE'));
    assert.equal(await templates.removeLocale(anId(), 'DE'), 0);
    assert.equal(await templates.removeLocale(appId, 'DE'), 2);
    assert.equal(await templates.find(appId, 'invite', 'DE'), undefined);
    assert.ok(await templates.find(appId, 'signUp', 'EN'));
    assert.equal(await templates.removeAll(appId), 1);
    assert.equal(await templates.find(appId, 'signUp', 'EN'), undefined);
  });
}
