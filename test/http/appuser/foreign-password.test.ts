import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import { describeOnBothStores } from '../../support/both-stores.ts';

const TEXT = 'Correct-Horse-1';
const MD5 = createHash('md5').update(TEXT).digest('hex');
const FIREBASE =
  '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=Y4Rm1IrOwHkNbGRbpYKDwwIwGfdYnuH064sQpr/VEsQPvNO81wCGlZ4JUpRPVqG8jyO2V7RXu9594m+irfIR/A==$N8FKDaznOMo=$Ufsl4mNxlYmEWke5bEh2ERiOiTCAKiRJI3rnrINmY5+wqAqg9DQyVzFpsRwd0E+J5VshqsldnCah/Lj8w2DOMg==';

/** Additions §1.2, §4: a hash that another system made is of the typed password. */
describeOnBothStores('a password that came from another system', (host) => {
  const userOf = async (handle: string) => {
    const app = await host().createApp();
    const passwordHash = host().deps.passwords.ofClear(FIREBASE);
    const user = await host().createUser(app, { handle, passwordHash, waitsForPassword: true });
    const logIn = (body: Record<string, unknown>) =>
      host().request('POST', '/api/appuser/login', {
        headers: { 'app-token': app.appToken },
        json: { handle, ...body },
      });
    const stored = async () => (await host().deps.store.users.find(app.id, user.id))?.passwordHash;
    return { app, user, logIn, stored };
  };

  it('is judged by the text, and works with the MD5 from then on', async () => {
    const { logIn, stored } = await userOf('moved@example.com');
    const before = await logIn({ password: MD5 });
    assert.equal(before.status, 400);
    assert.equal(before.body.code, 600);
    assert.equal((await logIn({ passwordText: 'Correct-Horse-2' })).body.code, 600);
    assert.match(String(await stored()), /^clear:/);
    assert.equal((await logIn({ passwordText: TEXT })).status, 200);
    assert.match(String(await stored()), /^\$argon2id\$/);
    assert.equal((await logIn({ password: MD5 })).status, 200);
    assert.equal((await logIn({ passwordText: TEXT })).status, 200);
  });

  it('costs one hash with the MD5 alone, of the kind that a stranger of the handle meets', async () => {
    const { app, user, logIn } = await userOf('cost@example.com');
    const { passwords } = host().deps;
    const judged: string[] = [];
    const { matches } = passwords;
    passwords.matches = (text, stored) => {
      judged.push(stored);
      return matches(text, stored);
    };
    try {
      await logIn({ password: MD5 });
      assert.equal(judged.length, 1);
      assert.notEqual(judged[0], user.passwordHash);
      await host().deps.store.users.remove(app.id, user.id);
      await logIn({ password: MD5 });
      assert.equal(judged[1], judged[0]);
    } finally {
      passwords.matches = matches;
    }
  });
});
