import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it, mock } from 'node:test';
import { buildConfig } from '../../server/config/load.ts';
import { signUp } from '../../server/domain/joining/signup.ts';
import { completeSignup } from '../../server/domain/joining/signup-completion.ts';
import { logIn } from '../../server/domain/login/password-login.ts';
import { createLogger } from '../../server/log/logger.ts';
import { buildDeps, type Wired } from '../../server/wiring.ts';
import { makeDataDir } from '../support/host.ts';
import { insertApp, insertUser, insertWaitingSignup, PASSWORD } from '../support/insert.ts';
import { from } from '../support/places.ts';

const HOME = '198.51.100.7';

/** What each call waits for on the embedded database; nothing is sent and nothing swept meanwhile. */
describe('commits of a call', () => {
  const { dataDir, settings } = makeDataDir();
  let deps: Wired;
  let commits: { synced: number; noted: number };
  let waitsForDisk = true;

  before(async () => {
    const { exec } = DatabaseSync.prototype;
    mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, sql: string) {
      exec.call(this, sql);
      if (sql.startsWith('PRAGMA synchronous')) waitsForDisk = sql.endsWith('FULL');
      if (sql === 'COMMIT') commits[waitsForDisk ? 'synced' : 'noted']++;
    });
    commits = { synced: 0, noted: 0 };
    deps = await buildDeps(buildConfig(settings, { production: false }), createLogger('fatal'));
  });
  after(async () => {
    await deps.stop();
    mock.restoreAll();
    rmSync(dataDir, { recursive: true });
  });

  async function waitsOf(call: () => Promise<unknown>): Promise<number> {
    const { synced } = commits;
    await from(HOME, call);
    return commits.synced - synced;
  }

  it('are none on disk for a log-in, be it the first of a day, and none for a wrong password', async () => {
    const app = await insertApp(deps);
    const { handle } = await insertUser(deps, app);
    assert.equal(await waitsOf(() => logIn(deps, { app, handle, password: PASSWORD })), 0);
    assert.equal(await waitsOf(() => logIn(deps, { app, handle, password: PASSWORD })), 0);
    const wrong = '0'.repeat(32);
    const refused = () => assert.rejects(logIn(deps, { app, handle, password: wrong }));
    assert.equal(await waitsOf(refused), 0);
  });

  it('are two on disk for a signup that is completed: the account, and its welcome', async () => {
    const app = await insertApp(deps, { signupFlow: 'code' });
    const first = await insertWaitingSignup(deps, app, 'first');
    await from(HOME, () => completeSignup(deps, first));
    const proof = await insertWaitingSignup(deps, app, 'second');
    assert.equal(await waitsOf(() => completeSignup(deps, proof)), 2);
    const signup = await deps.store.signups.findByHandle(app.id, proof.handle);
    assert.equal(signup?.status, 'verified');
    assert.equal((await deps.store.users.findByHandle(app.id, proof.handle))?.id, signup?.userId);
  });

  it('are at most three on disk for one who joins at once: the account, its signup and its welcome', async () => {
    const app = await insertApp(deps, { signupFlow: 'none' });
    const join = (name: string) => () =>
      signUp(deps, {
        app,
        handle: `${name}@example.com`,
        password: { md5: PASSWORD, field: 'password' },
        metaData: '{}',
      });
    await from(HOME, join('third'));
    const waits = await waitsOf(join('fourth'));
    assert.ok(waits >= 1 && waits <= 3, `${waits}`);
  });
});
