import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { type Answer, makeDataDir } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import { startStopwatch } from '../support/stopwatch.ts';
import { until } from '../support/until.ts';
import { assertAllIn, assertUnavailable, type Stage, setStage } from './stage.ts';

const base = mkdtempSync(join(tmpdir(), 'small-disk-'));
const disk = join(base, 'disk');
const image = join(base, 'image');
const run = (command: string, ...args: string[]) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** A disk of its own, small enough to be filled, that a fault of the device can turn read-only. */
function mountDisk(): boolean {
  return run('mkdir', '-p', disk) && run('mount', '-o', 'loop', image, disk);
}
function makeDisk(): boolean {
  closeSync(openSync(image, 'w'));
  truncateSync(image, 12 * 1024 * 1024);
  return run('mkfs.ext4', '-q', '-F', image) && mountDisk();
}
const skip = makeDisk() ? false : 'needs root and a loop device to mount a small disk';
if (skip) process.stderr.write(`\n!!! FULL AND READ-ONLY DISKS ARE NOT TESTED: ${skip}\n\n`);
else run('umount', disk);

/** From room on the disk to the first acknowledged write (ms). */
const RESUMES_MS = 5_000;

describe('a host whose disk', { skip }, () => {
  let host: HostProcess;
  let stage: Stage;
  /** Handles of people whose signup was answered with tokens. */
  let joined: string[];

  beforeEach(async () => {
    assert.ok(makeDisk());
    joined = [];
    makeDataDir(disk);
    host = startHostProcess({ dataDir: disk });
    stage = await setStage(host);
  });
  afterEach(async () => {
    await host.stop();
    run('umount', disk);
  });
  after(() => rmSync(base, { recursive: true, force: true }));

  /** Signs somebody new up and remembers who was told to be in. */
  async function joinNext(): Promise<Answer> {
    const handle = `person${joined.length}@example.com`;
    const answer = await stage.signUp(handle);
    if (answer.status === 200) joined.push(handle);
    return answer;
  }
  /** Writes are refused as they should be, and the first person's token still opens what only reads. */
  async function assertReadsOnly(accessToken: string): Promise<void> {
    let refused = await joinNext();
    while (refused.status === 200) refused = await joinNext();
    const writes = [joinNext, () => stage.logIn('person0@example.com'), joinNext, joinNext];
    for (const write of writes) assertUnavailable(await write());
    assert.equal((await stage.getUser(accessToken)).body.handle, 'person0@example.com');
    assert.equal((await stage.get('/healthz')).status, 200);
    const unexpected = host.lines.filter(({ event }) => event === 'unexpected_error');
    assert.deepEqual(unexpected, []);
  }

  it('is full answers writes with 503, goes on reading and resumes by itself, with nothing lost', async () => {
    const { body } = await joinNext();
    fill(join(disk, 'ballast'));
    await assertReadsOnly(body['access-token']);

    rmSync(join(disk, 'ballast'));
    const back = startStopwatch(host.child);
    await until('somebody joins again', async () => (await joinNext()).status === 200);
    assert.ok(back() < RESUMES_MS);
    await assertAllIn(stage, joined);
  });

  it('has no room for the outbox answers code 500 and leaves no half line in it', async () => {
    await host.stop();
    host = startHostProcess({ dataDir: disk, env: { DB_CONN_STRING: `sqlite:${join(base, 'host.db')}` } });
    stage = await setStage(host, { signupFlow: 'code' });
    const askFor = (handle: string) => stage.signUp(handle);
    const ballast = join(disk, 'ballast');
    fill(ballast);
    // Room for some lines and a part of one.
    truncateSync(ballast, statSync(ballast).size - 20_000);
    const told: string[] = [];
    let answer: Answer;
    do {
      const handle = `asked${told.length}@example.com`;
      answer = await askFor(handle);
      if (answer.status === 200) told.push(handle);
    } while (answer.status === 200);
    assert.deepEqual([answer.status, answer.body.code], [400, 500]);

    rmSync(join(disk, 'ballast'));
    told.push('later@example.com');
    assert.equal((await askFor('later@example.com')).status, 200);
    const lines = readFileSync(join(disk, 'outbox.jsonl'), 'utf8').split('\n').filter(Boolean);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).to),
      told,
    );
  });

  it('turned read-only answers writes with 503, goes on reading, and has lost nothing after a restart', async () => {
    const { body } = await joinNext();
    // What was written before the host ran has to be on the disk.
    assert.ok(run('sync', '-f', disk) && run('mount', '-o', 'remount,abort', disk));
    await assertReadsOnly(body['access-token']);

    await host.stop();
    const refused = startHostProcess({ dataDir: disk });
    const { code, stderr } = await refused.ended;
    assert.equal(code, 73, stderr);
    assert.match(stderr, /DB_CONN_STRING .*cannot be opened and written/);

    assert.ok(run('umount', disk) && mountDisk());
    host = startHostProcess({ dataDir: disk });
    stage = await stage.on(host);
    assert.equal((await joinNext()).status, 200);
    await assertAllIn(stage, joined);
  });
});

function fill(name: string): void {
  const file = openSync(name, 'w');
  try {
    for (const size of [65_536, 4_096, 512]) fillWith(file, size);
  } finally {
    closeSync(file);
  }
}
function fillWith(file: number, size: number): void {
  try {
    while (writeSync(file, Buffer.alloc(size, 'x')) === size);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
}
