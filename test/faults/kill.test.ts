import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mongodAvailable, NO_MONGOD } from '../support/mongod.ts';
import { killLoop } from './kill-loop.ts';

const SECONDS = 8;

describe('a host that is killed while it works', () => {
  for (const store of ['sqlite', 'mongodb'] as const) {
    const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
    it(`keeps what it acknowledged and leaves nothing half-done on ${store}`, { skip }, async (t) => {
      const outcome = await killLoop({ seconds: SECONDS, store });
      t.diagnostic(JSON.stringify(outcome));
      assert.ok(outcome.kills >= 2 && outcome.signups > 0);
    });
  }
});
