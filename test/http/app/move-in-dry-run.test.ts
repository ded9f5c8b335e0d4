import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { BCRYPT, FIREBASE_KEYS } from '../../support/foreign-files.ts';
import { type MoveIn, movedIn } from '../../support/move-in.ts';
import { aRowId, aUser } from '../../support/records.ts';

interface Person {
  id: string;
  email?: string;
  verified?: boolean;
  /** A hash, of the source's own kind unless it is named. */
  hash?: string;
  google?: string;
}

const OWN = 'own';
const EARLIER = { id: 'a1', email: 'earlier@example.com', verified: true, hash: OWN };
/** Whatever may go wrong between a file and an app. */
const PEOPLE: readonly Person[] = [
  { id: 'a1', email: 'elsewhere@example.com', verified: true, hash: OWN },
  { id: 'a2', email: 'new@example.com', verified: true, hash: OWN },
  { id: 'a3', email: 'NEW@example.com', verified: true, hash: OWN },
  { id: 'a2', email: 'other@example.com', hash: OWN },
  { id: 'a4' },
  { id: 'a5', email: 'no address' },
  { id: 'a6', email: 'there@example.com', verified: true, hash: OWN },
  { id: 'a7', email: 'unverified@example.com', hash: OWN },
  { id: 'a8', email: 'without@example.com', verified: true },
  { id: 'a9', email: 'odd@example.com', verified: true, hash: '$6$salt$of-another-kind' },
  { id: 'b1', email: 'google@example.com', verified: true, google: 'g-1' },
  { id: 'b2', email: 'twice@example.com', verified: true, google: 'g-1' },
  { id: 'b3', email: 'theirs@example.com', verified: true, google: 'g-there' },
  { id: 'b4', email: 'social@example.com', verified: true, hash: OWN },
];

const own = (hash: string | undefined) => (hash === OWN ? BCRYPT : hash);
const socials = (google: string | undefined, make: (id: string) => object) =>
  google === undefined ? [] : [make(google)];
const csv = (header: string, rows: readonly unknown[][]) =>
  [header, ...rows.map((row) => row.map((cell) => cell ?? '').join(','))].join('\n');

