/**
 * One of several processes on one database: `node contender.ts FILE`, or the URL of a MongoDB with its
 * database. Does what its parent sends and answers with the outcome.
 */
import { systemClock } from '../../server/security/clock.ts';
import { openMongo } from '../../server/store/mongodb/open.ts';
import { openSqlite } from '../../server/store/sqlite/open.ts';
import { aUser } from '../support/records.ts';
import { refusals, storeOver } from './stage.ts';

export type Contest =
  | { contest: 'increment'; key: string; cap: number; times: number }
  | { contest: 'attempt'; key: string; free: number; times: number }
  | { contest: 'handles'; appId: string; handles: string[] };

const place = process.argv[2] ?? '';
const engine = place.startsWith('mongodb')
  ? openMongo({ url: place, database: new URL(place).pathname.slice(1), clock: systemClock })
  : openSqlite({ file: place });
const store = storeOver(await engine);

/** How often this process won. */
async function compete(order: Contest): Promise<number> {
  switch (order.contest) {
    case 'increment': {
      let granted = 0;
      for (let n = 0; n < order.times; n++) {
        if (await store.counters.increment(order.key, { now: 1, cap: order.cap })) granted++;
      }
      return granted;
    }
    case 'attempt': {
      const policy = { now: 1, free: order.free, maxWaitMs: 1, forgetAfterMs: 1_000 };
      const attempts = Array.from({ length: order.times }, () =>
        store.counters.attempt([{ key: order.key, policy }]),
      );
      return (await Promise.all(attempts)).filter(({ state }) => state === 'admitted').length;
    }
    case 'handles': {
      const { appId, handles } = order;
      const inserts = handles.map((handle) => store.users.insert(aUser({ appId, handle })));
      const settled = await Promise.allSettled(inserts);
      if (refusals(settled).some((error) => error !== 'handle_taken')) throw new Error('another refusal');
      return settled.filter(({ status }) => status === 'fulfilled').length;
    }
  }
}

process.on('message', async (order: Contest) => {
  process.send?.(await compete(order));
});
process.on('disconnect', () => store.close());
process.send?.('ready');
