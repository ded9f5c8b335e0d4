import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openArchive } from '../../server/archive/read.ts';
import { ArchiveError, type OpenArchive } from '../../server/ports/archive.ts';
import { type Files, zipOf } from '../support/zip.ts';

describe('an archive', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'archive-test-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function opened(files: Files, maxInflatedBytes = 1_000_000, maxRows = 100_000): Promise<OpenArchive> {
    const path = join(folder, 'test.zip');
    writeFileSync(path, await zipOf(files));
    return openArchive(path, { names: Object.keys(files), maxInflatedBytes, maxRows });
  }
  async function read(archive: OpenArchive, name: string) {
    const rows = [];
    for await (const { line, cells } of archive.rows(name)) rows.push([line, ...cells]);
    return rows;
  }

  it('gives each row with the line it starts at, as often as it is asked', async () => {
    const archive = await opened({ 'a.csv': '\ufeffx,y\r\n1,"two\r\nlines"\r\n\r\n3,"say ""hi"""\r\n' });
    assert.deepEqual(await archive.header('a.csv'), ['x', 'y']);
    const rows = [
      [2, '1', 'two\r\nlines'],
      [5, '3', 'say "hi"'],
    ];
    assert.deepEqual(await read(archive, 'a.csv'), rows);
    assert.deepEqual(await read(archive, 'a.csv'), rows);
    archive.close();
  });

  it('reads what a European spreadsheet saved', async () => {
    const files = {
      'plain.csv': '\ufeffx;y\r\n1;"a;b"\r\n3;a,b\r\n',
      'quoted.csv': '"x";"y"\n"1";"a;b"\n"3";"a,b"\n',
    };
    const archive = await opened(files);
    for (const name of Object.keys(files)) {
      assert.deepEqual(await archive.header(name), ['x', 'y'], name);
      const rows = [
        [2, '1', 'a;b'],
        [3, '3', 'a,b'],
      ];
      assert.deepEqual(await read(archive, name), rows, name);
    }
    archive.close();
    const commas = await opened({ 'a.csv': 'x;z,y\n1;2,3;4\n', 'b.csv': 'x\n1;2\n' });
    assert.deepEqual(await read(commas, 'a.csv'), [[2, '1;2', '3;4']]);
    assert.deepEqual(await read(commas, 'b.csv'), [[2, '1;2']]);
    commas.close();
  });

  it('counts what all files inflate to, each once', async () => {
    const line = `${'x'.repeat(99)}\n`;
    const files = { 'a.csv': line.repeat(6000), 'b.csv': line.repeat(5000) };
    const archive = await opened(files);
    assert.equal((await read(archive, 'a.csv')).length, 5999);
    assert.equal((await read(archive, 'a.csv')).length, 5999);
    await assert.rejects(
      read(archive, 'b.csv'),
      /^ArchiveError: b\.csv, after line \d+: the files inflate to more/,
    );
    archive.close();
    const roomy = await opened(files, 1_100_000);
    await read(roomy, 'a.csv');
    assert.equal((await read(roomy, 'b.csv')).length, 4999);
    roomy.close();
  });

  it('holds no more than a row of a file that never ends a line', async () => {
    const archive = await opened({ 'a.csv': Buffer.alloc(64 * 1024 * 1024) }, 1e9);
    const before = process.memoryUsage().arrayBuffers;
    await assert.rejects(archive.header('a.csv'), /a row is longer than 1 MB/);
    assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 1024 * 1024);
    archive.close();
  });

  it('stops reading when it is closed, also in a file of empty lines alone', async () => {
    const archive = await opened({ 'a.csv': `x\n${'\n'.repeat(20_000_000)}` }, 100_000_000);
    setTimeout(() => archive.close(), 20);
    await assert.rejects(read(archive, 'a.csv'), ArchiveError);
  });

  it('says of a file that was changed on its way that it is damaged', async () => {
    const text = `handle,flow\n${'ada@example.com,code\n'.repeat(20_000)}`;
    for (const compress of [false, true]) {
      const zip = await zipOf({ 'a.csv': text }, { compress });
      const central = zip.lastIndexOf(Buffer.from('PK\x01\x02'));
      const content = zip.indexOf('handle,flow');
      const changes: Record<string, (zip: Buffer) => void> = {
        'another sum': (copy) => copy.writeUInt32LE(copy.readUInt32LE(central + 16) ^ 1, central + 16),
        'a larger size than there is': (copy) =>
          copy.writeUInt32LE(copy.readUInt32LE(central + 24) + 1, central + 24),
        'a smaller size than there is': (copy) =>
          copy.writeUInt32LE(copy.readUInt32LE(central + 24) - 1, central + 24),
        'cut where it is packed': (copy) =>
          copy.writeUInt32LE(copy.readUInt32LE(central + 20) - 10, central + 20),
        ...(!compress && { 'a value': (copy: Buffer) => void copy.write('link', content + 28) }),
        ...(compress && { 'packed bytes': (copy: Buffer) => void copy.fill(0x55, 60, 70) }),
      };
      for (const [what, change] of Object.entries(changes)) {
        const copy = Buffer.from(zip);
        change(copy);
        assert.ok(!copy.equals(zip), what);
        writeFileSync(join(folder, 'changed.zip'), copy);
        const reading = async () => {
          const limits = { names: ['a.csv'], maxInflatedBytes: 1_000_000, maxRows: 100_000 };
          const archive = await openArchive(join(folder, 'changed.zip'), limits);
          await read(archive, 'a.csv').finally(() => archive.close());
        };
        await assert.rejects(reading, /^ArchiveError: .*damaged|^ArchiveError: .*cannot be read/, what);
      }
    }
  });

  it('gives so many rows of a table and no more', async () => {
    const archive = await opened({ 'a.csv': `x\n${'1\n'.repeat(10)}` }, 1_000, 10);
    assert.equal((await read(archive, 'a.csv')).length, 10);
    archive.close();
    const longer = await opened({ 'a.csv': `x\n${'1\n'.repeat(11)}` }, 1_000, 10);
    await assert.rejects(read(longer, 'a.csv'), /^ArchiveError: a\.csv has more than 10 rows/);
    longer.close();
  });

  it('refuses hundreds of columns', async () => {
    const archive = await opened({ 'a.csv': `${'x,'.repeat(300)}x\n` });
    await assert.rejects(archive.header('a.csv'), ArchiveError);
    archive.close();
  });

  it('tells where the text stops being UTF-8', async () => {
    const archive = await opened({ 'a.csv': Buffer.concat([Buffer.from('x\n1\n2\n'), Buffer.from([0xff])]) });
    await assert.rejects(read(archive, 'a.csv'), /a\.csv, after line \d: the text is not UTF-8/);
    archive.close();
  });
});
