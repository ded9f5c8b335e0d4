import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/host.ts';
import { patched } from '../../support/patched.ts';

const TAKEN_PHONE = '+15551234567';
const FREE_PHONE = '+15551234568';

describe('a token that has ended', () => {
  let host: TestHost;
  let app: App;
  before(async () => {
    host = await startTestHost();
    app = await host.createApp({
      twoFactorVerification: 'phone',
      userNamesEnabled: true,
      invitationEnabled: true,
    });
    await host.createUser(app, {
      handle: 'owner@example.com',
      userName: 'owner',
      phone: TAKEN_PHONE,
      phoneVerified: true,
    });
  });
  after(() => host.stop());

  const endings: { how: string; end: (user: User) => Promise<unknown> }[] = [
    { how: 'by a later epoch', end: (user) => host.deps.store.users.replace({ ...user, epoch: 1 }) },
    { how: 'with its user', end: (user) => host.deps.store.users.remove(user.appId, user.id) },
    {
      how: 'by a suspension',
      end: (user) => host.deps.store.users.replace({ ...user, epoch: 1, status: 'suspend' }),
    },
  ];
  const pairs: { route: string; asks: [Record<string, unknown>, Record<string, unknown>]; get?: true }[] = [
    { route: 'setPhone', asks: [{ phone: TAKEN_PHONE }, { phone: FREE_PHONE }] },
    { route: 'userNameAvailable', asks: [{ userName: 'owner' }, { userName: 'nobody' }], get: true },
    { route: 'setUserName', asks: [{ userName: 'owner' }, { userName: 'nobody' }] },
    { route: 'invite', asks: [{ handle: 'owner@example.com' }, { handle: 'new@example.com' }] },
    {
      route: 'changePassword',
      asks: [
        { password: PASSWORD, newPassword: 'e'.repeat(32) },
        { password: 'f'.repeat(32), newPassword: 'e'.repeat(32) },
      ],
    },
    {
      route: 'deleteAccount',
      asks: [
        { handle: 'ended@example.com', password: PASSWORD },
        { handle: 'owner@example.com', password: 'f'.repeat(32) },
      ],
    },
    { route: 'verifyPhone', asks: [{ code: '123456' }, { code: '654321' }] },
    { route: 'setTwoFactorPhoneVerification', asks: [{ twoFactor: true }, { twoFactor: false }] },
  ];
  for (const { how, end } of endings) {
    it(`learns nothing of others and has nothing done, ended ${how}`, async () => {
      const user = await host.createUser(app, { handle: 'ended@example.com' });
      const headers = { 'access-token': await host.accessToken(app, user) };
      await end(user);
      const { users } = host.deps.store;
      const lookups = [
        'findByHandle',
        'findByUserName',
        'findByVerifiedPhone',
        'findBySocialId',
        'search',
      ] as const;
      const asked: string[] = [];
      const watched = lookups.map((name) => [
        name,
        async () => {
          asked.push(name);
          return name === 'findByVerifiedPhone' ? [] : undefined;
        },
      ]);
      const events = host.events.length;
      await patched(users, Object.fromEntries(watched), async () => {
        for (const { route, asks, get } of pairs) {
          const answers = [];
          for (const json of asks) {
            const query = get ? `?${new URLSearchParams(json as Record<string, string>)}` : '';
            const path = `/api/appuser/${route}${query}`;
            const answer = await host.request(get ? 'GET' : 'POST', path, {
              headers,
              ...(get ? {} : { json }),
            });
            answers.push([answer.status, answer.body.code]);
          }
          assert.deepEqual(answers[0], answers[1], route);
          assert.notEqual(answers[0]?.[0], 200, route);
        }
      });
      assert.deepEqual(asked, [], 'nobody else is looked up');
      const done = host.events
        .slice(events)
        .filter(({ event }) => event === 'code_sent' || event === 'invite_issued');
      assert.deepEqual(done, []);
      await users.remove(app.id, user.id);
    });
  }
});
