import assert from 'node:assert/strict';
import { it } from 'node:test';
import { writeBatch } from '../../../server/domain/transfer/move-in-write.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { BCRYPT, FIREBASE_KEYS, MD5 } from '../../support/foreign-files.ts';
import { movedIn } from '../../support/move-in.ts';
import { aJob, aUser } from '../../support/records.ts';

const json = JSON.stringify;
const OTHER_BCRYPT = `${BCRYPT.slice(0, -1)}O`;
const person = (n: number, more = {}) =>
  json({
    user_id: `auth0|${n}`,
    email: `p${n}@example.com`,
    email_verified: true,
    passwordHash: BCRYPT,
    ...more,
  });

/** Additions §4. */
describeOnBothStores('an address that another system did or did not verify', (host) => {
  const users = () => host().deps.store.users;
  const update = { conflict: 'update', unverified: 'active' };

  it('replaces what somebody has only where it was verified and they may log in there', async () => {
    const app = await host().createApp();
    const there = await host().createUser(app, { handle: 'p1@example.com', password: MD5 });
    for (const more of [{ email_verified: false }, { blocked: true }]) {
      const file = person(1, more);
      const { report } = await movedIn(host(), app, { format: 'auth0', file, options: update });
      assert.deepEqual(
        [report.updated, report.refusedRows],
        [0, [{ line: 1, reason: 'unverified', id: 'auth0|1' }]],
      );
      assert.deepEqual(await users().find(app.id, there.id), there);
    }
  });

  it('does not follow an id to another handle, nor give an account of Apple or Google a password', async () => {
    const app = await host().createApp();
    const social = { loginProvider: 'google', socialUserId: 'g-2' } as const;
    const there = await host().createUser(app, { handle: 'p2@example.com', ...social });
    await movedIn(host(), app, { format: 'auth0', file: person(1) });
    const file = `${person(1, { email: 'other@example.com' })}\n${person(2)}`;
    const { report } = await movedIn(host(), app, { format: 'auth0', file, options: update });
    assert.deepEqual(report.refusedRows, [
      { line: 1, reason: 'taken', id: 'auth0|1' },
      { line: 2, reason: 'taken', id: 'auth0|2' },
    ]);
    assert.deepEqual(await users().find(app.id, there.id), there);
    assert.equal((await users().findByHandle(app.id, 'p1@example.com'))?.importedFrom, 'auth0:auth0|1');
    const same = person(1, { email: 'P1@EXAMPLE.com', email_verified: false });
    const again = await movedIn(host(), app, { format: 'auth0', file: same, options: update });
    assert.equal(again.report.updated, 1, 'known by the id, with the same handle');
  });

  it('looks again where somebody changed while a password was hashed', async () => {
    const app = await host().createApp();
    const there = await host().createUser(app, { handle: 'p1@example.com', password: MD5 });
    const { deps } = host();
    const user = { ...aUser({ appId: app.id, handle: there.handle, importedFrom: 'appwrite:1' }) };
    const candidate = { line: 1, id: '1', user, md5: MD5, factorsDropped: 0, worksAtOnce: true };
    const passwords = {
      ...deps.passwords,
      async hash(md5: string) {
        const social = { loginProvider: 'google', socialUserId: 'g-1' } as const;
        await deps.store.users.replace({ ...there, ...social });
        return deps.passwords.hash(md5);
      },
    };
    const task = { format: 'appwrite', dryRun: false, conflict: 'update', unverified: 'pending' };
    const job = aJob({ appId: app.id, kind: 'import', task });
    const { outcomes } = await writeBatch({ ...deps, passwords }, { app, job }, [
      { ...candidate, isVouchedFor: true, isNamed: false },
    ]);
    assert.deepEqual(outcomes, ['taken']);
    assert.equal((await users().find(app.id, there.id))?.passwordHash, there.passwordHash);
  });

  it('takes an id that is a name for no proof: whoever has the name may be another by now', async () => {
    const later = { email: 'p1@example.com', username: 'p1', passwordHash: OTHER_BCRYPT };
    for (const [format, id, more] of [
      ['auth0', 'p1@example.com', {}],
      ['supertokens', 'p1@example.com', {}],
      ['keycloak', 'p1', { credentials: [] }],
      ['cognito', 'p1', { 'cognito:username': 'p1' }],
    ] as const) {
      const app = await host().createApp();
      const file = (verified: object) => `[${json({ ...later, ...more, ...verified })}]`;
      const first = { emailVerified: true, email_verified: true, isVerified: true, passwordHash: BCRYPT };
      assert.equal((await movedIn(host(), app, { format, file: file(first) })).report.created, 1);
      const there = await users().findByHandle(app.id, 'p1@example.com');
      assert.equal(there?.importedFrom, `${format}:${id}`);
      const { report } = await movedIn(host(), app, { format, file: file({}), options: update });
      assert.deepEqual(report.refusedRows, [{ line: 1, reason: 'unverified', id }], format);
      assert.deepEqual(await users().find(app.id, there.id), there);
      const again = await movedIn(host(), app, { format, file: file(first), options: update });
      assert.equal(again.report.updated, 1, format);
    }
  });

  const [a, b, phone] = ['a@example.com', 'b@example.com', '+4915112345678'];
  const isPhone = { handleType: 'phone' };
  const date = '2023-01-01T10:00:00Z';
  const method = (more: object) => ({ recipeId: 'emailpassword', passwordHash: BCRYPT, ...more });
  const google = { recipeId: 'thirdparty', thirdPartyId: 'google', thirdPartyUserId: 'g' };
  const cases: [
    name: string,
    status: string,
    format: string,
    row: object,
    settings?: object,
    options?: object,
  ][] = [
    [
      'of the map',
      'pending',
      'auth0',
      { ...JSON.parse(person(1)), login: b },
      {},
      { map: '{"handle":"login"}' },
    ],
    [
      'of the map, the verified one',
      'active',
      'auth0',
      { ...JSON.parse(person(1)), login: 'P1@example.com' },
      {},
      { map: '{"handle":"login"}' },
    ],
    [
      'beside a verified one',
      'pending',
      'supertokens',
      {
        id: '1',
        loginMethods: [{ ...google, email: b, isVerified: true }, method({ email: a, isVerified: false })],
      },
    ],
    [
      'of the password',
      'active',
      'supertokens',
      {
        id: '1',
        loginMethods: [{ ...google, email: b, isVerified: false }, method({ email: a, isVerified: true })],
      },
    ],
    [
      'beside a verified number',
      'pending',
      'supabase',
      { id: '1', email: a, phone, phone_confirmed_at: date, confirmed_at: date },
    ],
    [
      'that is the primary one',
      'pending',
      'clerk',
      { id: '1', primary_email_address: a, verified_email_addresses: b },
    ],
    [
      'that is a number',
      'pending',
      'better-auth',
      { id: '1', email: a, emailVerified: true, phoneNumber: phone },
      isPhone,
    ],
    [
      'that is a verified number',
      'active',
      'better-auth',
      { id: '1', phoneNumber: phone, phoneNumberVerified: true },
      isPhone,
    ],
    [
      'that is a number of Firebase',
      'active',
      'firebase',
      { localId: '1', phoneNumber: phone },
      isPhone,
      FIREBASE_KEYS,
    ],
    [
      'with an account of Google',
      'pending',
      'firebase',
      { localId: '1', email: a, providerUserInfo: [{ providerId: 'google.com', rawId: 'g-1' }] },
      {},
      { ...FIREBASE_KEYS, unverified: 'active' },
    ],
  ];
  for (const [name, status, format, row, settings, options] of cases) {
    it(`makes people ${status} by a handle ${name} (${format})`, async () => {
      const app = await host().createApp(settings);
      const { report } = await movedIn(host(), app, {
        format,
        file: `[${json(row)}]`,
        options: { ...options } as Record<string, string>,
      });
      assert.equal(report.created, 1, json(report));
      const { rows } = await users().list(app.id, {}, { sort: '-created', limit: 2 });
      assert.deepEqual(
        rows.map((user) => user.status),
        [status],
      );
    });
  }
});
