import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { HostError, isHostError } from '../../server/model/errors.ts';
import { together } from '../../server/store/mongodb/together.ts';

describe('what is asked for together', () => {
  /** Commands that answer when they are told to. */
  function held(waitMs?: number) {
    const batches: { asked: readonly number[]; answer(): void; fail(error: Error): void }[] = [];
    const ask = together<number, number>({ commands: 2, most: 3, waitMs }, (asked) => {
      const { promise, resolve, reject } = Promise.withResolvers<number[]>();
      batches.push({ asked, answer: () => resolve(asked.map((n) => n * 10)), fail: reject });
      return promise;
    });
    return { ask, batches };
  }
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

  it('in one turn is one command, and each has its own answer', async () => {
    const { ask, batches } = held();
    const answers = Promise.all([ask(1), ask(2)]);
    assert.equal(batches.length, 0);
    await turn();
    assert.deepEqual(
      batches.map(({ asked }) => asked),
      [[1, 2]],
    );
    batches[0]?.answer();
    assert.deepEqual(await answers, [10, 20]);
  });

  it('while commands are under way waits for the next one, in order and no more than fit', async () => {
    const { ask, batches } = held();
    const answers: Promise<number>[] = [];
    for (const n of [1, 2]) {
      answers.push(ask(n));
      await turn();
    }
    answers.push(...[3, 4, 5, 6, 7].map(ask));
    await turn();
    assert.equal(batches.length, 2);
    batches[1]?.answer();
    await turn();
    assert.deepEqual(batches[2]?.asked, [3, 4, 5]);
    for (const n of [0, 2, 3]) {
      batches[n]?.answer();
      await turn();
    }
    assert.deepEqual(await Promise.all(answers), [10, 20, 30, 40, 50, 60, 70]);
    assert.deepEqual(batches[3]?.asked, [6, 7]);
  });

  it('fails with its own command alone, but with all where the database is away', async () => {
    const { ask, batches } = held();
    const outcomes: string[] = [];
    const note = (n: number) =>
      void ask(n).then(
        () => outcomes.push(`${n} answered`),
        (error: Error) => outcomes.push(`${n} ${error.message}`),
      );
    for (const n of [1, 2]) {
      note(n);
      await turn();
    }
    for (const n of [3, 4]) note(n);
    await turn();
    batches[0]?.fail(new Error('broken'));
    await turn();
    assert.deepEqual(outcomes, ['1 broken']);
    for (const n of [5, 6]) note(n);
    await turn();
    batches[1]?.fail(new HostError('service_unavailable'));
    await turn();
    assert.deepEqual(
      outcomes.slice(1),
      ['2', '5', '6'].map((n) => `${n} service unavailable`),
    );
    batches[2]?.answer();
    await turn();
    assert.deepEqual(outcomes.slice(4), ['3 answered', '4 answered']);
    note(7);
    await turn();
    assert.deepEqual(batches.at(-1)?.asked, [7]);
  });

  it('waits no longer than a call may take before it is asked', async () => {
    const { ask, batches } = held(20);
    const first = [ask(1)];
    await turn();
    first.push(ask(2));
    await turn();
    const late = assert.rejects(ask(3), (error) => isHostError(error, 'service_unavailable'));
    await pause(30);
    const fresh = ask(4);
    batches[0]?.answer();
    await late;
    await turn();
    assert.deepEqual(batches[2]?.asked, [4]);
    for (const n of [1, 2]) batches[n]?.answer();
    assert.deepEqual(await Promise.all([...first, fresh]), [10, 20, 40]);
  });

  it('is not refused because others found no free connection', async () => {
    const { ask, batches } = held();
    const crowd = new Error('all are busy');
    crowd.name = 'MongoWaitQueueTimeoutError';
    const refused: Promise<void>[] = [];
    for (const n of [1, 2]) {
      refused.push(assert.rejects(ask(n), (error) => isHostError(error, 'service_unavailable')));
      await turn();
    }
    const behind = ask(3);
    for (const n of [0, 1]) batches[n]?.fail(new HostError('service_unavailable', { cause: crowd }));
    await Promise.all(refused);
    await turn();
    batches[2]?.answer();
    assert.equal(await behind, 30);
  });
});