function pocketbase(people: readonly Person[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'pocketbase-'));
  const path = join(folder, 'data.db');
  const db = new DatabaseSync(path);
  db.exec(`
    CREATE TABLE _collections (id TEXT, name TEXT, type TEXT);
    INSERT INTO _collections VALUES ('3', 'users', 'auth');
    CREATE TABLE users (id TEXT, email TEXT, verified BOOLEAN, password TEXT);
  `);
  const add = db.prepare('INSERT INTO users VALUES (?, ?, ?, ?)');
  for (const { id, email = null, verified, hash } of people)
    add.run(id, email, verified ? 1 : 0, own(hash) ?? null);
  db.close();
  try {
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const json = (make: (person: Person) => object) => (people: readonly Person[]) => ({
  file: JSON.stringify(people.map(make)),
});
/** The file of each system. */
const FILES: Record<string, (people: readonly Person[]) => Omit<MoveIn, 'format'>> = {
  firebase: (people) => ({
    ...json(({ id, email, verified, hash, google }) => ({
      ...{ localId: id, email, emailVerified: verified, salt: 'N8FKDaznOMo=' },
      passwordHash: hash === OWN ? `${'A'.repeat(86)}==` : hash,
      providerUserInfo: socials(google, (rawId) => ({ providerId: 'google.com', rawId })),
    }))(people),
    options: FIREBASE_KEYS,
  }),
  auth0: json(({ id, email, verified, hash, google }) => ({
    ...{ user_id: `auth0|${id}`, email, email_verified: verified, passwordHash: own(hash) },
    identities: socials(google, (user_id) => ({ provider: 'google-oauth2', user_id })),
  })),
  supabase: json(({ id, email, verified, hash, google }) => ({
    ...{ id, email, encrypted_password: own(hash), email_confirmed_at: verified && '2023-01-01T10:00:00Z' },
    identities: socials(google, (provider_id) => ({ provider: 'google', provider_id })),
  })),
  pocketbase: (people) => ({ file: pocketbase(people) }),
  keycloak: json(({ id, email, verified, hash, google }) => ({
    ...{ id, email, emailVerified: verified, username: `name-${id}` },
    credentials: hash === undefined ? [] : [keycloakPassword(hash)],
    federatedIdentities: socials(google, (userId) => ({ identityProvider: 'google', userId })),
  })),
  'better-auth': (people) => ({
    ...json(({ id, email, verified }) => ({ id, email, emailVerified: verified }))(people),
    second: {
      part: 'accounts',
      text: JSON.stringify(
        people.flatMap(({ id: userId, hash, google }) => [
          { userId, providerId: 'credential', password: own(hash) },
          ...socials(google, (accountId) => ({ userId, providerId: 'google', accountId })),
        ]),
      ),
    },
  }),
  supertokens: json(({ id, email, verified: isVerified, hash, google }) => ({
    externalUserId: id,
    loginMethods: [
      { recipeId: 'emailpassword', email, isVerified, passwordHash: own(hash) },
      ...socials(google, (thirdPartyUserId) => ({
        ...{ recipeId: 'thirdparty', thirdPartyId: 'google', thirdPartyUserId, email, isVerified },
      })),
    ],
  })),
  appwrite: json(({ id, email, verified, hash }) => ({
    ...{ $id: id, email, emailVerification: verified, status: true },
    ...(hash !== undefined && { hash: hash === OWN ? 'bcrypt' : 'sha', password: own(hash) }),
  })),
  clerk: (people) => ({
    file: csv(
      'id,primary_email_address,verified_email_addresses,password_digest,password_hasher',
      people.map(({ id, email, verified, hash }) => [
        ...[id, email, verified ? email : '', own(hash), hash === OWN ? 'bcrypt' : hash && 'odd'],
      ]),
    ),
  }),
  cognito: (people) => ({
    file: csv(
      'sub,email,email_verified',
      people.map(({ id, email, verified }) => [id, email, verified]),
    ),
  }),
  parse: json(({ id, email, verified, hash, google }) => ({
    ...{ objectId: id, email, emailVerified: verified, _hashed_password: own(hash) },
    authData: google === undefined ? {} : { google: { id: google } },
  })),
};

function keycloakPassword(hash: string) {
  const data = { hashIterations: 2000, algorithm: hash === OWN ? 'pbkdf2-sha256' : 'odd' };
  const secret = { value: Buffer.alloc(64, 7).toString('base64'), salt: 'rZzb77cNphCwfcxhOTQFKg==' };
  return {
    type: 'password',
    secretData: JSON.stringify(secret),
    credentialData: JSON.stringify(data),
  };
}

/** Additions §4: `dryRun` writes nothing and reports the same. */
describeOnBothStores('a dry run', (host) => {
  for (const [format, fileOf] of Object.entries(FILES)) {
    for (const conflict of ['skip', 'update', 'fail'] as const) {
      it(`foretells what becomes of people from ${format} (${conflict})`, async () => {
        const app = await host().createApp();
        await host().createUser(app, { handle: 'there@example.com', password: '0'.repeat(32) });
        const social = { loginProvider: 'google', socialUserId: 'g-there' } as const;
        const { passwordHash: _, ...theirs } = aUser({ appId: app.id, id: aRowId(), ...social });
        await host().deps.store.users.insert({ ...theirs, handle: 'social@example.com' });
        await movedIn(host(), app, { format, ...fileOf([EARLIER]) });
        const move = (dryRun: string) => {
          const { options, ...files } = fileOf(PEOPLE);
          return movedIn(host(), app, { format, ...files, options: { ...options, conflict, dryRun } });
        };
        const size = await host().deps.store.users.size(app.id);
        const { job: _dry, ...foretold } = await move('true');
        assert.equal(await host().deps.store.users.size(app.id), size);
        const { job: _real, ...became } = await move('false');
        if (conflict === 'fail') {
          assert.deepEqual([foretold.reason, became.reason], ['taken', 'taken']);
          assert.deepEqual(foretold.report.refusedRows, became.report.refusedRows);
          return;
        }
        assert.equal(became.state, 'done');
        assert.deepEqual({ ...foretold, dryRun: false }, became);
        const { created, updated, skipped, refused } = became.report;
        assert.equal(created + updated + skipped + refused, PEOPLE.length);
        assert.equal(await host().deps.store.users.size(app.id), size + created);
        const why = new Map<string, string>(
          became.report.refusedRows.map(({ line, reason }: { line: number; reason: string }) => [
            String(format === 'clerk' || format === 'cognito' ? line - 1 : line),
            reason,
          ]),
        );
        assert.equal(why.get('1'), 'taken', 'an id that is here with another handle');
      });
    }
  }
});
