import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createAuth } from '../../client/user/index.ts';
import type { App } from '../../server/model/app.ts';
import { describeOnBothStores } from '../support/both-stores.ts';
import { cosyncStage } from '../support/cosync-stage.ts';

describeOnBothStores('files of users in a terminal', (host) => {
  const { story, check } = cosyncStage(host);
  let app: App;

  /** Somebody with files, by their ids, the newest first. */
  async function withFiles(handle: string, count: number): Promise<string[]> {
    const { assets, signUp } = createAuth({ url: host().url, appToken: app.appToken }).orThrow;
    await signUp({ handle, password: 'Correct-Horse-1' });
    const ids: string[] = [];
    for (let made = 0; made < count; made++) {
      const file = new Blob([`file ${made}`], { type: 'application/pdf' });
      const { _id } = await assets.upload(file, { path: `papers/${made}.pdf`, caption: `No. ${made}` });
      ids.unshift(_id);
      host().clock.advance(1_000);
    }
    return ids;
  }

  it('lists, tries and removes them', async () => {
    app = await host().createApp({ signupFlow: 'none', assetStorage: 'local' });
    await check({ args: ['asset', 'list'], err: /No file\./ });
    await check({
      args: ['asset', 'test'],
      out: /^OK +STEP +MS +DETAIL[\s\S]*yes +put/i,
      err: /The storage works\./,
    });
    await check({ args: ['asset', 'test', '--json'], json: ({ ok }) => assert.equal(ok, true) });
    const [newest = '', second = '', third = ''] = await withFiles('ada@example.com', 3);
    const [other = ''] = await withFiles('bo@example.com', 1);

    await check({
      args: ['asset', 'list', '--json'],
      json: ({ rows }) => assert.deepEqual(idsOf(rows), [other, newest, second, third]),
    });
    await check({
      args: ['asset', 'list', '--user', 'ada@example.com', '--csv'],
      out: /^id,type,bytes,caption,access,status,created,user,path\r\n[\da-f]{32},application\/pdf,6,No\. 2,private,active,/,
    });
    await check({
      args: ['asset', 'list', '--user', 'nobody@example.com'],
      code: 1,
      err: /There is no user nobody/,
    });
    await check({
      args: ['asset', 'list', '--after', 'nonsense'],
      code: 1,
      err: /after has a value that cannot be/,
    });

    await check({ args: ['asset', 'remove', newest], code: 64, err: /Deletes 1 file with[\s\S]*--yes/ });
    await check({ args: ['asset', 'remove', newest, '--yes'], out: /^[\da-f]{32} is deleted\.\n$/ });
    await check({
      args: ['asset', 'remove', newest, '--yes'],
      code: 1,
      err: /There is no file [\da-f]{32}\.$/m,
    });
    await check({ args: ['asset', 'remove', second, third], code: 64, err: /Deletes 2 files/ });
    await check({
      args: ['asset', 'remove', second, third, '--confirm', 'wrong'],
      code: 64,
      err: /not the name/,
    });
    await check({
      args: ['asset', 'remove', second, 'f'.repeat(32), third, '--confirm', app.name, '--json'],
      code: 1,
      err: /There is no file f{32}/,
      json: ({ rows }) =>
        assert.deepEqual(rows, [
          { id: second, action: 'remove' },
          { id: third, action: 'remove' },
        ]),
    });
    await check({
      args: ['asset', 'list', '--json'],
      json: ({ rows }) => assert.deepEqual(idsOf(rows), [other]),
    });
  });

  story('says what an app without files is', () => [
    { args: ['app', 'set', 'assetStorage=off'], out: /assetStorage +off/ },
    { args: ['asset', 'test'], code: 1, err: /keeps no files/ },
  ]);
});

function idsOf(rows: unknown): string[] {
  return (rows as { _id: string }[]).map(({ _id }) => _id);
}
