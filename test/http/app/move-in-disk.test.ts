import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { UploadFolders } from '../../../server/http/frame/upload-folders.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { movedIn, sendMoveIn } from '../../support/move-in.ts';

const run = (command: string, ...args: string[]) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const person = JSON.stringify({ user_id: 'auth0|1', email: 'ada@example.com', email_verified: true });

/** Additions §4: 256 MB are left free. */
describe('moving in onto a disk that is nearly full', () => {
  let host: TestHost;
  let uploads: string;
  before(async () => {
    host = await startTestHost();
    uploads = join(host.dataDir, 'uploads');
    mkdirSync(join(uploads, 'imports'), { recursive: true });
  });
  after(() => host.stop());
  const left = () => readdirSync(uploads).filter((name) => name !== 'imports');

  it('is refused with a word before the file is received', async (context) => {
    const app = await host.createApp();
    context.mock.method(UploadFolders.prototype, 'hasRoom', async () => false);
    const { status, body } = await sendMoveIn(host, app, { format: 'auth0', file: person });
    assert.deepEqual([status, body.reason, body.field], [400, 'too_long', 'file']);
    assert.match(String(body.message), /disk of the host has no room/);
    assert.deepEqual(left(), []);
    assert.deepEqual((await host.deps.store.jobs.list(app.id, { limit: 1 })).rows, []);
  });

  it('ends with a word where the room goes while people are read, and writes nobody more', async (context) => {
    const app = await host.createApp();
    context.mock.method(host.deps.foreignFiles, 'hasRoom', async () => false);
    const ended = await movedIn(host, app, { format: 'auth0', file: person });
    assert.deepEqual([ended.state, ended.reason], ['failed', 'too_large']);
    assert.equal(await host.deps.store.users.size(app.id), 0);
  });

  it('is refused with the same word where the disk is full in the middle of the file', async (context) => {
    if (!run('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', uploads)) {
      context.skip('needs root to mount a small disk');
      return;
    }
    try {
      const app = await host.createApp();
      context.mock.method(UploadFolders.prototype, 'hasRoom', async () => true);
      const { status, body } = await sendMoveIn(host, app, {
        format: 'auth0',
        file: Buffer.alloc(16 << 20, 97),
      });
      assert.deepEqual([status, body.reason, body.field], [400, 'too_long', 'file']);
      assert.deepEqual(left(), []);
      assert.equal((await host.request('GET', '/healthz')).status, 200);
    } finally {
      run('umount', uploads);
    }
  });
});
