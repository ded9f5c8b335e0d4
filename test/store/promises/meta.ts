import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anId } from '../../support/records.ts';
import type { Stage } from '../stage.ts';

export function describeMeta(stage: () => Stage): void {
  it('sets a text only where the expected one still stands', async () => {
    const { meta } = stage().store;
    const name = anId();
    assert.equal(await meta.get(name), undefined);
    assert.equal(await meta.compareAndSet(name, '', 'one'), false);
    assert.equal(await meta.compareAndSet(name, undefined, 'one'), true);
    assert.equal(await meta.compareAndSet(name, undefined, 'two'), false);
    assert.equal(await meta.compareAndSet(name, 'other', 'two'), false);
    assert.equal(await meta.compareAndSet(name, 'one', 'two'), true);
    assert.equal(await meta.get(name), 'two');
  });

  it('has one winner when many set the same text at once', async () => {
    const { store, another } = stage();
    const processes = [store.meta, another().meta];
    for (const expected of [undefined, 'first']) {
      const name = anId();
      if (expected) await store.meta.compareAndSet(name, undefined, expected);
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, (_, n) => processes[n % 2]?.compareAndSet(name, expected, `${n}`)),
      );
      assert.equal(outcomes.filter(Boolean).length, 1);
      assert.equal(await store.meta.get(name), `${outcomes.indexOf(true)}`);
    }
  });

  it('answers a ping', async () => {
    await stage().store.ping();
  });
}
