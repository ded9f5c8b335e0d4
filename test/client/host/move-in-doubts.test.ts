import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { doubtsOf, looksLike, type MoveIn, type MoveInFormat } from '../../../client/host/index.ts';
import { FIXTURES } from '../../support/foreign-files.ts';

const blob = (data: string | Buffer) => new Blob([typeof data === 'string' ? data : new Uint8Array(data)]);
const report = (more: object): MoveIn['report'] => ({
  ...{ created: 0, updated: 0, skipped: 0, refused: 0, factorsDropped: 0, refusedRows: [] },
  canLogIn: { atOnce: 0, newClientOrReset: 0, resetOnly: 0, socialOnly: 0 },
  ...more,
});

describe('what a file of people looks like', () => {
  for (const [name, { format, file, second }] of Object.entries(FIXTURES)) {
    it(`is what it is, packed or not, or nothing: ${name}`, async () => {
      for (const data of [file, gzipSync(file)]) {
        const looks = await looksLike(blob(data));
        assert.ok(looks === undefined || looks === format, `${looks}`);
      }
      if (second) assert.ok([undefined, format].includes(await looksLike(blob(second.text))));
    });
  }

  const files: [format: MoveInFormat | undefined, file: string | Buffer][] = [
    ['firebase', FIXTURES['firebase, JSON']?.file ?? ''],
    ['firebase', FIXTURES['firebase, CSV']?.file ?? ''],
    ['auth0', FIXTURES.auth0?.file ?? ''],
    ['auth0', FIXTURES.auth0?.second?.text ?? ''],
    ['supabase', FIXTURES['supabase, CSV']?.file ?? ''],
    ['pocketbase', FIXTURES.pocketbase?.file ?? ''],
    ['keycloak', FIXTURES.keycloak?.file ?? ''],
    ['better-auth', 'id,name,email,emailVerified,image,createdAt,updatedAt\n'],
    ['supertokens', FIXTURES.supertokens?.file ?? ''],
    ['appwrite', FIXTURES.appwrite?.file ?? ''],
    ['clerk', FIXTURES.clerk?.file ?? ''],
    ['cognito', FIXTURES.cognito?.file ?? ''],
    ['parse', FIXTURES.parse?.file ?? ''],
    [undefined, ''],
    [undefined, 'id,email\n1,localId@example.com\n'],
    [undefined, '{"email": "localId"}'],
    [undefined, '{"localId": 1, "_hashed_password": 2}'],
    [undefined, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3])],
    [undefined, Buffer.from('PK\u0003\u0004 users.json')],
  ];
  for (const [format, file] of files) {
    it(`is known, or nothing is said: ${format} ${file.toString('latin1').slice(0, 40)}`, async () => {
      assert.equal(await looksLike(blob(file)), format);
    });
  }

  it('is told by its beginning, however much a packed one holds', async () => {
    const users = Buffer.alloc(50_000_000, ' ');
    users.write('{"users": [{"localId": "1"');
    assert.equal(await looksLike(blob(gzipSync(users))), 'firebase');
  });
});

describe('what is doubted of an import', () => {
  const keysOf = (format: MoveInFormat, of: object, looks?: MoveInFormat) =>
    doubtsOf({ format, report: report(of) }, looks).map(({ key }) => key.replace('moveIn.doubt.', ''));
  const canLogIn = { atOnce: 0, newClientOrReset: 1, resetOnly: 19, socialOnly: 50 };

  it('is that nearly nobody brings a password, or nearly no row can be read', () => {
    assert.deepEqual(keysOf('supabase', { created: 70, canLogIn }), ['noPasswords']);
    assert.deepEqual(keysOf('auth0', { created: 70, canLogIn }), ['noSecondFile']);
    assert.deepEqual(keysOf('cognito', { created: 70, canLogIn }), []);
    const half = { ...canLogIn, newClientOrReset: 19 };
    assert.deepEqual(keysOf('auth0', { created: 88, canLogIn: half }), []);
    const refusedRows = Array.from({ length: 19 }, (_, n) => ({ line: n + 1, reason: 'no_id' }));
    assert.deepEqual(keysOf('parse', { created: 1, refused: 19, refusedRows }), ['mostRefused']);
    assert.deepEqual(keysOf('parse', { created: 9, refused: 19, refusedRows }), []);
    const unknown = refusedRows.map((row) => ({ ...row, reason: 'unknown_hash' }));
    assert.deepEqual(keysOf('firebase', { refused: 19, refusedRows: unknown }), ['wrongKey']);
    assert.deepEqual(keysOf('clerk', { refused: 19, refusedRows: unknown }), ['mostRefused']);
    const taken = refusedRows.map((row) => ({ ...row, reason: 'taken' }));
    assert.deepEqual(keysOf('parse', { refused: 19, refusedRows: taken }), []);
  });

  it('is that the file looks like one of another system, also where nothing could be read', () => {
    assert.deepEqual(keysOf('auth0', {}, 'firebase'), ['otherSource']);
    assert.deepEqual(keysOf('firebase', {}, 'firebase'), []);
    const [doubt] = doubtsOf({ format: 'auth0', report: undefined }, 'firebase');
    assert.match(doubt?.text ?? '', /looks like one of firebase, and is read as one of auth0/);
  });
});
