import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BoundedMap } from '../../server/tools/bounded-map.ts';

describe('a bounded map', () => {
  it('holds as many as allowed; the oldest goes first', () => {
    const map = new BoundedMap<number>(3);
    for (let n = 0; n < 5; n++) map.set(`k${n}`, n);
    assert.deepEqual(
      [...map],
      [
        ['k2', 2],
        ['k3', 3],
        ['k4', 4],
      ],
    );
  });

  it('drives nobody out when an entry only changes', () => {
    const map = new BoundedMap<number>(2);
    map.set('a', 1).set('b', 2).set('a', 3);
    assert.deepEqual(
      [...map],
      [
        ['a', 3],
        ['b', 2],
      ],
    );
  });

  it('holds nothing of what is taken out', () => {
    const map = new BoundedMap<number>(1);
    map.set('a', 1);
    map.delete('a');
    assert.equal(map.size, 0);
  });
});
