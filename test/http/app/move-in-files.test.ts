import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { BCRYPT, FIREBASE_KEYS, FIXTURES, MD5, TEXT } from '../../support/foreign-files.ts';
import { endedMoveIn, movedIn, sendMoveIn } from '../../support/move-in.ts';
import { until } from '../../support/until.ts';

const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const person = (n: number, more = {}) => ({
  user_id: `auth0|${n}`,
  email: `p${n}@example.com`,
  email_verified: true,
  passwordHash: BCRYPT,
  ...more,
});
const people = (count: number) => lines(...Array.from({ length: count }, (_, n) => person(n)));
const argon2 = (cost: string) =>
  `$argon2id$v=19$${cost}$cnpaemV6ZXplemV6ZXplZQ$vKJ+boi+OjzSqkXo4yW7Sz5EEd4JpiL9okBCRZKAkyo`;

/** What a file descriptor of this process is open on. */
function readlinkOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

/** Additions §4. */
describeOnBothStores(
  'what people are moved in from',
  (host) => {
    const users = () => host().deps.store.users;
    const rowsOf = (report: { refusedRows: { line: number; reason: string }[] }) =>
      report.refusedRows.map(({ line, reason }) => [line, reason]);

    it('is refused row by row, each with its line, and the others come in', async () => {
      const app = await host().createApp();
      const file = [
        JSON.stringify(person(1)),
        '{"user_id": "auth0|2", "email": ',
        JSON.stringify({ user_id: 'auth0|3' }),
        JSON.stringify(person(4, { email: 'no address' })),
        JSON.stringify(person(5, { email: 'P1@example.com' })),
        JSON.stringify(person(1, { email: 'other@example.com' })),
        JSON.stringify({ email: 7 }),
        JSON.stringify(person(8, { passwordHash: '$6$salt$sha512crypt' })),
        JSON.stringify(person(9, { passwordHash: BCRYPT.replace('$10$', '$31$') })),
        JSON.stringify(person(10, { passwordHash: argon2('m=4194304,t=3,p=4') })),
        JSON.stringify(person(11, { email: 'ANON_1@example.com' })),
        JSON.stringify({ ...person(12), junk: 'x'.repeat(1_100_000) }),
        `{"user_id":"auth0|13","deep":${'['.repeat(5000)}${']'.repeat(5000)}}`,
        JSON.stringify(person(14)),
        '',
      ].join('\n');
      const { state, report, job } = await movedIn(host(), app, { format: 'auth0', file });
      const expected = [
        ...[
          [2, 'broken_row'],
          [3, 'no_handle'],
          [4, 'invalid_handle'],
          [5, 'double_handle'],
          [6, 'double_id'],
        ],
        ...[
          [7, 'no_id'],
          [8, 'unknown_hash'],
          [9, 'unknown_hash'],
          [10, 'unknown_hash'],
          [11, 'no_handle'],
        ],
        ...[
          [12, 'too_large'],
          [13, 'broken_row'],
        ],
      ];
      assert.equal(state, 'done');
      assert.deepEqual(rowsOf(report), expected);
      assert.deepEqual([report.created, report.refused], [2, expected.length]);
      const csv = (await host().portal('GET', `/api/app/importRefused?job=${job}`)).text;
      const told = csv
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',').slice(0, 2));
      assert.deepEqual(
        told,
        expected.map((row) => row.map(String)),
      );
      assert.doesNotMatch(csv, /\$2b|\$argon2/);
    });

    const broken: [name: string, format: string, file: string | Buffer, reason: string][] = [
      [
        'text that is not UTF-8',
        'auth0',
        Buffer.from('{"user_id":"a|1","email":"gr\xfc\xdfe@example.com"}\n', 'latin1'),
        'not_utf8',
      ],
      ['UTF-16', 'clerk', Buffer.from('id,primary_email_address\n1,a@example.com\n', 'utf16le'), 'not_utf8'],
      [
        'a document that breaks off',
        'keycloak',
        '{"users": [{"id": "1", "email": "a@example.com"}, {"id"',
        'broken_file',
      ],
      ['a document without people', 'keycloak', '{"realm": "shop",\n "roles": []}', 'wrong_kind'],
      ['an endless nesting', 'keycloak', '['.repeat(1_000_000), 'broken_file'],
      ['a quote that never ends', 'clerk', 'id,primary_email_address\n1,"a@example.com\n', 'broken_file'],
      ['a packed file that is damaged', 'auth0', gzipSync(people(50)).subarray(0, 100), 'broken_gzip'],
      ['nothing', 'auth0', '', 'wrong_kind'],
      ['another kind of file', 'pocketbase', people(2), 'wrong_kind'],
      [
        'a damaged database',
        'pocketbase',
        Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(5000, 7)]),
        'broken_file',
      ],
      ['a database for text', 'auth0', FIXTURES.pocketbase?.file ?? '', 'wrong_kind'],
    ];
    for (const [name, format, file, reason] of broken) {
      it(`ends with a reason and a row of the report for ${name}`, async () => {
        const app = await host().createApp();
        const ended = await movedIn(host(), app, { format, file });
        assert.deepEqual([ended.state, ended.reason], ['failed', reason]);
        assert.equal(ended.report.refusedRows.at(-1)?.reason, reason);
        assert.deepEqual([ended.report.created, await users().size(app.id)], [0, 0]);
      });
    }

    it('may be packed, and inflate to no more than the host takes', async () => {
      const app = await host().createApp();
      const packed = await movedIn(host(), app, { format: 'auth0', file: gzipSync(people(30)) });
      assert.equal(packed.report.created, 30);
      const bomb = gzipSync('{"a":1}\n'.repeat(500_000));
      const ended = await movedIn(host(), app, { format: 'auth0', file: bomb });
      assert.deepEqual([ended.state, ended.reason], ['failed', 'too_large']);
    });

    it('is not written at all where the app has too few seats', async () => {
      const app = await host().createApp({ maxUsers: 10 });
      for (const dryRun of ['true', 'false']) {
        const ended = await movedIn(host(), app, { format: 'auth0', file: people(11), options: { dryRun } });
        assert.deepEqual([ended.state, ended.reason, await users().size(app.id)], ['failed', 'no_seats', 0]);
      }
      const fits = await movedIn(host(), app, { format: 'auth0', file: people(10) });
      assert.deepEqual([fits.state, fits.report.created], ['done', 10]);
    });

    it('leaves, replaces or refuses for those who are there', async () => {
      const app = await host().createApp();
      const there = await host().createUser(app, { handle: 'p1@example.com', password: MD5 });
      const file = people(3);
      const move = (conflict: string) =>
        movedIn(host(), app, { format: 'auth0', file, options: { conflict } });
      const failed = await move('fail');
      assert.deepEqual(
        [failed.state, failed.reason, rowsOf(failed.report)],
        ['failed', 'taken', [[2, 'taken']]],
      );
      assert.equal(await users().size(app.id), 1);
      const skipped = await move('skip');
      assert.deepEqual([skipped.report.created, skipped.report.skipped], [2, 1]);
      assert.equal((await users().find(app.id, there.id))?.passwordHash, there.passwordHash);
      const updated = await move('update');
      assert.deepEqual([updated.report.created, updated.report.updated], [0, 3]);
      const after = await users().find(app.id, there.id);
      assert.deepEqual([after?.passwordHash, after?.epoch], [`clear:${BCRYPT}`, there.epoch + 1]);
    });

    it('gives the handle and the metadata that the map names, and no reserved path', async () => {
      const app = await host().createApp();
      const file = lines(person(1, { profile: { nick: 'ada', age: 36 }, login: 'ada@example.org' }));
      const map = { handle: 'login', metaData: { 'user_data.nick': 'profile.nick', age: 'profile.age' } };
      await movedIn(host(), app, { format: 'auth0', file, options: { map: JSON.stringify(map) } });
      const user = await users().findByHandle(app.id, 'ada@example.org');
      assert.deepEqual(user?.metaData, { user_data: { nick: 'ada' }, age: '36' });
      for (const [wrong, reason] of [
        [{ metaData: { 'sub.x': 'a' } }, 'metadata_reserved'],
        [{ metaData: { '__proto__.x': 'a' } }, undefined],
        [{ other: 1 }, undefined],
      ] as const) {
        const options = { map: JSON.stringify(wrong) };
        const { status, body } = await sendMoveIn(host(), app, { format: 'auth0', file, options });
        assert.equal(status, 400, JSON.stringify(wrong));
        if (reason) assert.equal(body.reason, reason);
      }
    });

    it('makes those pending or active whose address was never verified, and phones handles of phone apps', async () => {
      const file = JSON.stringify({
        users: [{ localId: 'a', email: 'a@example.com', phoneNumber: '+4915112345678' }],
      });
      const move = async (settings: object, options = {}) => {
        const app = await host().createApp(settings);
        await movedIn(host(), app, { format: 'firebase', file, options: { ...FIREBASE_KEYS, ...options } });
        const { rows } = await users().list(app.id, {}, { sort: '-created', limit: 2 });
        return rows.map(({ handle, status, phone }) => ({ handle, status, phone }));
      };
      const [email, phone] = ['a@example.com', '+4915112345678'];
      assert.deepEqual(await move({}), [{ handle: email, status: 'pending', phone }]);
      assert.deepEqual(await move({}, { unverified: 'active' }), [
        { handle: email, status: 'active', phone },
      ]);
      assert.deepEqual(await move({ handleType: 'phone' }), [
        { handle: phone, status: 'active', phone: undefined },
      ]);
    });

    it('opens with the usual separator, rounds and memory where a project tells its key alone', async () => {
      const app = await host().createApp();
      const { base64_signer_key } = FIREBASE_KEYS;
      const { file = '' } = FIXTURES['firebase, JSON'] ?? {};
      const ended = await movedIn(host(), app, { format: 'firebase', file, options: { base64_signer_key } });
      assert.equal(ended.report.canLogIn.newClientOrReset, 1);
      const headers = { 'app-token': app.appToken };
      const json = { handle: 'ada@example.com', passwordText: TEXT };
      const { status } = await host().request('POST', '/api/appuser/login', { headers, json });
      assert.equal(status, 200);
    });

    it('is refused at once without what its format needs', async () => {
      const app = await host().createApp();
      const firebase = await sendMoveIn(host(), app, { format: 'firebase', file: '{"users":[]}' });
      assert.deepEqual([firebase.status, firebase.body.field], [400, 'base64_signer_key']);
      const empty = { format: 'firebase', file: '{}', options: { base64_signer_key: '' } };
      const { status, body } = await sendMoveIn(host(), app, empty);
      assert.deepEqual([status, body.reason, body.field], [400, 'missing', 'base64_signer_key']);
      const second = { part: 'passwords', text: 'x' };
      const clerk = await sendMoveIn(host(), app, { format: 'clerk', file: 'id\n', second });
      assert.deepEqual([clerk.status, clerk.body.field], [400, 'passwords']);
      assert.equal((await sendMoveIn(host(), app, { format: 'myspace', file: 'x' })).status, 400);
    });

    it('goes from the disk when it is in, or stopped', async () => {
      const app = await host().createApp();
      const { job } = await movedIn(host(), app, { format: 'auth0', file: people(2) });
      const begun = await sendMoveIn(host(), app, { format: 'auth0', file: people(9_000) });
      await until('it is read', async () => {
        const { body } = await host().portal('GET', `/api/app/import?job=${begun.body.job}`);
        return body.read > 0;
      });
      assert.equal(
        (await host().portal('POST', '/api/app/stopImport', { json: { job: begun.body.job } })).text,
        'true',
      );
      assert.equal((await endedMoveIn(host(), String(begun.body.job))).state, 'stopped');
      assert.ok(job);
      const left = readdirSync(join(host().dataDir, 'uploads', 'imports'), { recursive: true }).map(String);
      assert.deepEqual(
        left.filter((name) => /file$|second$/.test(name)),
        [],
      );
      if (process.platform !== 'linux') return;
      await until('nothing holds them', () => {
        const held = readdirSync('/proc/self/fd').map((fd) => readlinkOf(`/proc/self/fd/${fd}`));
        return held.every((path) => !path.includes('/uploads/imports/'));
      });
    });
  },
  { config: { moveInMaxMb: 2 } },
);
