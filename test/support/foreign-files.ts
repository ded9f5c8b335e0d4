import { argon2Sync, hash, pbkdf2Sync, scryptSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The password of everybody here who has one. */
export const TEXT = 'Correct-Horse-1';
export const MD5 = hash('md5', TEXT, 'hex');
export const BCRYPT = '$2b$10$IstT5s.TQPhgh5IlYhGi4e7Y7K0VOwhIqXoWubzChl9FPashtIFhi';
const SALT = Buffer.from('rZzb77cNphCwfcxhOTQFKg==', 'base64');
const bare = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
const argon2 = argon2Sync('argon2id', {
  message: TEXT,
  nonce: SALT,
  parallelism: 1,
  tagLength: 32,
  memory: 1024,
  passes: 2,
});
const PHC = `$argon2id$v=19$m=1024,t=2,p=1$${bare(SALT)}$${bare(argon2)}`;

export const FIREBASE_KEYS = {
  base64_signer_key:
    'Y4Rm1IrOwHkNbGRbpYKDwwIwGfdYnuH064sQpr/VEsQPvNO81wCGlZ4JUpRPVqG8jyO2V7RXu9594m+irfIR/A==',
  base64_salt_separator: 'Bw==',
  rounds: '8',
  mem_cost: '14',
};
const FIREBASE_HASH =
  'Ufsl4mNxlYmEWke5bEh2ERiOiTCAKiRJI3rnrINmY5+wqAqg9DQyVzFpsRwd0E+J5VshqsldnCah/Lj8w2DOMg==';
const ada = 'ada@example.com';
const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');

/** What a system wrote: Ada with the password of everybody, and others. */
export interface ForeignFixture {
  format: string;
  file: string | Buffer;
  second?: { part: string; text: string };
  options?: Record<string, string>;
  /** What the report says of it. */
  created: number;
  atOnce?: number;
  resetOnly?: number;
  socialOnly?: number;
  factorsDropped?: number;
  /** Ada's second factor came along. */
  totp?: true;
}

function pocketbase(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'pocketbase-'));
  const path = join(folder, 'data.db');
  const db = new DatabaseSync(path);
  db.exec(`
    CREATE TABLE _collections (id TEXT, name TEXT, type TEXT);
    INSERT INTO _collections VALUES ('1', '_superusers', 'auth'), ('2', 'posts', 'base'), ('3', 'users', 'auth');
    CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT, verified BOOLEAN, password TEXT, created TEXT);
    INSERT INTO users VALUES ('pb1', '${ada}', TRUE, '${BCRYPT}', '2023-01-01 10:00:00.000Z');
    INSERT INTO users VALUES ('pb2', 'bob@example.com', FALSE, '${BCRYPT}', '');
  `);
  db.close();
  try {
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const keycloak = {
  realm: 'shop',
  roles: { realm: [{ name: 'users' }] },
  users: [
    {
      id: 'kc1',
      username: 'ada',
      email: ada,
      emailVerified: true,
      enabled: true,
      createdTimestamp: 1609459200000,
      credentials: [
        {
          type: 'password',
          secretData: JSON.stringify({
            value: pbkdf2Sync(TEXT, SALT, 2000, 64, 'sha256').toString('base64'),
            salt: SALT.toString('base64'),
          }),
          credentialData: JSON.stringify({ hashIterations: 2000, algorithm: 'pbkdf2-sha256' }),
        },
        {
          type: 'otp',
          secretData: JSON.stringify({ value: '12345678901234567890' }),
          credentialData: JSON.stringify({ subType: 'totp', digits: 6, period: 30, algorithm: 'HmacSHA1' }),
        },
      ],
    },
    {
      id: 'kc2',
      username: 'bob@example.com',
      emailVerified: true,
      enabled: true,
      credentials: [
        {
          type: 'password',
          secretData: JSON.stringify({ value: argon2.toString('base64'), salt: SALT.toString('base64') }),
          credentialData: JSON.stringify({
            hashIterations: 2,
            algorithm: 'argon2',
            additionalParameters: { memory: ['1024'], type: ['id'], version: ['1.3'], parallelism: ['1'] },
          }),
        },
        {
          type: 'otp',
          secretData: JSON.stringify({ value: '12345678901234567890' }),
          credentialData: JSON.stringify({ subType: 'totp', digits: 8, period: 30, algorithm: 'HmacSHA1' }),
        },
      ],
    },
  ],
};

const saltText = '970f519c2cadbcefb1e81694f904bc62';
const better = scryptSync(TEXT.normalize('NFKC'), saltText, 64, {
  N: 16384,
  r: 16,
  p: 1,
  maxmem: 64 * 1024 * 1024,
}).toString('hex');

/** One file of each system. */
export const FIXTURES: Record<string, ForeignFixture> = {
  'firebase, JSON': {
    format: 'firebase',
    options: FIREBASE_KEYS,
    file: JSON.stringify({
      users: [
        {
          localId: 'fb1',
          email: ada,
          emailVerified: true,
          passwordHash: FIREBASE_HASH,
          salt: 'N8FKDaznOMo=',
          createdAt: '1609459200000',
          lastSignedInAt: '1700000000000',
          displayName: 'Ada { [ "quoted" ] }',
          providerUserInfo: [],
        },
        {
          localId: 'fb2',
          email: 'bob@example.com',
          providerUserInfo: [{ providerId: 'google.com', rawId: 'g-1' }],
          mfaInfo: [{ mfaEnrollmentId: 'x' }],
        },
      ],
    }),
    created: 2,
    socialOnly: 1,
    factorsDropped: 1,
  },
  'firebase, CSV': {
    format: 'firebase',
    options: FIREBASE_KEYS,
    file: `fb1,${ada},true,${FIREBASE_HASH},N8FKDaznOMo=,"Lovelace, Ada",,,,,,,,,,,,,,,,,,1609459200000,1700000000000,,false,\n`,
    created: 1,
  },
  auth0: {
    format: 'auth0',
    file: lines(
      { user_id: 'auth0|5f7c8ec7', email: ada, email_verified: true, created_at: '2020-01-01T00:00:00.000Z' },
      { user_id: 'google-oauth2|115', email: 'bob@example.com', email_verified: true, identities: [] },
      { user_id: 'auth0|5f7c8ec8', email: 'cy@example.com', email_verified: true },
    ),
    second: {
      part: 'passwords',
      text: lines({ _id: { $oid: '5f7c8ec7' }, email: ada, passwordHash: BCRYPT }),
    },
    created: 3,
    socialOnly: 1,
    resetOnly: 1,
  },
  'supabase, CSV': {
    format: 'supabase',
    file: [
      'id,email,encrypted_password,email_confirmed_at,created_at,phone',
      `sb1,${ada},${BCRYPT},2023-01-01 10:00:00+00,2023-01-01 10:00:00+00,`,
      'sb2,bob@example.com,,2023-01-01 10:00:00+00,2023-01-01 10:00:00+00,',
    ].join('\r\n'),
    second: { part: 'identities', text: 'user_id,provider,provider_id\nsb2,google,g-2\nsb1,email,sb1\n' },
    created: 2,
    socialOnly: 1,
  },
  'supabase, JSON': {
    format: 'supabase',
    file: JSON.stringify([
      { id: 'sb1', email: ada, encrypted_password: PHC, email_confirmed_at: '2023-01-01T10:00:00Z' },
    ]),
    created: 1,
  },
  pocketbase: { format: 'pocketbase', file: pocketbase(), created: 2 },
  keycloak: {
    format: 'keycloak',
    file: JSON.stringify(keycloak, undefined, 2),
    created: 2,
    factorsDropped: 1,
    totp: true,
  },
  'better-auth': {
    format: 'better-auth',
    file: JSON.stringify([{ id: 'ba1', email: ada, emailVerified: true }]),
    second: {
      part: 'accounts',
      text: JSON.stringify([{ userId: 'ba1', providerId: 'credential', password: `${saltText}:${better}` }]),
    },
    created: 1,
  },
  supertokens: {
    format: 'supertokens',
    options: FIREBASE_KEYS,
    file: JSON.stringify({
      users: [
        {
          externalUserId: 'st1',
          totpDevices: [{ secretKey: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', period: 30, skew: 1 }],
          loginMethods: [
            {
              recipeId: 'emailpassword',
              email: ada,
              isVerified: true,
              passwordHash: `$f_scrypt$${FIREBASE_HASH}$N8FKDaznOMo=$m=14$r=8$s=Bw==`,
            },
          ],
        },
      ],
    }),
    created: 1,
    totp: true,
  },
  appwrite: {
    format: 'appwrite',
    file: JSON.stringify({
      total: 3,
      users: [
        { $id: 'aw1', email: ada, emailVerification: true, status: true, hash: 'md5', password: MD5 },
        {
          $id: 'aw2',
          email: 'bob@example.com',
          emailVerification: true,
          status: true,
          hash: 'scrypt',
          hashOptions: { type: 'scrypt', salt: 'pepper', costCpu: 8, costMemory: 14, costParallel: 1 },
          password: scryptSync(TEXT, 'pepper', 64, { N: 8, r: 14, p: 1 }).toString('hex'),
        },
        {
          $id: 'aw3',
          email: 'cy@example.com',
          emailVerification: true,
          status: true,
          hash: 'scryptMod',
          hashOptions: {
            salt: 'N8FKDaznOMo=',
            saltSeparator: 'Bw==',
            signerKey: FIREBASE_KEYS.base64_signer_key,
          },
          password: FIREBASE_HASH,
        },
      ],
    }),
    created: 3,
    atOnce: 1,
  },
  clerk: {
    format: 'clerk',
    file: [
      'id,first_name,primary_email_address,verified_email_addresses,unverified_email_addresses,totp_secret,password_digest,password_hasher',
      `ck1,Ada,${ada},${ada}|second@example.com,,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,${BCRYPT},bcrypt`,
    ].join('\n'),
    created: 1,
    totp: true,
  },
  cognito: {
    format: 'cognito',
    file: `cognito:username,email,email_verified,cognito:mfa_enabled\ncg1,${ada},true,false\n`,
    created: 1,
    resetOnly: 1,
  },
  parse: {
    format: 'parse',
    file: lines({
      _id: 'pa1',
      username: ada,
      email: ada,
      emailVerified: true,
      _hashed_password: BCRYPT,
      _created_at: { $date: '2019-01-01T00:00:00.000Z' },
    }),
    created: 1,
  },
};
