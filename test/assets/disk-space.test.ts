import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { Uploads } from '../../server/assets/uploads.ts';

const GB = 1024 ** 3;
const folder = mkdtempSync(join(tmpdir(), 'disk-space-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function* pieces(count: number): AsyncIterable<Uint8Array> {
  for (let n = 0; n < count; n++) yield Buffer.alloc(1024 * 1024, 'a');
}

/** Receives so many MB on a disk of that size, of which so much is free at each look. */
async function receive(diskBytes: number, megabytes: number, ...freeBytes: number[]) {
  const space = async () => ({ bsize: 1, blocks: diskBytes, bavail: freeBytes.shift() ?? 0 });
  const uploads = new Uploads(join(folder, 'uploading'), () => 'own', space);
  const size = megabytes * 1024 * 1024;
  const arrival = { from: 0, contentType: 'video/mp4', size, most: size, bytes: pieces(megabytes) };
  return uploads.receive('a', join(folder, 'whole'), { ...arrival, state: async () => 'open' });
}

it('takes nothing while less than the smaller of 5 % and 1 GB is free', async () => {
  assert.equal(await receive(10 * GB, 1, 0.5 * GB - 1), 'no_room', '5 % of a small disk');
  assert.equal(await receive(100 * GB, 1, GB - 1), 'no_room', '1 GB of a large one');
  assert.deepEqual(readdirSync(join(folder, 'uploading')), []);
  assert.equal(await receive(10 * GB, 1, 0.5 * GB), 'whole');
  assert.equal(await receive(100 * GB, 1, GB), 'whole');
});

it('stops, and leaves nothing, when the disk fills up meanwhile', async () => {
  assert.equal(await receive(100 * GB, 70, GB, GB - 1), 'no_room');
  assert.deepEqual(readdirSync(join(folder, 'uploading')), []);
  assert.equal(readFileSync(join(folder, 'whole')).length, 1024 * 1024, 'what was there stays');
});
