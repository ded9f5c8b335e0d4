import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Contest } from './contender.ts';

/**
 * What two processes agree on that share nothing but the database; `aPlace` names an empty one for
 * `contender.ts`.
 */
export function describeContests(name: string, aPlace: () => string): void {
  const contest = async (order: Contest): Promise<number> => {
    const place = aPlace();
    const contenders = [0, 1].map(() => fork(join(import.meta.dirname, 'contender.ts'), [place]));
    await Promise.all(contenders.map((contender) => once(contender, 'message')));
    const outcomes = contenders.map(async (contender: ChildProcess) => {
      const outcome = once(contender, 'message');
      contender.send(order);
      return (await outcome)[0] as number;
    });
    const wins = await Promise.all(outcomes);
    const ends = contenders.map((contender) => once(contender, 'exit'));
    for (const contender of contenders) contender.disconnect();
    for (const [code] of await Promise.all(ends)) assert.equal(code, 0);
    return wins.reduce((total, won) => total + won, 0);
  };

  describe(name, () => {
    it('grant 120 of 200 increments under a cap of 120', async () => {
      assert.equal(await contest({ contest: 'increment', key: 'seats', cap: 120, times: 100 }), 120);
    });

    it('give every contested handle to one of them', async () => {
      const handles = Array.from({ length: 100 }, (_, n) => `${n}@example.com`);
      assert.equal(await contest({ contest: 'handles', appId: 'app', handles }), 100);
    });

    it('admit five of 500 simultaneous attempts', async () => {
      assert.equal(await contest({ contest: 'attempt', key: 'ada', free: 5, times: 250 }), 5);
    });
  });
}
