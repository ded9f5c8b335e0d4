import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onceDone } from '../../server/tools/once.ts';

describe('work that is done once', () => {
  it('is shared by all who ask meanwhile, kept when it is done, and done again when it failed', async () => {
    let calls = 0;
    const work = onceDone(async () => {
      calls++;
      if (calls === 1) throw new Error('away');
      return calls;
    });
    const first = await Promise.allSettled([work(), work()]);
    assert.deepEqual(
      first.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.deepEqual(await Promise.all([work(), work()]), [2, 2]);
    assert.equal(await work(), 2);
  });
});
