import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeyIndex } from '../../server/tools/key-index.ts';

describe('an index of keys', () => {
  it('numbers keys as they come, the same key with the same number', () => {
    const index = new KeyIndex('salt');
    const keys = Array.from({ length: 5_000 }, (_, n) => `user${n}@example.com`);
    assert.deepEqual(
      keys.map((key) => index.numberOf(key)),
      keys.map((_, n) => n),
    );
    assert.deepEqual(
      keys.toReversed().map((key) => index.numberOf(key)),
      keys.map((_, n) => n).toReversed(),
    );
    assert.equal(index.size, 5_000);
  });

  it('says which keys it knows', () => {
    const index = new KeyIndex('salt');
    assert.deepEqual(
      ['a', 'b', 'a', '', '', 'A'].map((key) => index.add(key)),
      [true, true, false, true, false, true],
    );
  });

  it('takes a few bytes a key, however long the keys are', () => {
    const index = new KeyIndex('salt');
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 300_000; n++) assert.ok(index.add(`${'x'.repeat(200)}${n}`));
    globalThis.gc?.();
    const bytes = process.memoryUsage().arrayBuffers - before;
    assert.ok(bytes < 300_000 * 64, `${bytes} bytes`);
  });
});
