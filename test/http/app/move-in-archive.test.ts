import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { movedIn } from '../../support/move-in.ts';
import { FILES } from '../../support/transfers.ts';
import { type Files, zipOf } from '../../support/zip.ts';

const [USERS, INVITES] = ['user-collection.csv', 'invite-collection.csv'];
const MEGABYTE = 1024 * 1024;

/** An export of nobody, and what is to be in it instead. */
function files(more: Files = {}): Files {
  const empty = Object.fromEntries(FILES.map((name) => [name, 'appId,handle\n']));
  return { ...empty, ...more };
}
/** Another text wherever one stands in a file, of the same length. */
function replaced(file: Buffer, from: string, to: string): Buffer {
  assert.equal(from.length, to.length);
  return Buffer.from(file.toString('latin1').replaceAll(from, to), 'latin1');
}
/** The place of the entry for a file in the list at the end of a ZIP. */
function entryOf(zip: Buffer, name: string): number {
  return zip.lastIndexOf(Buffer.from('PK\u0001\u0002'), zip.lastIndexOf(Buffer.from(name)));
}
function changed(zip: Buffer, change: (zip: Buffer) => void): Buffer {
  const copy = Buffer.from(zip);
  change(copy);
  return copy;
}

/** What somebody sends who wishes the host ill, or who chose another file. */
const FILES_OF: [name: string, reason: string, make: () => Promise<Buffer>][] = [
  [
    'a table that inflates to very much',
    'too_large',
    () =>
      zipOf(
        files({
          [USERS]: `appId,handle,metaData\n${`a,b@example.com,${'a'.repeat(0.9 * MEGABYTE)}\n`.repeat(40)}`,
        }),
      ),
  ],
  [
    'one endless row',
    'broken_file',
    () => zipOf(files({ [USERS]: `appId,handle\n${'a'.repeat(1.5 * MEGABYTE)}` })),
  ],
  ['very many empty lines', 'too_large', () => zipOf(files({ [USERS]: '\n'.repeat(16 * MEGABYTE) }))],
  [
    'a text that is none',
    'not_utf8',
    () => zipOf(files({ [USERS]: Buffer.from('appId,handle\na,\xff\n', 'latin1') })),
  ],
  ['a ZIP in it', 'wrong_kind', async () => zipOf(files({ 'inner.zip': await zipOf(files()) }))],
  ['another ZIP', 'wrong_kind', () => zipOf({ 'users.json': '[]' })],
  [
    'a table too few',
    'wrong_kind',
    () => {
      const { [INVITES]: _, ...fewer } = files();
      return zipOf(fewer);
    },
  ],
  [
    'very many files',
    'wrong_kind',
    () => zipOf(files(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`${n}.csv`, ''])))),
  ],
  [
    'a path that leads out',
    'broken_file',
    async () => replaced(await zipOf(files()), USERS, '../../-collection.c'),
  ],
  [
    'a path from the root',
    'broken_file',
    async () => replaced(await zipOf(files()), USERS, '/etc/-collection.cs'),
  ],
  [
    'a path with backslashes',
    'broken_file',
    async () => replaced(await zipOf(files()), USERS, '..\\..\\collection.cs'),
  ],
  [
    'a table twice',
    'broken_file',
    async () => replaced(await zipOf(files({ 'user-collection.csw': '' })), 'user-collection.csw', USERS),
  ],
  [
    'a size that is not true',
    'broken_file',
    async () =>
      changed(await zipOf(files()), (zip) => zip.writeUInt32LE(0xffff_fff0, entryOf(zip, USERS) + 24)),
  ],
  [
    'a place outside of it',
    'broken_file',
    async () =>
      changed(await zipOf(files()), (zip) => zip.writeUInt32LE(0x7fff_ffff, entryOf(zip, USERS) + 42)),
  ],
  [
    'a check sum of something else',
    'broken_file',
    async () => changed(await zipOf(files()), (zip) => zip.writeUInt32LE(1, entryOf(zip, USERS) + 16)),
  ],
  [
    'a table under a password',
    'broken_file',
    async () => changed(await zipOf(files()), (zip) => zip.writeUInt16LE(1, entryOf(zip, USERS) + 8)),
  ],
  [
    'a way of packing that nobody knows',
    'broken_file',
    async () => changed(await zipOf(files()), (zip) => zip.writeUInt16LE(99, entryOf(zip, USERS) + 10)),
  ],
  [
    'more entries than it has',
    'broken_file',
    async () =>
      changed(await zipOf(files()), (zip) => {
        const end = zip.lastIndexOf(Buffer.from('PK\u0005\u0006'));
        zip.writeUInt16LE(9, end + 8);
        zip.writeUInt16LE(9, end + 10);
      }),
  ],
  [
    'its first half',
    'broken_file',
    async () => {
      const zip = await zipOf(files());
      return zip.subarray(0, zip.length / 2);
    },
  ],
  ['nothing behind its name', 'broken_file', async () => Buffer.from('PK\u0003\u0004')],
];

/** Additions §4: a file that cannot be read ends the import with a word, and the host stays up. */
describeOnBothStores(
  'a ZIP of people',
  (host) => {
    for (const [name, reason, make] of FILES_OF) {
      it(`that holds ${name} is refused as ${reason}`, async () => {
        const app = await host().createApp();
        const file = await make();
        for (const dryRun of ['true', 'false']) {
          const ended = await movedIn(host(), app, { format: 'cosync', file, options: { dryRun } });
          assert.deepEqual([ended.state, ended.reason], ['failed', reason]);
          assert.equal(ended.report.refusedRows.at(-1)?.reason, reason);
          assert.equal(ended.report.created, 0);
        }
        assert.equal(await host().deps.store.users.size(app.id), 0);
        assert.equal((await host().request('GET', '/healthz')).status, 200);
      });
    }

    it('that holds nobody moves nobody in', async () => {
      const app = await host().createApp();
      const ended = await movedIn(host(), app, { format: 'cosync', file: await zipOf(files()) });
      assert.deepEqual([ended.state, ended.report?.created], ['done', 0]);
    });
  },
  { config: { moveInMaxMb: 2 } },
);
