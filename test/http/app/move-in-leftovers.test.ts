import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { sweep } from '../../../server/domain/housekeeping.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { endedMoveIn, sendMoveIn } from '../../support/move-in.ts';
import { aJob } from '../../support/records.ts';

/** Additions §4: the host removes its copy, which holds password hashes, when an import ends. */
describeOnBothStores('the files of an import', (host) => {
  const imports = () => join(host().dataDir, 'uploads', 'imports');
  /** Files as they lie there; `job`: what is known of their import. */
  function left(): string {
    const name = host().deps.codes.newRowId(host().clock.now());
    mkdirSync(join(imports(), name), { recursive: true });
    for (const file of ['file', 'second', 'index.db', 'refused.csv'])
      writeFileSync(join(imports(), name, file), 'x');
    return name;
  }

  it('go at once, by whichever route it is stopped', async () => {
    for (const route of ['stopJob', 'stopImport']) {
      const app = await host().createApp();
      const file = Array.from({ length: 20_000 }, (_, n) =>
        JSON.stringify({ user_id: `auth0|${n}`, email: `p${n}@example.com` }),
      ).join('\n');
      const { body } = await sendMoveIn(host(), app, { format: 'auth0', file });
      const json = { job: body.job };
      assert.equal((await host().portal('POST', `/api/app/${route}`, { json })).text, 'true', route);
      assert.equal((await endedMoveIn(host(), String(body.job))).state, 'stopped');
      const files = readdirSync(imports(), { recursive: true }).map(String);
      assert.deepEqual(
        files.filter((name) => /file$|second$/.test(name)),
        [],
        route,
      );
    }
  });

  it('go soon where it ended in another way, and the refused rows with its job', async () => {
    const { store } = host().deps;
    const app = await host().createApp();
    const [failed, lost, running] = [left(), left(), left()];
    const task = (files: string) => ({ format: 'auth0', dryRun: false, files });
    const more = { appId: app.id, kind: 'import', dueAt: Number.MAX_SAFE_INTEGER } as const;
    await store.jobs.insert(aJob({ ...more, id: failed, state: 'failed', task: task(failed) }));
    await store.jobs.insert(aJob({ ...more, id: running, state: 'running', task: task(running) }));
    host().clock.advance(11 * 60_000);
    const young = left();
    await sweep(host().deps);
    assert.deepEqual(readdirSync(join(imports(), failed)), ['refused.csv']);
    assert.equal(existsSync(join(imports(), lost)), false);
    for (const name of [running, young]) assert.equal(readdirSync(join(imports(), name)).length, 4, name);
  });
});
