import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeOnBothStores } from '../../support/both-stores.ts';
import { FIXTURES, MD5, TEXT } from '../../support/foreign-files.ts';
import { movedIn } from '../../support/move-in.ts';

const ADA = 'ada@example.com';

/** Additions §4. */
describeOnBothStores('moving in', (host) => {
  const logIn = (appToken: string, json: Record<string, unknown>) =>
    host().request('POST', '/api/appuser/login', { headers: { 'app-token': appToken }, json });

  for (const [name, fixture] of Object.entries(FIXTURES)) {
    it(`takes the file of ${name}, and its people log in with what they know`, async () => {
      const app = await host().createApp();
      const before = host().clock.now();
      const dry = await movedIn(host(), app, { ...fixture, options: { ...fixture.options, dryRun: 'true' } });
      assert.equal(await host().deps.store.users.size(app.id), 0);
      const { state, reason, report, total, job } = await movedIn(host(), app, fixture);
      assert.deepEqual([state, reason], ['done', undefined], JSON.stringify(report));
      const { created, atOnce = 0, resetOnly = 0, socialOnly = 0, factorsDropped = 0 } = fixture;
      const newClientOrReset = created - atOnce - resetOnly - socialOnly;
      assert.deepEqual(report, {
        created,
        updated: 0,
        skipped: 0,
        refused: 0,
        canLogIn: { atOnce, newClientOrReset, resetOnly, socialOnly },
        factorsDropped,
        refusedRows: [],
      });
      assert.deepEqual([dry.report, dry.state, total], [report, 'done', created]);
      const user = await host().deps.store.users.findByHandle(app.id, ADA);
      assert.ok(user && user.createdAt <= before);
      assert.match(String(user.importedFrom), new RegExp(`^${fixture.format}:`));
      assert.equal(user.status, 'active');
      assert.equal(user.totpSecret, fixture.totp && 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
      const waiting = await host().portal('GET', `/api/app/users?appId=${app.id}&waitsForPassword=true`);
      assert.equal(waiting.body.rows.length, created);
      if (resetOnly < created && user.passwordHash !== undefined) {
        const first = await logIn(app.appToken, { handle: ADA, password: MD5 });
        assert.equal(first.status, atOnce > 0 ? 200 : 400, 'the MD5 alone');
        assert.equal((await logIn(app.appToken, { handle: ADA, passwordText: TEXT })).status, 200);
        assert.equal((await logIn(app.appToken, { handle: ADA, password: MD5 })).status, 200);
        const later = await host().portal('GET', `/api/app/users?appId=${app.id}&waitsForPassword=true`);
        assert.equal(later.body.rows.length, created - 1);
      }
      assert.equal((await host().portal('GET', `/api/app/import?job=${job}`)).body.state, 'done');
      const again = await movedIn(host(), app, fixture);
      assert.deepEqual([again.report.created, again.report.skipped], [0, created]);
    });
  }
});
