import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Turns } from '../../server/tools/turns.ts';

describe('turns', () => {
  it('let a few run at once for one key, in order, and others beside them', async () => {
    const turns = new Turns();
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    const work = async (n: number) => {
      begun.push(n);
      most = Math.max(most, ++running);
      await pause(1);
      running--;
    };
    await Promise.all(Array.from({ length: 20 }, (_, n) => turns.run('a', 3, () => work(n))));
    assert.equal(most, 3);
    assert.deepEqual(
      begun,
      [...begun].sort((a, b) => a - b),
    );
    most = 0;
    await Promise.all(['a', 'b', 'c'].map((key) => turns.run(key, 1, () => work(0))));
    assert.equal(most, 3);
  });

  it('say so before one waits', async () => {
    const turns = new Turns();
    const waited: number[] = [];
    const work = (n: number) =>
      turns.run(
        'a',
        2,
        () => pause(1),
        () => waited.push(n),
      );
    await Promise.all([0, 1, 2, 3].map(work));
    await work(4);
    assert.deepEqual(waited, [2, 3]);
  });

  it('go on when work fails', async () => {
    const turns = new Turns();
    const broken = turns.run('a', 1, () => Promise.reject(new Error('away')));
    const next = turns.run('a', 1, async () => 'done');
    await assert.rejects(broken, /away/);
    assert.equal(await next, 'done');
    assert.equal(await turns.run('a', 1, async () => 'free again'), 'free again');
  });
});
