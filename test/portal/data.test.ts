import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { makeOperator, OPERATOR_PASSWORD, PortalClient } from '../support/portal-client.ts';

const APPS = '/portal/hosts/here/apps';

describe('the data of an app in the portal', () => {
  let host: TestHost;
  let app: App;
  let data: string;
  let owner: PortalClient;
  before(async () => {
    host = await startTestHost();
    app = await host.createApp({ name: 'Tea Room' });
    await host.createUser(app);
    data = `${APPS}/${app.id}/data`;
    owner = new PortalClient(host);
    await owner.signIn(await makeOperator(host));
  });
  after(async () => {
    owner.close();
    await host.stop();
  });
  /** The proof of before holds no longer. */
  const wait = () => host.clock.advance(6 * 60_000);
  async function send(path: string, fields: Record<string, string> = {}) {
    await owner.get(data);
    return owner.post(path, fields);
  }
  async function prove(answer: Awaited<ReturnType<typeof send>>) {
    const asked = await owner.follow(answer);
    assert.match(asked.text, /Confirm that it is you/);
    const form = /name="form" value="([^"]+)"/.exec(asked.text)?.[1] ?? '';
    return owner.post('/portal/confirm', { form, password: OPERATOR_PASSWORD });
  }
  const users = async () => (await host.portal('GET', `/api/app/stat?appId=${app.id}`)).body.totalUser;

  it('are a file at once where nothing secret is in it', async () => {
    const file = await send(`${data}/export`);
    assert.equal(file.headers['content-type'], 'application/zip');
    assert.match(String(file.headers['content-disposition']), /filename="Tea_Room\.zip"/);
    assert.match(file.text, /^PK/);
  });

  it('are a file with secrets after a fresh proof alone', async () => {
    wait();
    const early = await owner.get(`${data}/export?secrets=true`);
    assert.equal(early.headers.location, data);
    const ready = await prove(await send(`${data}/export`, { secrets: 'on' }));
    assert.equal(ready.headers.location, `${data}?ready=secrets`);
    const page = await owner.follow(ready);
    assert.match(page.text, /data\/export\?secrets&#x3D;true" data-follow/);
    const file = await owner.get(`${data}/export?secrets=true`);
    assert.equal(file.headers['content-type'], 'application/zip');
    const { rows } = await host.deps.store.audit.list({ action: 'exportApp' }, { limit: 5 });
    assert.deepEqual(
      rows.map(({ changes }) => changes[0]?.field),
      ['withSecrets', 'withoutSecrets'],
    );
  });

  it('come in as a new app from such a file', async () => {
    const { raw } = await exported();
    await owner.get(`${APPS}/import`);
    const taken = await upload({ name: 'Tea Room' }, raw);
    assert.equal(taken.status, 422);
    assert.match(taken.text, /value="Tea Room"[^>]*aria-invalid/);
    await owner.get(`${APPS}/import`);
    assert.match((await upload({ name: 'x' }, Buffer.from('no zip'))).text, /cannot be imported/);
    await owner.get(`${APPS}/import`);
    assert.match((await upload({ name: 'x' }, Buffer.alloc(0))).text, /Choose a ZIP file/);
    await owner.get(`${APPS}/import`);
    const made = await upload({ name: 'Copy', newKeys: 'on' }, raw);
    assert.equal(made.status, 303, made.text);
    const id = String(made.headers.location).split('/').at(-1) ?? '';
    assert.equal((await host.deps.store.apps.read(id))?.name, 'Copy');
    assert.equal((await host.deps.store.users.total(id)).rows, 1);
    assert.deepEqual(readdirSync(join(host.dataDir, 'uploads')), []);
  });

  it('are looked at by nobody else before the whole of it came', async () => {
    const support = new PortalClient(host);
    await support.signIn(await makeOperator(host, 'support'));
    for (const path of [data, `${data}/export`, `${data}/reset`, `${APPS}/import`])
      assert.equal((await support.get(path)).status, 403, path);
    const refused = await support.send(`${APPS}/import`, multipart({ name: 'x' }, Buffer.alloc(100)));
    assert.equal(refused.status, 403);
    support.close();
    const foreign = await owner.send(`${APPS}/import`, multipart({ name: 'x', csrf: 'x' }, Buffer.alloc(9)));
    assert.equal(foreign.status, 403);
  });

  it('go after the name was typed, and not before', async () => {
    wait();
    const asked = await owner.get(`${data}/reset`);
    assert.match(asked.text, /Users: 1, signups: 0, invites: 0/);
    const wrong = await prove(await send(`${data}/reset`, { typed: 'Tearoom' }));
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /value="Tearoom"[^>]*aria-invalid/);
    assert.equal(await users(), 1);
    assert.equal((await send(`${data}/reset`, { typed: 'Tea Room' })).status, 303);
    assert.equal(await users(), 0);
    const gone = await send(`${data}/delete`, { typed: 'Tea Room' });
    assert.equal(gone.headers.location, APPS);
    assert.equal(await host.deps.store.apps.find(app.id), undefined);
    const { rows } = await host.deps.store.audit.list({}, { limit: 2 });
    assert.deepEqual(
      rows.map(({ action, target }) => [action, target]),
      [
        ['deleteApp', 'Tea Room'],
        ['resetApp', 'Tea Room'],
      ],
    );
  });

  async function exported(): Promise<{ raw: Buffer }> {
    const url = `${host.url}/api/app/export?appId=${app.id}`;
    const answer = await fetch(url, { headers: { 'server-secret': host.serverSecret } });
    return { raw: Buffer.from(await answer.arrayBuffer()) };
  }
  const upload = (fields: Record<string, string>, file: Buffer) =>
    owner.send(`${APPS}/import`, multipart({ csrf: owner.csrf(), ...fields }, file));
});

function multipart(fields: Record<string, string>, file: Buffer): { raw: Buffer; type: string } {
  const mark = 'a-mark-between-parts';
  const texts = Object.entries(fields).map(
    ([name, value]) => `--${mark}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head = `--${mark}\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\nContent-Type: application/zip\r\n\r\n`;
  return {
    raw: Buffer.concat([Buffer.from(texts.join('') + head), file, Buffer.from(`\r\n--${mark}--\r\n`)]),
    type: `multipart/form-data; boundary=${mark}`,
  };
}
