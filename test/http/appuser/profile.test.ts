import assert from 'node:assert/strict';
import { it } from 'node:test';
import { profileRoutes } from '../../../server/http/routes/appuser/profile.ts';
import type { App, MetadataField } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { assertRefused, assertTrue, atOnce, loggedIn } from '../../support/appuser-client.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import type { TestHost } from '../../support/host.ts';

const DAY_MS = 86_400_000;

const field = (path: string, more: Partial<MetadataField> = {}): MetadataField => ({
  id: path,
  path,
  fieldName: path.split('.').at(-1) ?? path,
  required: false,
  canEdit: true,
  ...more,
});
const FIELDS = [
  field('user_data.name.first'),
  field('user_data.name.last', { required: true }),
  field('user_data.role', { canEdit: false, required: true }),
];
const STORED = { user_data: { name: { last: 'Lovelace' }, role: 'member' }, extra: 'kept' };

describeOnBothStores(
  'profile',
  (host: () => TestHost) => {
    async function stage(settings: Partial<App> = {}, userSettings: Partial<User> = {}) {
      const app = await host().createApp(settings);
      const user = await host().createUser(app, userSettings);
      const client = await loggedIn(host(), app, user);
      const current = () => host().deps.store.users.find(app.id, user.id);
      return { app, user, client, current };
    }

    /** Every route of the file with a good body, and what it answers when nobody asks. */
    const ROUTES: [method: 'get' | 'post', route: string, body: Record<string, unknown>, nobody: number][] = [
      ['get', 'getUser', {}, 602],
      ['get', 'userNameAvailable?userName=ada', {}, 403],
      ['post', 'setUserName', { userName: 'ada' }, 403],
      ['post', 'setLocale', { locale: 'EN' }, 403],
      ['post', 'setUserMetadata', { metaData: '{}' }, 403],
    ];
    for (const [method, route, body, nobody] of ROUTES) {
      it(`${route} answers ${nobody} without a user, 402, 413, 404, 405 and 401 as the contract says`, async () => {
        const open = { userNamesEnabled: true, metaData: [field('x')] };
        const { app, user, client } = await stage(open);
        const call = () => (method === 'get' ? client.get(route) : client.post(route, body));
        const path = `/api/appuser/${route}`;
        const verb = method.toUpperCase();
        const json = method === 'get' ? {} : { json: body };
        assertRefused(await host().request(verb, path, json), nobody);
        assertRefused(
          await host().request(verb, path, { ...json, headers: { 'app-token': app.appToken } }),
          nobody,
        );
        for (const [status, code] of [
          ['inactive', 402],
          ['blocked', 402],
          ['migrated', 413],
        ] as const) {
          const other = await stage({ ...open, status });
          const refused = method === 'get' ? other.client.get(route) : other.client.post(route, body);
          assertRefused(await refused, code, status);
        }
        await host().deps.store.users.replace({ ...user, status: 'suspend' });
        assertRefused(await call(), 404);
        await host().deps.store.users.replace({ ...user, revision: 2, epoch: 5 });
        assertRefused(await call(), 405);
        await host().deps.store.users.remove(app.id, user.id);
        assertRefused(await call(), 405, 'gone');
        await host().deps.store.apps.remove(app.id);
        assertRefused(await call(), 401);
      });
    }

    it('getUser answers the members of the contract and leaves out what is unset', async () => {
      const { app, user, client } = await stage();
      const { status, body } = await client.get('getUser');
      assert.equal(status, 200);
      const time = new Date(user.createdAt).toISOString();
      assert.deepEqual(body, {
        status: 'active',
        createdAt: time,
        updatedAt: time,
        handle: 'ada@example.com',
        locale: 'EN',
        twoFactorPhoneVerification: false,
        twoFactorGoogleVerification: false,
        appId: app.id,
        loginProvider: '',
        uid: user.uid,
        sub: user.uid,
        hasPassword: true,
        sessionEnds: new Date(host().clock.now() + 30 * DAY_MS).toISOString(),
      });
    });

    it('getUser tells of each token when it ends, of each app what it calls the user', async () => {
      const { app, user, client } = await stage({ userIdFormat: 'handle' }, { passwordHash: undefined });
      const { body: first } = await client.get('getUser');
      assert.deepEqual([first.uid, first.sub, first.hasPassword], [user.uid, 'ada_example.com', false]);
      host().clock.advance(DAY_MS);
      const { body: second } = await (await loggedIn(host(), app, user)).get('getUser');
      assert.equal(Date.parse(second.sessionEnds), Date.parse(first.sessionEnds) + DAY_MS);
      assert.equal((await client.get('getUser')).body.sessionEnds, first.sessionEnds);
    });

    it('getUser shows what is set, and never a hash, seed or code', async () => {
      const { client } = await stage(
        {},
        {
          userName: 'ada',
          phone: '+15551234567',
          phoneVerified: true,
          metaData: STORED,
          lastLogin: 1e12,
          twoFactorTotp: true,
          totpSecret: 'A'.repeat(32),
          recoveryCodes: ['digest'],
          loginProvider: 'google',
          socialUserId: 'sub-1',
        },
      );
      const { body } = await client.get('getUser');
      assert.deepEqual(
        Object.keys(body).sort(),
        [
          ...['appId', 'createdAt', 'handle', 'lastLogin', 'locale', 'loginProvider', 'metaData', 'phone'],
          ...[
            'phoneVerified',
            'status',
            'twoFactorGoogleVerification',
            'twoFactorPhoneVerification',
            'updatedAt',
          ],
          'userName',
          ...['hasPassword', 'sessionEnds', 'sub', 'uid'],
        ].sort(),
      );
      assert.deepEqual(
        [body.phone, body.phoneVerified, body.metaData, body.lastLogin],
        ['+15551234567', true, STORED, '2001-09-09T01:46:40.000Z'],
      );
    });

    it('sets a user name once, in lower case', async () => {
      const { client, current } = await stage({ userNamesEnabled: true });
      assert.deepEqual((await client.get('userNameAvailable?userName=%20Ada1')).body, { available: true });
      host().clock.advance(1000);
      assertTrue(await client.post('setUserName', { userName: ' Ada1 ' }));
      const user = await current();
      assert.deepEqual([user?.userName, user?.updatedAt], ['ada1', host().clock.now()]);
      assert.deepEqual((await client.get('userNameAvailable?userName=ada1')).body, { available: false });
      assertRefused(await client.post('setUserName', { userName: 'other' }), 602);
    });

    it('gives a user name to one of 20 users who want it at once', async () => {
      const { app } = await stage({ userNamesEnabled: true });
      const clients = await Promise.all(
        Array.from({ length: 20 }, async (_, index) =>
          loggedIn(host(), app, await host().createUser(app, { handle: `u${index}@example.com` })),
        ),
      );
      const { successes, refusals } = await atOnce(20, async (index) => {
        const answer = await clients[index]?.post('setUserName', { userName: 'ada' });
        assert.ok(answer);
        return answer;
      });
      assert.equal(successes.length, 1);
      assert.deepEqual(new Set(refusals.map(({ body }) => body.code)), new Set([605]));
    });

    const names: [about: string, app: Partial<App>, userName: unknown, code: number][] = [
      ['no user name', { userNamesEnabled: true }, undefined, 403],
      ['an empty one', { userNamesEnabled: true }, '', 403],
      ['a list', { userNamesEnabled: true }, ['ada'], 602],
      ['an e-mail address', { userNamesEnabled: true }, 'bo@example.com', 602],
      ['two letters', { userNamesEnabled: true }, 'ab', 602],
      [
        'user names switched off, before anything else',
        { userNamesEnabled: false, status: 'inactive' },
        'ab',
        606,
      ],
    ];
    for (const [about, settings, userName, code] of names) {
      it(`refuses ${about} with ${code}`, async () => {
        const { client } = await stage(settings);
        assertRefused(await client.post('setUserName', { userName }), code);
        if (Array.isArray(userName)) return;
        const query = userName === undefined ? '' : `?userName=${encodeURIComponent(String(userName))}`;
        assertRefused(await client.get(`userNameAvailable${query}`), code);
      });
    }

    it('sets a locale of the app in any case, and EN always', async () => {
      const { client, current } = await stage({ locales: ['EN', 'DE'] });
      for (const [locale, stored] of [
        ['de', 'DE'],
        [' EN ', 'EN'],
      ] as const) {
        assertTrue(await client.post('setLocale', { locale }));
        assert.equal((await current())?.locale, stored);
      }
      assertRefused(await client.post('setLocale', { locale: 'FR' }), 602);
      assertRefused(await client.post('setLocale', {}), 403);
    });

    const metadata = (first: unknown) => JSON.stringify({ user_data: { name: { first } } });
    it('sets the editable fields that are sent and keeps everything else', async () => {
      const { client, current } = await stage({ metaData: FIELDS }, { metaData: STORED });
      assertTrue(await client.post('setUserMetadata', { metaData: metadata(' Ada ') }));
      const { user_data: _, ...rest } = STORED;
      const expected = { ...rest, user_data: { name: { first: 'Ada', last: 'Lovelace' }, role: 'member' } };
      assert.deepEqual((await current())?.metaData, expected);
      assertTrue(
        await client.post('setUserMetadata', { metaData: '{"user_data":{"role":"member"},"sub":"x"}' }),
      );
      assertTrue(await client.post('setUserMetadata', { metaData: '{"user_data":{"name":{"first":""}}}' }));
      assert.deepEqual((await current())?.metaData.user_data, {
        name: { first: '', last: 'Lovelace' },
        role: 'member',
      });
    });

    const refused: [about: string, text: unknown, code: number][] = [
      ['nothing', undefined, 602],
      ['no JSON', '{', 602],
      ['a list', '[]', 602],
      ['an object instead of its text', { user_data: {} }, 602],
      ['a field that cannot be edited', '{"user_data":{"role":"admin"}}', 604],
      ['an emptied required field', '{"user_data":{"name":{"last":" "}}}', 604],
      ['a number', metadata(7), 604],
      ['more than 1,024 characters', metadata('x'.repeat(1025)), 604],
      ['a lone surrogate', '{"user_data":{"name":{"first":"\\udc00"}}}', 604],
    ];
    for (const [about, metaData, code] of refused) {
      it(`refuses ${about} as metadata with ${code}, and changes nothing`, async () => {
        const { client, current } = await stage({ metaData: FIELDS }, { metaData: STORED });
        assertRefused(await client.post('setUserMetadata', { metaData }), code);
        assert.deepEqual((await current())?.metaData, STORED);
      });
    }

    it('refuses metadata with 602 in an app without fields, and with 604 while a required one is missing', async () => {
      assertRefused(await (await stage()).client.post('setUserMetadata', { metaData: '{}' }), 602);
      const { client } = await stage({ metaData: FIELDS });
      assertRefused(await client.post('setUserMetadata', { metaData: metadata('Ada') }), 604);
    });

    it('reads Swift’s metadata with & = and % byte for byte', async () => {
      const { client, current } = await stage({ metaData: FIELDS }, { metaData: STORED });
      const body = 'metaData={"user_data":{"name":{"first":"A&B=C","last":"100% sure"}}}';
      assertTrue(await client.postRaw('/api/appuser/setUserMetadata', body));
      assert.deepEqual((await current())?.metaData.user_data, {
        name: { first: 'A&B=C', last: '100% sure' },
        role: 'member',
      });
    });
  },
  { routes: profileRoutes },
);
