import assert from 'node:assert/strict';
import { it } from 'node:test';
import { admitCode, sendAdmitted } from '../../../server/domain/attempts/code-budget.ts';
import type { Unproven } from '../../../server/domain/attempts/message-budgets.ts';
import type { App } from '../../../server/model/app.ts';
import type { Config } from '../../../server/model/config.ts';
import { isHostError } from '../../../server/model/errors.ts';
import type { Deps } from '../../../server/ports/deps.ts';
import { appClient } from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { PASSWORD } from '../../support/host.ts';
import { from, stranger } from '../../support/places.ts';

const HOUR = 60 * 60_000;
/** At once. */
const CROWD = 25;

describeOnBothStores('message budgets', (host) => {
  let made = 0;
  /** Each stage has a day of its own, so that no budget of another test counts. */
  async function stage(config: Partial<Config> = {}, settings: Partial<App> = {}) {
    host().clock.advance(24 * HOUR - (host().clock.now() % (24 * HOUR)));
    const app = await host().createApp(settings);
    const start = host().events.length;
    const limited: string[] = [];
    const deps: Deps = {
      ...host().deps,
      config: {
        ...host().deps.config,
        recipientsPerAddressPerHour: 60,
        smsPerPrefixPerHour: 20,
        ...config,
      },
      metrics: {
        ...host().deps.metrics,
        message: (channel, outcome) => void (outcome === 'limited' && limited.push(channel)),
      },
    };
    const admit = (subject: string, unproven: Partial<Unproven> = {}, to = subject, of = app) =>
      admitCode(deps, { app: of, subject, purpose: 'signup', unproven: { to, ...unproven } });
    return {
      app,
      deps,
      limited,
      admit,
      /** What becomes of a call without a log-in from that address. */
      open: (address: string, to: string) =>
        from(address, () => admit(to, { open: true })).catch((error) => {
          assert.ok(isHostError(error, 'too_many_requests'));
          return error.retryAfterSeconds as number;
        }),
      floods: () =>
        host()
          .events.slice(start)
          .filter(({ event }) => event === 'message_flood'),
    };
  }
  const mail = () => `person${made++}@example.com`;
  const number = (block = '+49151123456') => `${block}${String(made++).padStart(3, '0').slice(-3)}`;
  async function count(times: number, admit: (n: number) => Promise<boolean | number>): Promise<number> {
    let admitted = 0;
    for (let n = 0; n < times; n += CROWD) {
      const crowd = Array.from({ length: Math.min(CROWD, times - n) }, (_, of) => admit(n + of));
      admitted += (await Promise.all(crowd)).filter((answer) => answer === true).length;
    }
    return admitted;
  }

  it('let a client address write to 60 people an hour, and to those again', async () => {
    const { open } = await stage();
    const people = Array.from({ length: 61 }, mail);
    const [first = '', last = ''] = [people[0], people[60]];
    for (const person of people.slice(0, 60)) assert.equal(await open(stranger(1), person), true);
    host().clock.advance(HOUR / 2);
    assert.equal(await open(stranger(1), last), 1800, 'until the hour is over');
    assert.equal(await open(stranger(1), first), true);
    assert.equal(await open(stranger(2), last), true, 'another address');
    host().clock.advance(HOUR / 2);
    assert.equal(await open(stranger(1), last), true);
  });

  it('count an IPv6 customer by network, and never let more through at once', async () => {
    const { open } = await stage();
    assert.equal(await count(100, (n) => open(`2001:db8:1:2::${n.toString(16)}`, mail())), 60);
    const { open: again } = await stage();
    const people = Array.from({ length: 30 }, mail);
    assert.equal(await count(60, (n) => again(stranger(1), people[n % 30] ?? '')), 60, 'no doubles count');
    assert.equal(await count(60, () => again(stranger(1), mail())), 30);
  });

  it('let all networks of an IPv6 customer together write to six times as many people', async () => {
    const { open } = await stage({ recipientsPerAddressPerHour: 5 });
    const network = (n: number) => `2001:db8:7:${n.toString(16)}::1`;
    const people = Array.from({ length: 30 }, mail);
    assert.equal(await count(30, (n) => open(network(n), people[n] ?? '')), 30);
    assert.equal(await count(60, (n) => open(network(100 + n), mail())), 0, 'whichever network it is');
    assert.equal(await count(30, (n) => open(network(n), people[n] ?? '')), 30, 'to those again');
    assert.equal(await count(5, () => open('2001:db8:8:1::1', mail())), 5, 'another customer');
    host().clock.advance(HOUR);
    assert.equal(await count(9, () => open(network(100), mail())), 5, 'what was refused did not count');
    const { open: once } = await stage({ recipientsPerAddressPerHour: 5 });
    assert.equal(await count(60, (n) => once(network(n), mail())), 30, 'never more at once');
  });

  it('count nobody who is logged in by address', async () => {
    const { admit } = await stage();
    assert.equal(await from(stranger(1), () => count(70, () => admit(mail()))), 70);
  });

  it('let an app send as many mails and SMS an hour as it may, and tell of the flood once', async () => {
    const { admit, floods, limited, app } = await stage({ mailsPerAppPerHour: 10, smsPerAppPerHour: 4 });
    const other = await host().createApp();
    assert.equal(await count(20, () => admit(mail())), 10);
    assert.equal(await count(9, () => admit(number())), 4);
    assert.equal(await count(5, () => admit(mail(), {}, undefined, other)), 5);
    const told = floods().map(({ appId, channel, budget, limit }) => ({ appId, channel, budget, limit }));
    assert.deepEqual(told, [
      { appId: app.id, channel: 'email', budget: 'app', limit: 10 },
      { appId: app.id, channel: 'sms', budget: 'app', limit: 4 },
    ]);
    assert.deepEqual([limited.length, new Set(limited)], [15, new Set(['email', 'sms'])]);
    host().clock.advance(HOUR);
    assert.equal(await count(20, () => admit(mail())), 10);
    assert.equal(floods().length, 3);
  });

  it('are lowered by an app, never raised', async () => {
    const config = { mailsPerAppPerHour: 10, smsPerAppPerHour: 10 };
    const { admit } = await stage(config, { mailsPerHour: 3, smsPerHour: 500 });
    assert.deepEqual([await count(20, () => admit(mail())), await count(20, () => admit(number()))], [3, 10]);
    const off = await stage({ mailsPerAppPerHour: 0 }, { mailsPerHour: 3 });
    assert.equal(await count(20, () => off.admit(mail())), 3);
  });

  it('stop pumping a block of numbers through all apps', async () => {
    const { admit, floods } = await stage();
    const other = await host().createApp();
    const turns = (n: number) => admit(number(), {}, undefined, n % 2 ? other : undefined);
    assert.equal(await count(40, turns), 20);
    assert.equal(await admit(number('+49151124456')), true, 'another block');
    assert.deepEqual(
      floods().map(({ budget, limit }) => [budget, limit]),
      [['prefix', 20]],
    );
  });

  it('let a user invite 50 people a day', async () => {
    const { admit, floods } = await stage();
    const invite = (inviter: string) => admit(mail(), { inviter });
    assert.equal(await count(60, () => invite('ada')), 50);
    assert.equal(await invite('bo'), true);
    host().clock.advance(23 * HOUR);
    assert.equal(await invite('ada'), false);
    host().clock.advance(HOUR);
    assert.equal(await invite('ada'), true);
    assert.deepEqual(
      floods().map(({ budget, userId }) => [budget, userId]),
      [['inviter', 'ada']],
    );
  });

  it('count nothing where they are off', async () => {
    const { admit, open } = await stage({
      recipientsPerAddressPerHour: 0,
      mailsPerAppPerHour: 0,
      smsPerAppPerHour: 0,
      smsPerPrefixPerHour: 0,
      invitesPerUserPerDay: 0,
    });
    assert.equal(await count(400, () => open(stranger(1), number())), 400);
    assert.equal(await count(70, () => admit(mail(), { inviter: 'ada' })), 70);
  });

  it('cost nobody their own budget, and come back when nothing was sent', async () => {
    const { app, deps, admit } = await stage({ mailsPerAppPerHour: 2 });
    const person = mail();
    assert.equal(await count(2, () => admit(mail())), 2);
    assert.equal(await count(20, () => admit(person)), 0);
    host().clock.advance(HOUR);
    const budget = { app, subject: person, purpose: 'signup', unproven: { to: person } } as const;
    for (let n = 0; n < 10; n++) {
      assert.equal(await admitCode(deps, budget), true);
      await assert.rejects(sendAdmitted(deps, budget, () => Promise.reject(new Error('refused'))));
    }
  });

  it('leave codes to a proven destination alone', async () => {
    const { app, deps } = await stage({ smsPerAppPerHour: 1, smsPerPrefixPerHour: 1 });
    const admit = () => admitCode(deps, { app, subject: number(), purpose: 'sms' });
    assert.equal(await count(30, admit), 30);
  });

  it('count the welcome of nobody who was not made', async () => {
    const { deps } = host();
    const app = await host().createApp({ signupFlow: 'none' });
    const handle = 'thrice@example.com';
    const body = { handle, password: PASSWORD, metaData: '{}' };
    const calls = Array.from({ length: 3 }, () => appClient(host(), app).post('signup', body));
    const made = (await Promise.all(calls)).filter(({ status }) => status === 200);
    const key = `codes-hour/${app.id}/signup/${deps.handleRef(app.id, handle)}`;
    const counted = await deps.store.counters.read(key, deps.clock.now());
    assert.deepEqual({ made: made.length, counted }, { made: 1, counted: 1 });
  });
});
