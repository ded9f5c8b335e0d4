import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { MongoClient } from 'mongodb';
import { buildConfig } from '../../server/config/load.ts';
import { signUp } from '../../server/domain/joining/signup.ts';
import { completeSignup } from '../../server/domain/joining/signup-completion.ts';
import { logIn } from '../../server/domain/login/password-login.ts';
import { type Delivery, startDelivery } from '../../server/domain/messages/delivery-queue.ts';
import { createLogger } from '../../server/log/logger.ts';
import type { App } from '../../server/model/app.ts';
import { dayOf } from '../../server/model/visit.ts';
import { DAY_MS } from '../../server/tools/duration.ts';
import { buildDeps, type Wired } from '../../server/wiring.ts';
import { makeDataDir } from '../support/host.ts';
import { insertApp, insertUser, insertWaitingSignup, PASSWORD } from '../support/insert.ts';
import { mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { readOutbox } from '../support/outbox.ts';
import { from } from '../support/places.ts';
import { until } from '../support/until.ts';

const HOME = '198.51.100.7';
const DATABASE = 'commands';
/** What is written later, for many calls at once, and what runs all the time. */
const NOT_COUNTED = ['system.profile', ...['activity', 'figures', 'meta', 'apps']];

const skip = mongodAvailable() ? false : NO_MONGOD;

/** What each call asks of a MongoDB, with the mail behind it. */
describe('commands of a call', { skip }, () => {
  const { dataDir, settings } = makeDataDir();
  let mongod: Awaited<ReturnType<typeof startMongod>>;
  let client: MongoClient;
  let deps: Wired;
  let delivery: Delivery;
  let app: App | undefined;

  before(async () => {
    mongod = await startMongod();
    const url = mongod?.url(DATABASE) ?? '';
    client = await MongoClient.connect(url);
    const unlimited = { RECIPIENTS_PER_ADDRESS_PER_HOUR: '0', MAILS_PER_APP_PER_HOUR: '0' };
    const own = { ...settings, ...unlimited, DB_CONN_STRING: url };
    const wired = await buildDeps(buildConfig(own, { production: false }), createLogger('fatal'));
    // Of all that runs beside requests the sender alone.
    delivery = startDelivery(wired);
    deps = { ...wired, wakeDelivery: delivery.wake, deliveryHasRoom: delivery.hasRoom };
  });
  after(async () => {
    await delivery.stop();
    await deps.stop();
    await client.db(DATABASE).dropDatabase();
    await client.close();
    await mongod?.stop();
    rmSync(dataDir, { recursive: true });
  });

  /** What was asked one after the other, in the server's order; statements of one command stand together. */
  async function commandsOf(call: () => Promise<unknown>, mail?: 'mail'): Promise<string[]> {
    const db = client.db(DATABASE);
    await db.command({ profile: 0 });
    await db.collection('system.profile').drop();
    await db.command({ profile: 2 });
    await from(HOME, call);
    if (mail) await mailsAreOut();
    await db.command({ profile: 0 });
    const seen = await db.collection('system.profile').find().sort({ ts: 1 }).toArray();
    const named = seen
      .filter(({ appName }) => appName === 'cosync-auth-host')
      .map(({ op, ns, command }) => {
        const collection = String(ns).replace(`${DATABASE}.`, '');
        return { collection, what: `${op === 'command' ? Object.keys(command)[0] : op} ${collection}` };
      })
      // How the test learns that a mail is out.
      .filter(({ collection, what }) => !NOT_COUNTED.includes(collection) && what !== 'aggregate messages');
    return named.map(({ what }) => what).filter((what, n, all) => !isSameCommand(what, all[n - 1]));
  }
  function mailsAreOut(): Promise<unknown> {
    return until('the mail is out', async () => (await deps.store.messages.count()) === 0, { everyMs: 20 });
  }
  async function joining(name: string) {
    app ??= await insertApp(deps, { signupFlow: 'none' });
    const password = { md5: PASSWORD, field: 'password' } as const;
    return signUp(deps, { app, handle: `${name}@example.com`, password, metaData: '{}' });
  }

  it('are six for one who joins at once, with the mail behind it', async () => {
    await from(HOME, () => joining('first'));
    await mailsAreOut();
    const commands = await commandsOf(() => joining('second'), 'mail');
    assert.deepEqual(commands.toSorted(), [
      'insert messages',
      'insert signups',
      'insert users',
      'query users',
      'update counters',
      'update messages',
    ]);
    assert.equal(readOutbox(dataDir).length, 2);
  });

  it('are at most eleven for a signup that is completed, with the mail behind it', async () => {
    const codes = await insertApp(deps, { signupFlow: 'code' });
    const first = await insertWaitingSignup(deps, codes, 'third');
    await from(HOME, () => completeSignup(deps, first));
    await mailsAreOut();
    const proof = await insertWaitingSignup(deps, codes, 'fourth');
    const commands = await commandsOf(() => completeSignup(deps, proof), 'mail');
    assert.ok(commands.length <= 11, commands.join());
    assert.ok(!commands.includes('findAndModify messages'), 'the row is leased as it is written');
  });

  it('are four for a log-in, be it the first of a day', async () => {
    const where = await insertApp(deps);
    const yesterday = deps.clock.now() - DAY_MS;
    const earlier = { lastLogin: yesterday, lastSeenDay: dayOf(yesterday) };
    const { id, handle } = await insertUser(deps, where, earlier);
    const other = await insertUser(deps, where, { handle: 'other@example.com' });
    const logsIn = (as = handle) => logIn(deps, { app: where, handle: as, password: PASSWORD });
    // Which kinds of passwords an app has is read once a minute.
    await from(HOME, () => logsIn(other.handle));
    for (let n = 0; n < 2; n++) {
      const commands = await commandsOf(() => logsIn());
      assert.deepEqual(new Set(commands), new Set(['query users', 'update counters', 'update users']));
      assert.ok(commands.length <= 4, commands.join());
      await deps.activity.flush();
      assert.equal((await deps.store.users.find(where.id, id))?.lastSeenDay, dayOf(deps.clock.now()));
    }
    const days = { metric: 'active_day', from: 0, to: 99_999, by: [] } as const;
    assert.equal((await deps.store.figures.sums(where.id, days))[0]?.count, 2, 'one for each');
  });
});

/** Several statements of one command are told of one after the other. */
function isSameCommand(what: string, before: string | undefined): boolean {
  return what === 'update counters' && before === what;
}
