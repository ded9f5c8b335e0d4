import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { makeDataDir } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';
import {
  findBinary,
  launch,
  NO_OWN_MONGOD,
  type OwnMongod,
  ownMongodAvailable,
  startOwnMongod,
} from '../support/mongod.ts';
import { type Stage, setStage } from './stage.ts';

const skip = ownMongodAvailable() ? false : NO_OWN_MONGOD;

/** Until every process refuses whom one has locked out (threats F15). */
const AGREE_MS = 5_000;
const EVERY_MS = 25;

interface Person {
  handle: string;
  userId: string;
  token: string;
}

/** How somebody is locked out through one process. */
const ENDS = {
  suspended: (stage: Stage, { userId }: Person) =>
    stage.portal('/api/app/user', { appId: stage.appId, userId, status: 'suspend' }),
  deleted: (stage: Stage, { handle }: Person) =>
    stage.portal('/api/app/removeUser', { appId: stage.appId, handle }),
  'logged out': (stage: Stage, { token }: Person) => stage.user(token, 'logout', {}),
} satisfies Record<string, (stage: Stage, person: Person) => Promise<{ status: number; text: string }>>;

describe('two processes on a MongoDB refuse whom one has locked out', { skip }, () => {
  const { dataDir } = makeDataDir();
  let mongod: OwnMongod;
  let hosts: HostProcess[] = [];
  before(async () => {
    mongod = await startOwnMongod();
  });
  after(async () => {
    await mongod.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  let people = 0;
  async function twoHosts(url: string): Promise<[Stage, Stage]> {
    const env = { DB_CONN_STRING: url };
    hosts = [startHostProcess({ dataDir, env }), startHostProcess({ dataDir, env })];
    const [first, second] = hosts as [HostProcess, HostProcess];
    const stage = await setStage(first);
    const twin = await stage.on(second);
    assert.notEqual(first.child.pid, second.child.pid);
    return [stage, twin];
  }
  async function stopHosts(): Promise<void> {
    await Promise.all(hosts.splice(0).map((host) => host.stop()));
  }
  async function join(stage: Stage): Promise<Person> {
    const handle = `person${people++}@example.com`;
    const { body } = await stage.signUp(handle);
    const token = String(body['access-token']);
    const { userId } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return { handle, token, userId };
  }
  /** Both processes remember the person. */
  async function areKnown(stages: readonly Stage[], { token }: Person): Promise<void> {
    for (const stage of stages) assert.equal((await stage.getUser(token)).status, 200);
  }
  /** How long the twin went on serving; it is asked all the time. */
  async function servedMs(twin: Stage, { token }: Person): Promise<number> {
    const since = performance.now();
    let last = 0;
    while (performance.now() - since < AGREE_MS) {
      const askedAt = performance.now() - since;
      if ((await twin.getUser(token)).status === 200) last = askedAt;
      else if (askedAt > last + 1_000) break;
      await pause(EVERY_MS);
    }
    return last;
  }
  async function assertEndsHold(stages: readonly [Stage, Stage], most: number): Promise<void> {
    for (const [how, end] of Object.entries(ENDS)) {
      const person = await join(stages[0]);
      await areKnown(stages, person);
      const answer = await end(stages[0], person);
      assert.equal(answer.status, 200, `${how}: ${answer.text}`);
      assert.notEqual((await stages[0].getUser(person.token)).status, 200, `${how}, where it was done`);
      const served = await servedMs(stages[1], person);
      assert.ok(served <= most, `${how}: served for ${Math.round(served)} ms`);
    }
  }

  it('of which the server tells', async () => {
    const stages = await twoHosts(mongod.url('told'));
    await assertEndsHold(stages, AGREE_MS - 1_000);
    await stopHosts();
  });

  it('where its news are held back', async () => {
    const stages = await twoHosts(mongod.url('silent'));
    const data = { failCommands: ['getMore'], blockConnection: true, blockTimeMS: 30_000 };
    await mongod.command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data });
    try {
      await assertEndsHold(stages, AGREE_MS - 1_000);
    } finally {
      await mongod.command({ configureFailPoint: 'failCommand', mode: 'off' });
      await stopHosts();
    }
  });

  it('where its news end again and again', async () => {
    const stages = await twoHosts(mongod.url('cut'));
    const data = { failCommands: ['getMore'], closeConnection: true };
    await mongod.command({ configureFailPoint: 'failCommand', mode: { activationProbability: 0.5 }, data });
    try {
      await assertEndsHold(stages, AGREE_MS - 1_000);
    } finally {
      await mongod.command({ configureFailPoint: 'failCommand', mode: 'off' });
      await stopHosts();
    }
  });

  it('that is frozen right afterwards', async () => {
    const [stage, twin] = await twoHosts(mongod.url('frozen'));
    const person = await join(stage);
    await areKnown([stage, twin], person);
    assert.equal((await ENDS.suspended(stage, person)).status, 200);
    await mongod.freeze();
    try {
      const [own, served] = await Promise.all([stage.getUser(person.token), servedMs(twin, person)]);
      assert.notEqual(own.status, 200);
      assert.ok(served <= AGREE_MS - 1_000, `served for ${Math.round(served)} ms`);
    } finally {
      mongod.thaw();
      await stopHosts();
    }
  });

  it('that is no replica set and tells of nothing', async () => {
    const folder = mkdtempSync(pathOf(tmpdir(), 'standalone-'));
    const port = await freePort();
    const alone = await launch(await findBinary(), folder, port, []);
    try {
      const stages = await twoHosts(`mongodb://127.0.0.1:${port}/alone`);
      await assertEndsHold(stages, AGREE_MS - 1_000);
    } finally {
      await stopHosts();
      alone.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
