import assert from 'node:assert/strict';
import { argon2Sync, createHash, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { createPasswordHasher } from '../../server/security/password-hash.ts';

const TEXT = 'Correct-Horse-1';
const SALT = 'rZzb77cNphCwfcxhOTQFKg==';
const passwords = createPasswordHasher({ memoryKib: 1024, passes: 1, events: { emit() {} } });
const base64 = (bytes: Buffer) => bytes.toString('base64');
const bare = (bytes: Buffer) => base64(bytes).replaceAll('=', '');

/** What other systems stored of it. */
const STORED = {
  firebase:
    '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=Y4Rm1IrOwHkNbGRbpYKDwwIwGfdYnuH064sQpr/VEsQPvNO81wCGlZ4JUpRPVqG8jyO2V7RXu9594m+irfIR/A==$N8FKDaznOMo=$Ufsl4mNxlYmEWke5bEh2ERiOiTCAKiRJI3rnrINmY5+wqAqg9DQyVzFpsRwd0E+J5VshqsldnCah/Lj8w2DOMg==',
  'Keycloak, pbkdf2-sha256': `$pbkdf2-sha256$i=27500$${SALT}$8q20taEeiLuxBOI5yBcwnO9PY/6DqqogUfuV74xIjb2EP+aMS5wUUNwWmUk2CL0FMOqygZjqD33QVvgEeMU4Fw==`,
  'Keycloak, pbkdf2-sha512': `$pbkdf2-sha512$i=210000$${SALT}$m6/lYyLL9rhtjxEk4227dbfKeE3viil+4f91YaEcFbJpJYvlMYXMA+9IVr5eLbY7hmyh8BrNSHEMuzR1Ql4tJQ==`,
  'Keycloak, argon2id':
    '$argon2id$v=19$m=7168,t=5,p=1$rZzb77cNphCwfcxhOTQFKg$vKJ+boi+OjzSqkXo4yW7Sz5EEd4JpiL9okBCRZKAkyo',
  'Better Auth': `$scrypt$n=16384,r=16,p=1,nfkc$${base64(Buffer.from('970f519c2cadbcefb1e81694f904bc62'))}$${base64(
    Buffer.from(
      'cc467914e69fd73e4087b2574f8cc6edad1eb34325a380d6492fc2760a5c0fe0e1db827cebacf25a3b07d36e53efa2549d0e7ab4abe19c060b2fc4f5ceee088a',
      'hex',
    ),
  )}`,
  bcrypt: '$2b$10$IstT5s.TQPhgh5IlYhGi4e7Y7K0VOwhIqXoWubzChl9FPashtIFhi',
};

describe('hashes of typed passwords', () => {
  for (const [name, form] of Object.entries(STORED)) {
    it(`of ${name} match the text, and neither another nor its MD5`, async () => {
      const stored = passwords.ofClear(form);
      assert.equal(passwords.isUsable(stored), true);
      assert.equal(passwords.inputOf(stored), 'clear');
      assert.equal(passwords.needsRehash(stored), true);
      assert.equal(await passwords.matches(TEXT, stored), true);
      assert.equal(await passwords.matches(`${TEXT} `, stored), false);
      assert.equal(await passwords.matches(createHash('md5').update(TEXT).digest('hex'), stored), false);
    });
  }

  it('agree with what Node computes for drawn passwords and salts', async () => {
    for (const text of ['Grüße, Jürgen', 'パスワード', 'x'.repeat(1024), 'a\0b']) {
      const salt = randomBytes(16);
      const argon = (variant: 'argon2d' | 'argon2i' | 'argon2id') =>
        `$${variant}$v=19$m=1024,t=2,p=2$${bare(salt)}$${bare(
          argon2Sync(variant, {
            message: text,
            nonce: salt,
            parallelism: 2,
            tagLength: 32,
            memory: 1024,
            passes: 2,
          }),
        )}`;
      const forms = [
        argon('argon2d'),
        argon('argon2i'),
        argon('argon2id'),
        `$pbkdf2-sha256$i=1000$${base64(salt)}$${base64(pbkdf2Sync(text, salt, 1000, 32, 'sha256'))}`,
        `$scrypt$n=8,r=14,p=1$${base64(salt)}$${base64(scryptSync(text, salt, 64, { N: 8, r: 14, p: 1 }))}`,
      ];
      for (const form of forms)
        assert.equal(await passwords.matches(text, passwords.ofClear(form)), true, form);
    }
  });

  it('of phpass match what its own description computes', async () => {
    // Published with the framework: the password is "test12345".
    const stored = passwords.ofClear('$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0');
    assert.equal(await passwords.matches('test12345', stored), true);
    assert.equal(await passwords.matches('test1234', stored), false);
  });

  it('of phpass let other work in between, however long the password', async () => {
    const stored = passwords.ofClear('$P$BIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0');
    assert.equal(passwords.isUsable(stored), true);
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    turn();
    assert.equal(await passwords.matches('x'.repeat(1_024), stored), false);
    isOver = true;
    assert.ok(turns >= 2 ** 13 / 256, `${turns} turns`);
  });

  it('are brought to the normal form only where the other system did', async () => {
    const salt = randomBytes(16);
    const key = (text: string) => base64(scryptSync(text, salt, 64, { N: 16, r: 1, p: 1 }));
    const typed = 'ﬁne';
    const plain = passwords.ofClear(`$scrypt$n=16,r=1,p=1$${base64(salt)}$${key(typed)}`);
    const normal = passwords.ofClear(`$scrypt$n=16,r=1,p=1,nfkc$${base64(salt)}$${key('fine')}`);
    for (const stored of [plain, normal]) assert.equal(await passwords.matches(typed, stored), true);
    assert.equal(await passwords.matches('fine', plain), false);
  });

  it('that cost more than a log-in may are unusable', async () => {
    const digest = base64(randomBytes(32));
    const phc = (cost: string) => `$argon2id$v=19$${cost}$${bare(randomBytes(16))}$${bare(randomBytes(32))}`;
    const firebase = (cost: string) => `$fbscrypt$v=1,${cost},sk=${digest}$${SALT}$${digest}`;
    const unusable = [
      phc('m=131073,t=1,p=1'),
      phc('m=131072,t=5,p=1'),
      phc('m=1024,t=4294967295,p=1'),
      phc('m=1024,t=1,p=17'),
      phc('m=1024,t=1,p=1').replace('v=19', 'v=20'),
      STORED.bcrypt.replace('$10$', '$14$'),
      STORED.bcrypt.replace('$10$', '$31$'),
      `$pbkdf2-sha256$i=1000001$${SALT}$${digest}`,
      `$pbkdf2-sha256$i=0$${SALT}$${digest}`,
      `$pbkdf2-sha256$i=1000$${SALT}$${base64(randomBytes(15))}`,
      `$pbkdf2-sha1$i=1000$${SALT}$${digest}`,
      `$scrypt$n=65536,r=16,p=1$${SALT}$${digest}`,
      `$scrypt$n=16384,r=8,p=99$${SALT}$${digest}`,
      `$scrypt$n=16383,r=8,p=1$${SALT}$${digest}`,
      firebase('n=17,r=8,p=1'),
      firebase('n=99,r=8,p=1'),
      '$P$FIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0',
      '$H$CIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0',
      '',
      'plain',
      '$6$rounds=5000$abc$def',
    ];
    for (const form of unusable) assert.equal(passwords.isUsable(passwords.ofClear(form)), false, form);
    const started = performance.now();
    for (const form of unusable) await passwords.matches(TEXT, passwords.ofClear(form));
    assert.ok(performance.now() - started < 5_000);
  });

  it('have decoys of their own kind, which no password has', async () => {
    for (const form of [...Object.values(STORED), '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0']) {
      const kind = passwords.kindOf(passwords.ofClear(form));
      assert.ok(kind);
      const decoy = passwords.decoyOf(kind);
      assert.equal(passwords.kindOf(decoy), kind);
      assert.equal(passwords.inputOf(decoy), 'clear');
      assert.equal(await passwords.matches(TEXT, decoy), false);
    }
  });
});
