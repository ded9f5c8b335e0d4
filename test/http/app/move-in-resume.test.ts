import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { moveInWork } from '../../../server/domain/transfer/move-in-work.ts';
import type { App } from '../../../server/model/app.ts';
import { META } from '../../../server/ports/store/meta.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { figuresNamed } from '../../support/figures.ts';
import { BCRYPT, MD5 } from '../../support/foreign-files.ts';
import { beforeNext } from '../../support/patched.ts';
import { aJob, aRowId } from '../../support/records.ts';

const PEOPLE = 650;
/** Some are refused, some are doubles, one in fifty has an MD5. */
const FILE = Array.from({ length: PEOPLE }, (_, n) =>
  JSON.stringify({
    $id: `aw${n}`,
    email: n % 100 === 99 ? undefined : n % 40 === 39 ? 'P1@example.com' : `p${n}@example.com`,
    emailVerification: true,
    status: true,
    ...(n % 50 === 0 ? { hash: 'md5', password: MD5 } : { hash: 'bcrypt', password: BCRYPT }),
  }),
).join('\n');

/** Additions §4. */
describeOnBothStores('an import that is broken off', (host) => {
  async function begun(app: App) {
    const { deps, dataDir } = host();
    const files = aRowId();
    mkdirSync(join(dataDir, 'received'), { recursive: true });
    const path = join(dataDir, 'received', files);
    const asked = { format: 'appwrite', dryRun: false, conflict: 'skip', unverified: 'pending', map: {} };
    const task = { ...asked, options: {}, files, hasSecond: false, sum: '' };
    const job = aJob({ appId: app.id, kind: 'import', task, dueAt: Number.MAX_SAFE_INTEGER });
    // First, for files of no job are taken for leftovers and removed soon after the start.
    await deps.store.jobs.insert(job);
    writeFileSync(path, FILE);
    await deps.foreignFiles.keep(files, { file: path });
    return job;
  }

  /** Takes an import to its end; `each`: how often a step is done before it counts, each by a new process. */
  async function run(app: App, each: number) {
    const { deps } = host();
    let job = await begun(app);
    let work = moveInWork(deps);
    for (let steps = 0; steps < 100; steps++) {
      let made = await work(job);
      for (let again = 1; again < each && made.next === undefined; again++) {
        work = moveInWork(deps);
        made = await work(job);
      }
      job = { ...job, ...made.job };
      if (made.next === 'done') return job;
      assert.equal(made.next, undefined, JSON.stringify(made));
    }
    return assert.fail('it goes on and on');
  }

  it('ends as if it had not been, whatever was done of the step at hand', async () => {
    const [plain, broken] = [await host().createApp(), await host().createApp()];
    const [one, other] = [await run(plain, 1), await run(broken, 3)];
    assert.deepEqual(other.report, one.report);
    assert.deepEqual(other.progress.refusedRows, one.progress.refusedRows);
    assert.equal(other.read, PEOPLE);
    const { users } = host().deps.store;
    assert.equal(await users.size(broken.id), one.report.created);
    assert.equal(await users.size(plain.id), one.report.created);
    const refused = async (job: typeof one) =>
      (await Array.fromAsync((await host().deps.foreignFiles.refused(String(job.task.files))) ?? [])).join(
        '',
      );
    assert.equal(await refused(other), await refused(one));
    const counted = async (app: App, key: string) =>
      host().deps.store.counters.read(`${key}/${app.id}`, host().clock.now());
    assert.equal(await counted(broken, 'seats'), one.report.created);
  });

  it('counts everybody once, also where two processes do the same step', async () => {
    const app = await host().createApp();
    const { deps, clock } = host();
    const { users } = deps.store;
    let job = await begun(app);
    const work = moveInWork(deps);
    while (job.progress.phase !== 'write') job = { ...job, ...(await work(job)).job };
    await beforeNext(users, 'insertNew', {
      meanwhile: () => moveInWork(deps)(job),
      work: () => work(job),
    });
    const size = await users.size(app.id);
    assert.ok(size > 0);
    assert.equal(await deps.store.counters.read(`seats/${app.id}`, clock.now()), size);
    const kinds: string[] = JSON.parse((await deps.store.meta.get(META.passwordKinds)) ?? '[]');
    const counted = await Promise.all(
      kinds.map((kind) => deps.store.counters.read(`password-kind/${app.id}/${kind}`, clock.now())),
    );
    assert.equal(
      counted.reduce((sum, one) => sum + one, 0),
      size,
    );
    assert.deepEqual(await figuresNamed(host(), app, /^user_imported/), { 'user_imported appwrite': size });
  });
});
