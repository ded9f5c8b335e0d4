import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileStorage } from '../../client/node/index.ts';
import { createAuth } from '../../client/user/index.ts';
import { startTestHost } from '../support/host.ts';

describe('a session in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'client-file-'));
  after(() => rmSync(folder, { recursive: true }));

  it('outlives the process, for its owner alone', async () => {
    const host = await startTestHost({ now: Date.now() });
    const app = await host.createApp({ signupFlow: 'none' });
    const path = join(folder, 'below', 'session.json');
    const opened = () => createAuth({ url: host.url, appToken: app.appToken, storage: fileStorage(path) });
    await opened().orThrow.signUp({ handle: 'ada@example.com', password: 'Correct-Horse-1' });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, 'below')).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(join(folder, 'below')), ['session.json'], 'nothing is left beside it');

    const again = opened();
    await again.ready;
    assert.equal(again.session?.user.handle, 'ada@example.com');
    await again.orThrow.logOut();
    assert.equal(readFileSync(path, 'utf8'), '{}');
    await host.stop();
  });

  it('keeps every one of many changes at once', async () => {
    const storage = fileStorage(join(folder, 'many.json'));
    const names = Array.from({ length: 30 }, (_, at) => `name-${at}`);
    await Promise.all(names.map((name) => storage.set(name, name)));
    await Promise.all(names.slice(15).map((name) => storage.remove(name)));
    const kept = await Promise.all(names.map((name) => storage.get(name)));
    assert.deepEqual(kept, [...names.slice(0, 15), ...Array(15).fill(undefined)]);
  });

  it('holds nobody when it is damaged', async () => {
    const path = join(folder, 'damaged.json');
    writeFileSync(path, '{"cosync');
    assert.equal(await fileStorage(path).get('anything'), undefined);
    await fileStorage(path).set('anything', 'new');
    assert.equal(await fileStorage(path).get('anything'), 'new');
  });
});
