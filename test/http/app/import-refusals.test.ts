import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { it } from 'node:test';
import { describeOnBothStores } from '../../support/both-stores.ts';
import type { TestHost } from '../../support/host.ts';
import { type FILES, imported, legacyFiles, OLD_PASSWORD, upload } from '../../support/transfers.ts';
import { csvOf, rowsOf, zipOf } from '../../support/zip.ts';

async function traces({ deps }: TestHost, name: string) {
  const { store } = deps;
  return { named: await store.apps.findByName(name), unfinished: await store.apps.listUnfinished() };
}
const NO_TRACE = { named: undefined, unfinished: [] };

describeOnBothStores('an import', (host) => {
  it('refuses a bad cell by file, line and reason, and leaves nothing behind', async () => {
    const good = legacyFiles(await host().createApp());
    const name = 'never made';
    const cases: [file: (typeof FILES)[number], column: string, value: string][] = [
      ['app-collection.csv', 'status', 'odd'],
      ['app-collection.csv', 'jwtEnabled', 'yes'],
      ['app-collection.csv', 'maxLoginAttempts', 'many'],
      ['app-collection.csv', 'userJWTExpiration', '-1'],
      ['app-collection.csv', 'locales', 'EN,XX'],
      ['app-collection.csv', 'userJWTExpiration', '0'],
      ['app-collection.csv', 'maxUsers', '1000000001'],
      ['app-collection.csv', 'googleAppName', 'a\u0007b'],
      ['app-collection.csv', 'realmAppId', 'x'.repeat(257)],
      ['app-collection.csv', 'emailExtensionSenderEmail', 'nobody'],
      ['app-collection.csv', 'userJWTAudience', JSON.stringify(['x'.repeat(257)])],
      ['app-collection.csv', 'metaData', '[{"path":"a b"}]'],
      ['app-collection.csv', 'metaData', '[{"path":"a\\u0007b"}]'],
      ['app-collection.csv', 'metaData', '[{"path":"a\\ud800b"}]'],
      [
        'app-collection.csv',
        'metaDataInvite',
        `[{"path":"${'a'.repeat(60)}${'.bcdefghi'.repeat(6)}.${'c'.repeat(64)}.d"}]`,
      ],
      ['app-collection.csv', 'metaData', `[{"path":"a"},{"path":"a"}]`],
      ['app-collection.csv', 'metaData', '[{"path":"a"},{"path":"a.b"}]'],
      ['app-collection.csv', 'metaData', `[${Array.from({ length: 65 }, (_, n) => `{"path":"f${n}"}`)}]`],
      ['app-collection.csv', 'metaData', `[{"path":"a","fieldName":"${'x'.repeat(65)}"}]`],
      ['app-collection.csv', 'metaData', '[{"path":"__proto__.x"}]'],
      ['app-collection.csv', 'appPrivateKey', Buffer.from('no key').toString('base64')],
      ['user-collection.csv', 'password', '$2b$31$wvlFVDkSEcq7zS/GnjzDz.2BmNs.oQU6UiQl7CRWZ/DJ7tUU7jA/W'],
      ['user-collection.csv', 'password', OLD_PASSWORD],
      ['user-collection.csv', 'status', 'gone'],
      ['user-collection.csv', 'handle', ''],
      ['user-collection.csv', 'handle', 'a\u0000b@example.com'],
      ['user-collection.csv', 'handle', `${'x'.repeat(250)}@example.com`],
      ['user-collection.csv', 'phone', 'call me'],
      ['user-collection.csv', 'phoneVerified', 'maybe'],
      ['user-collection.csv', 'phoneVerified', '1'],
      ['user-collection.csv', 'googleSecretKey', 'not base32!'],
      ['user-collection.csv', 'metaData', '{"a":'],
      ['user-collection.csv', 'metaData', '["a"]'],
      ['user-collection.csv', 'metaData', '{"a":{"constructor":"x"}}'],
      ['signup-collection.csv', 'metaData', '{"__proto__":{"a":"x"}}'],
      ['user-collection.csv', 'metaData', `{"a":"${'x'.repeat(9000)}"}`],
      ['user-collection.csv', 'metaData', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
      ['user-collection.csv', 'createdAt', 'yesterday'],
      ['user-collection.csv', 'createdAt', '2026-02-30T10:00:00.000Z'],
      ['user-collection.csv', 'lastLogin', 'Mon Feb 30 2026 09:00:00 GMT+0000 (Coordinated Universal Time)'],
      ['user-collection.csv', 'locale', 'ZZ'],
      ['signup-collection.csv', 'code', '12'],
      ['signup-collection.csv', 'status', 'odd'],
      ['invite-collection.csv', 'senderHandle', ''],
      ['invite-collection.csv', 'code', 'abcdef'],
      ['email-template-collection.csv', 'subject', 'two\nlines'],
      ['email-template-collection.csv', 'subject', 'x'.repeat(999)],
      ['email-template-collection.csv', 'replyTo', 'nobody'],
      ['email-template-collection.csv', 'localeLinkText', 'x'.repeat(201)],
    ];
    for (const [file, column, value] of cases) {
      const rows = rowsOf(good[file]).map((row, index) => (index === 0 ? { ...row, [column]: value } : row));
      const answer = await upload(host(), await zipOf({ ...good, [file]: csvOf(rows) }), name);
      const { status, message = '', reason, field } = answer.body;
      const told = [answer.status, status, reason, field];
      assert.deepEqual(told, [400, 'fails', 'unknown_value', 'file'], `${file} ${column}`);
      assert.match(message, new RegExp(`^${file} line 2: `), `${column} = ${value.slice(0, 20)}`);
      assert.match(message, new RegExp(column === 'appPrivateKey' ? 'key pair' : column));
      assert.ok(value === '' || value.length < 5 || !message.includes(value), 'the cell is not shown');
    }
    assert.deepEqual(await traces(host(), name), NO_TRACE);
  });

  it('checks every text as the portal does', async () => {
    const good = legacyFiles(await host().createApp());
    const file = 'email-template-collection.csv';
    const [row = {}] = rowsOf(good[file]);
    const cases: [htmlTemplate: string, reason: RegExp][] = [
      ['no code', /%CODE% is missing/],
      ['%CODE% %NOBODY%', /%NOBODY% is not known here/],
      [`%CODE%${'%A'.repeat(2000)}%`, /is not known here/],
      ['%CODE% {{#each}}', /./],
      ['%CODE% <a href="{{HANDLE}}">', /placeholder may not stand in/],
      [`%CODE%${'{{#if CODE}}'.repeat(500)}${'{{/if}}'.repeat(500)}`, /nested deeper/],
      ['%CODE%'.repeat(1001), /more than 1000 placeholders/],
    ];
    for (const [htmlTemplate, reason] of cases) {
      const csv = csvOf([{ ...row, htmlTemplate }]);
      const answer = await upload(host(), await zipOf({ ...good, [file]: csv }), 'no text');
      const { message = '' } = answer.body;
      assert.deepEqual([answer.status, answer.body.status], [400, 'fails'], htmlTemplate.slice(0, 40));
      assert.match(message, new RegExp(`^${file} line 2: signUp EN cannot be used: `));
      assert.match(message, reason);
      assert.ok(message.length < 300);
    }
    assert.deepEqual(await traces(host(), 'no text'), NO_TRACE);
  });

  it('needs a whole key pair, or to be asked for a new one', async () => {
    const files = legacyFiles(await host().createApp());
    const base64 = (pem: string | Buffer) => Buffer.from(pem).toString('base64');
    const pair = (modulusLength: number, options = {}) =>
      generateKeyPairSync('rsa', {
        modulusLength,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem', ...options },
      });
    const [one, two, weak] = [pair(2048), pair(2048), pair(1024)];
    const sealed = pair(2048, { cipher: 'aes-256-cbc', passphrase: 'a pass phrase' });
    const { publicKey: curve, privateKey: curvePrivate } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const cases: Record<string, [privateKey: string, publicKey: string]> = {
      'no private key, as an export without secrets': ['', base64(one.publicKey)],
      'no public key': [base64(one.privateKey), ''],
      'two halves': [base64(one.privateKey), base64(two.publicKey)],
      'too small': [base64(weak.privateKey), base64(weak.publicKey)],
      encrypted: [base64(sealed.privateKey), base64(sealed.publicKey)],
      'no RSA': [base64(curvePrivate), base64(curve)],
      'public twice': [base64(one.publicKey), base64(one.publicKey)],
      'lost by the old host': ['[object Object]', base64(one.publicKey)],
    };
    const file = 'app-collection.csv';
    for (const [what, [appPrivateKey, appPublicKey]] of Object.entries(cases)) {
      const csv = csvOf(rowsOf(files[file]).map((row) => ({ ...row, appPrivateKey, appPublicKey })));
      const zip = await zipOf({ ...files, [file]: csv });
      for (const newKeys of ['', 'false']) {
        const fields: Record<string, string> = newKeys ? { newKeys } : {};
        const { status, body } = await upload(host(), zip, 'no keys', { fields });
        assert.deepEqual([status, body.status], [400, 'fails'], what);
        assert.match(body.message, /^app-collection.csv line 2: app(Private|Public)Key.*newKeys=true/, what);
      }
      const app = await imported(host(), zip, `new keys: ${what}`, { newKeys: 'true' });
      const [key] = app.keys;
      assert.equal(app.keys.length, 1);
      assert.ok(key && base64(key.publicKey) !== appPublicKey, what);
    }
    const odd = await upload(host(), await zipOf(files), 'odd', { fields: { newKeys: 'yes' } });
    assert.deepEqual([odd.status, odd.body.status, odd.body.field], [400, 'Fails', 'newKeys']);
    assert.deepEqual(await traces(host(), 'no keys'), NO_TRACE);
  });

  it('names every bad row of a file at once, by the line it starts at', async () => {
    const good = legacyFiles(await host().createApp());
    const [row = {}] = rowsOf(good['user-collection.csv']);
    const users = csvOf([
      { ...row, handle: 'one@example.com', phone: '', metaData: '{"a":\n"line\\nfeed"}' },
      { ...row, handle: 'two@example.com', phone: 'x' },
      { ...row, handle: 'ONE@example.com', phone: '' },
      { ...row, handle: 'four@example.com', phone: '', appId: '', status: 'skipped all the same' },
    ]);
    const answer = await upload(host(), await zipOf({ ...good, 'user-collection.csv': users }), 'twice');
    assert.equal(answer.status, 400);
    const [phone = '', handle = '', ...more] = answer.body.message.split('; ');
    assert.match(phone, /^user-collection.csv line 4: phone/);
    assert.match(handle, /^user-collection.csv line 5: handle belongs to an earlier row/);
    assert.deepEqual(more, []);
    assert.deepEqual(await traces(host(), 'twice'), NO_TRACE);
  });

  it('refuses two users of one sub or one uid, by file and line', async () => {
    const app = await host().createApp();
    const good = legacyFiles(app);
    const [row = {}] = rowsOf(good['user-collection.csv']);
    const file = async (userIdFormat: string, users: Record<string, string>[]) => {
      const apps = rowsOf(good['app-collection.csv']).map((cells) => ({ ...cells, userIdFormat }));
      const rows = users.map((cells) => ({ ...row, userName: '', phone: '', uid: '', ...cells }));
      return zipOf({ ...good, 'app-collection.csv': csvOf(apps), 'user-collection.csv': csvOf(rows) });
    };
    const meet = [{ handle: 'a_b@c.io' }, { handle: 'x@c.io' }, { handle: 'a@b_c.io' }];
    const uid = 'f'.repeat(32);
    const doubled = [
      { handle: 'one@c.io', uid },
      { handle: 'two@c.io', uid },
    ];
    const cases: [format: string, users: Record<string, string>[], said: RegExp][] = [
      ['handle', meet, /^user-collection.csv line 4: sub belongs to an earlier row$/],
      ['raw', doubled, /^user-collection.csv line 3: uid belongs to an earlier row$/],
      ['uid', doubled, /^user-collection.csv line 3: uid belongs to an earlier row$/],
      ['handle', doubled, /^user-collection.csv line 3: uid belongs to an earlier row$/],
    ];
    for (const [format, users, said] of cases) {
      const answer = await upload(host(), await file(format, users), 'doubled');
      assert.equal(answer.status, 400, format);
      assert.match(answer.body.message, said, format);
      assert.deepEqual(await traces(host(), 'doubled'), NO_TRACE);
    }
    for (const format of ['raw', 'uid']) {
      assert.equal((await upload(host(), await file(format, meet), `apart in ${format}`)).status, 200);
    }
  });

  it('refuses files that are no export', async () => {
    const good = legacyFiles(await host().createApp());
    const whole = await zipOf(good);
    const { 'invite-collection.csv': _, ...four } = good;
    const broken = (file: string, change: (text: string) => string | Buffer): Promise<Buffer> =>
      zipOf({ ...good, [file]: change(good[file] ?? '') });
    const cases: Record<string, Buffer> = {
      'not a ZIP': Buffer.from('PK, not quite'),
      'an empty file': Buffer.alloc(0),
      'a cut ZIP': whole.subarray(0, whole.length - 40),
      'a file too few': await zipOf(four),
      'a file too many': await zipOf({ ...good, 'more.csv': 'a\n' }),
      'a path that leads elsewhere': renamed(whole, 'user-collection.csv', '../r-collection.csv'),
      'a million entries': withEntryCount(whole, 0xfffe),
      'an encrypted entry': withFlag(whole, 1),
      'a column twice': await broken('user-collection.csv', (text) =>
        text.replace('handle,', 'handle,handle,'),
      ),
      'no header': await broken('user-collection.csv', () => ''),
      'no app': await broken('app-collection.csv', (text) => `${text.split('\n')[0]}\n`),
      'broken UTF-8': await broken('user-collection.csv', (text) =>
        Buffer.concat([Buffer.from(text), Buffer.from([0xc3, 0x28])]),
      ),
      'an open quote': await broken('user-collection.csv', (text) => `${text}"open`),
      'a cell too many': await broken('user-collection.csv', (text) =>
        text.replace('ada@example.com,', 'ada@example.com,more,'),
      ),
      'ten million zeros in a row': await broken('user-collection.csv', () => Buffer.alloc(10_000_000)),
    };
    for (const [what, file] of Object.entries(cases)) {
      const answer = await upload(host(), file, 'no export');
      assert.deepEqual([answer.status, answer.body.status], [400, 'fails'], what);
      assert.notEqual(answer.body.message, 'Invalid Data', what);
    }
    assert.deepEqual(await traces(host(), 'no export'), NO_TRACE);
    assert.ok(!host().events.some(({ event }) => event === 'unexpected_error'));
  });

  it('shows that it is alive while it skips rows, or the sweeper would take it for dead', async () => {
    const good = legacyFiles(await host().createApp());
    const file = 'user-collection.csv';
    const [row = {}] = rowsOf(good[file]);
    const skipped = Array.from({ length: 20_000 }, () => ({ ...row, appId: '' }));
    const { apps } = host().deps.store;
    const { clock } = host();
    const [replace, now] = [apps.replace, clock.now];
    let signs = 0;
    // Each look at the clock finds it ten seconds later.
    clock.now = () => {
      clock.advance(10_000);
      return now.call(clock);
    };
    apps.replace = (app) => {
      signs++;
      return replace(app);
    };
    try {
      await imported(host(), await zipOf({ ...good, [file]: csvOf(skipped) }), `slow ${row.appId} ${file}`);
    } finally {
      Object.assign(apps, { replace });
      Object.assign(clock, { now });
    }
    assert.ok(signs >= 20, `${signs} signs of life`);
  });

  it('takes nothing of a file that was damaged on its way', async () => {
    const good = legacyFiles(await host().createApp());
    const padded = { ...good, 'app-collection.csv': `${good['app-collection.csv']}${',,\n'.repeat(50_000)}` };
    const changes: [from: string, to: string][] = [
      [',code,none,', ',link,none,'],
      ['ada@example.com', 'eve@example.com'],
      ['Welcome to %APP_NAME%', 'Sold out %APP_NAME%.'.padEnd(21)],
    ];
    for (const files of [good, padded]) {
      const whole = await zipOf(files, { compress: false });
      for (const [from, to] of changes) {
        const start = whole.indexOf(from);
        assert.ok(start > 0 && from.length === to.length);
        const copy = Buffer.from(whole);
        copy.write(to, start);
        const { status, body } = await upload(host(), copy, 'damaged');
        assert.deepEqual([status, body.status], [400, 'fails'], to);
        assert.match(body.message, /damaged/, to);
      }
    }
    assert.deepEqual(await traces(host(), 'damaged'), NO_TRACE);
  });

  it('needs a name, a file part named file, and a name that is free', async () => {
    const file = await zipOf(legacyFiles(await host().createApp()));
    const { name } = await host().createApp();
    const told = ({ status, body }: Awaited<ReturnType<typeof upload>>) => [
      status,
      body.status,
      body.reason,
      body.field,
    ];
    for (const [answer, ...expected] of [
      [await upload(host(), undefined, 'named'), 'Fails', 'missing', 'file'],
      [await upload(host(), file, undefined), 'Fails', 'missing', 'appName'],
      [await upload(host(), file, '  '), 'Fails', 'unknown_value', 'appName'],
      [await upload(host(), file, 'a\u0007b'), 'Fails', 'unknown_value', 'appName'],
      [await upload(host(), file, 'a'.repeat(129)), 'Fails', 'too_long', 'appName'],
      [await upload(host(), file, 'named', { part: 'database' }), 'Fails', 'missing', 'file'],
      [await upload(host(), file, name), 'fails', 'taken', 'appName'],
    ] as const) {
      assert.deepEqual(told(answer), [400, ...expected]);
    }
  });

  it('lets one of two imports under one name through', async () => {
    const file = await zipOf(legacyFiles(await host().createApp()));
    const name = `raced ${host().deps.codes.newId()}`;
    const answers = await Promise.all([1, 2, 3].map(() => upload(host(), file, name)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.deepEqual((await host().deps.store.apps.listUnfinished()).length, 0);
  });
});

/** Another name of the same length in both headers of an entry. */
function renamed(zip: Buffer, from: string, to: string): Buffer {
  assert.equal(from.length, to.length);
  return Buffer.from(zip.toString('latin1').replaceAll(from, to), 'latin1');
}

/** The end record (PKWARE APPNOTE 4.3.16) claims that many entries. */
function withEntryCount(zip: Buffer, count: number): Buffer {
  const copy = Buffer.from(zip);
  const end = copy.lastIndexOf(Buffer.from('PK\x05\x06'));
  copy.writeUInt16LE(count, end + 8);
  copy.writeUInt16LE(count, end + 10);
  return copy;
}

/** Sets bits of the general purpose flag of the first central entry (PKWARE APPNOTE 4.3.12). */
function withFlag(zip: Buffer, bits: number): Buffer {
  const copy = Buffer.from(zip);
  const entry = copy.indexOf('PK\x01\x02', 0, 'latin1');
  copy.writeUInt16LE(copy.readUInt16LE(entry + 8) | bits, entry + 8);
  return copy;
}
