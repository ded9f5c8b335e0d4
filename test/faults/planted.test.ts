import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeDataDir } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { until } from '../support/until.ts';

const SETUP = fileURLToPath(new URL('../../setup/start.mjs', import.meta.url));

/** Somebody else on the machine who knows where the host looks. */
describe('a host on a machine with others', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'planted-'));
  const folders: string[] = [temporary];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  const started: HostProcess[] = [];
  afterEach(async () => {
    for (const host of started.splice(0)) await host.stop();
  });

  /** Runs until it listens and ends as told to, so that what it compiled is written. */
  async function startAndStop(dataDir: string): Promise<void> {
    const host = startHostProcess({ dataDir, env: { TMPDIR: temporary, NODE_COMPILE_CACHE: '' } });
    started.push(host);
    await host.listening;
    host.child.kill('SIGTERM');
    const { code, stderr } = await host.ended;
    assert.equal(code, 0, stderr);
  }
  function dataFolder(): { dataDir: string; cache: string } {
    const { dataDir } = makeDataDir();
    folders.push(dataDir);
    return { dataDir, cache: join(dataDir, '.compile-cache') };
  }

  it('keeps compiled code in a folder of its own, and nothing where everybody may write', async () => {
    const { dataDir, cache } = dataFolder();
    await startAndStop(dataDir);
    assert.equal(statSync(cache).mode & 0o777, 0o700);
    assert.ok(readdirSync(cache).length > 0);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('uses no such folder that others could have written to, or that is a link', async () => {
    const planted = mkdtempSync(join(tmpdir(), 'planted-cache-'));
    folders.push(planted);
    const kinds: Record<string, (cache: string, dataDir: string) => void> = {
      'open to all': (cache) => {
        mkdirSync(cache);
        chmodSync(cache, 0o777);
      },
      'readable by a group': (cache) => {
        mkdirSync(cache);
        chmodSync(cache, 0o750);
      },
      'a link': (cache) => symlinkSync(planted, cache),
      'in a folder open to all': (cache, dataDir) => {
        mkdirSync(cache, { mode: 0o700 });
        chmodSync(dataDir, 0o777);
      },
    };
    for (const [kind, plant] of Object.entries(kinds)) {
      const { dataDir, cache } = dataFolder();
      plant(cache, dataDir);
      await startAndStop(dataDir);
      assert.deepEqual(readdirSync(cache), [], kind);
    }
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('leaves nothing in the temporary folder by a command either', async () => {
    const { dataDir, cache } = dataFolder();
    const env = { PATH: process.env.PATH, TMPDIR: temporary, DATA_DIR: dataDir };
    await new Promise((resolve) => execFile(process.execPath, [SETUP, '--version'], { env }, resolve));
    assert.deepEqual([readdirSync(temporary), existsSync(cache)], [[], false]);
  });

  it('opens no debugger for a signal', async () => {
    const host = startHostProcess();
    started.push(host);
    await host.listening;
    host.child.kill('SIGUSR1');
    await pause(500);
    host.child.kill('SIGTERM');
    const { code, stderr } = await host.ended;
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('finds what a dead process left of an upload and removes it, but not what another one is receiving', async () => {
    const { dataDir } = dataFolder();
    const uploads = join(dataDir, 'uploads');
    const first = startHostProcess({ dataDir });
    started.push(first);
    const port = await first.listening;
    const boundary = 'Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000';
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    const head = `POST /api/app/importDatabase HTTP/1.1\r\nHost: x\r\nserver-secret: ${await serverSecretOf(dataDir)}`;
    const part =
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\nContent-Type: application/zip\r\n\r\nPK and more';
    socket.write(`${head}\r\n${boundary}\r\n\r\n${part}`);
    await until(
      'the upload has begun',
      () => existsSync(uploads) && readdirSync(uploads, { recursive: true }).length >= 2,
    );
    const [received = ''] = readdirSync(uploads);
    const foreign = join(uploads, 'another.machine-1-abcdef');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'file'), 'x');

    const second = startHostProcess({ dataDir });
    started.push(second);
    await second.listening;
    assert.deepEqual(readdirSync(uploads).sort(), [received, 'another.machine-1-abcdef'].sort());
    first.child.kill('SIGKILL');
    second.child.kill('SIGKILL');
    await Promise.all([first.ended, second.ended]);
    assert.ok(existsSync(join(uploads, received)));

    const third = startHostProcess({ dataDir });
    started.push(third);
    await third.listening;
    assert.deepEqual(readdirSync(uploads), ['another.machine-1-abcdef']);
    assert.equal(statSync(uploads).mode & 0o777, 0o700);
  });
});
