import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Uploads } from '../../server/assets/uploads.ts';

const folder = mkdtempSync(join(tmpdir(), 'left-uploads-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file with a time so many seconds off. */
function write(path: string, bytes: number, offSeconds: number): void {
  writeFileSync(path, Buffer.alloc(bytes));
  const at = performance.timeOrigin / 1000 + offSeconds;
  utimesSync(path, at, at);
}

describe('what a process that was killed left of an upload', () => {
  let made = 0;
  function stage() {
    const uploading = join(folder, String(made++));
    mkdirSync(uploading);
    return { uploading, path: join(uploading, 'a-main.1') };
  }

  for (const [name, offSeconds] of [
    ['', -60],
    [', whose clock was ahead', 3600],
  ] as const) {
    it(`is gone on with${name}`, async () => {
      const { uploading, path } = stage();
      write(path, 100, offSeconds);
      write(join(uploading, 'a-main.2'), 200, offSeconds);
      write(join(uploading, 'a-small.3'), 300, offSeconds);
      const uploads = new Uploads(uploading, () => 'own');
      assert.equal(await uploads.received('a-main'), 200, 'the longest');
      assert.equal(await uploads.received('a-main'), 200, 'asked again');
      assert.equal(await uploads.received('a-small'), 300);
      assert.equal(await uploads.received('b-main'), 0);
    });
  }

  it('gives way to what lies aside and is longer', async () => {
    const { uploading, path } = stage();
    write(join(uploading, 'a-main.partial'), 300, -60);
    write(path, 200, -60);
    assert.equal(await new Uploads(uploading, () => 'own').received('a-main'), 300);
  });

  it('is left to another process that still receives it, whatever the clock says', async () => {
    const { uploading, path } = stage();
    write(path, 100, -60);
    const uploads = new Uploads(uploading, () => 'own');
    assert.equal(await uploads.received('b-main'), 0);
    appendFileSync(path, 'more');
    utimesSync(path, 1, 1);
    write(join(uploading, 'c-main.2'), 100, -60);
    assert.equal(await uploads.received('a-main'), 0, 'it has moved');
    assert.equal(await uploads.received('c-main'), 0, 'it has begun');
    assert.ok(existsSync(path));
  });
});
