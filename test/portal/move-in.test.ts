import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { BCRYPT, FIXTURES } from '../support/foreign-files.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { endedMoveIn } from '../support/move-in.ts';
import { makeOperator, PortalClient, unescaped } from '../support/portal-client.ts';
import { aJob, aRowId } from '../support/records.ts';
import { until } from '../support/until.ts';

function fixture(name: string) {
  const found = FIXTURES[name];
  if (!found) throw new TypeError(`no fixture ${name}`);
  return found;
}
const [firebase, auth0] = [fixture('firebase, JSON'), fixture('auth0')];

describe('moving in by the portal', () => {
  let host: TestHost;
  let app: App;
  let moveIn: string;
  let admin: PortalClient;
  before(async () => {
    host = await startTestHost();
    app = await host.createApp({ name: 'Tea Room' });
    moveIn = `/portal/hosts/here/apps/${app.id}/data/move-in`;
    admin = new PortalClient(host);
    await admin.signIn(await makeOperator(host, 'admin'));
  });
  after(async () => {
    admin.close();
    await host.stop();
  });
  /** Sends the form of the last page as a browser does: a file that was not chosen is an empty one. */
  async function send(
    path: string,
    fields: Record<string, string>,
    { file = '', second = '' }: { file?: string | Buffer; second?: string } = {},
  ) {
    const form = new FormData();
    for (const [name, value] of Object.entries({ csrf: admin.csrf(), ...fields })) form.append(name, value);
    const part = (text: string | Buffer) =>
      new Blob([typeof text === 'string' ? text : new Uint8Array(text)]);
    form.append('file', part(file), file === '' ? '' : 'users.json');
    form.append('second', part(second), second === '' ? '' : 'second.json');
    const body = new Response(form);
    const type = body.headers.get('content-type') ?? '';
    return admin.send(path, { raw: Buffer.from(await body.arrayBuffer()), type });
  }
  /** Sends a file that is on its way for longer than a proof holds; answers where it leads. */
  async function sentSlowly(path: string, fields: Record<string, string>, file: string): Promise<unknown> {
    const form = new FormData();
    for (const [name, value] of Object.entries({ csrf: admin.csrf(), ...fields })) form.append(name, value);
    form.append('file', new Blob([file]), 'users.json');
    const body = new Response(form);
    const bytes = Buffer.from(await body.arrayBuffer());
    const sending = request(host.url + path, {
      method: 'POST',
      headers: {
        'content-type': body.headers.get('content-type') ?? '',
        'content-length': bytes.length,
        'sec-fetch-site': 'same-origin',
        cookie: [...admin.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    });
    const uploads = join(host.dataDir, 'uploads');
    const before = readdirSync(uploads).length;
    sending.write(bytes.subarray(0, bytes.length - 100));
    await until('the file is being received', async () => readdirSync(uploads).length > before);
    host.clock.advance(5 * 60_000 + 1);
    sending.end(bytes.subarray(bytes.length - 100));
    const [answer] = await once(sending, 'response');
    answer.resume();
    return answer.headers.location;
  }
  const jobOf = (location: unknown) => /move-in\/([\da-f]{24})/.exec(String(location))?.[1] ?? '';
  const size = () => host.deps.store.users.size(app.id);

  it('begins with where from, and asks for what that source has', async () => {
    await admin.get(`/portal/hosts/here/apps/${app.id}/data`);
    assert.match(admin.page?.text ?? '', /data\/move-in">Move in</);
    const { text } = await admin.get(moveIn);
    for (const name of ['Firebase', 'Auth0', 'Better Auth', 'Amazon Cognito'])
      assert.match(text, new RegExp(name));
    const labels = async (format: string) => {
      const page = await admin.get(`${moveIn}?format=${format}`);
      return [...page.text.matchAll(/<label for="([^"]+)"/g)].map(([, name]) => name);
    };
    assert.deepEqual(await labels('firebase'), [
      ...['file', 'base64_signer_key', 'base64_salt_separator', 'rounds', 'mem_cost'],
      ...['conflict', 'unverified', 'map'],
    ]);
    assert.deepEqual(await labels('auth0'), ['file', 'second', 'conflict', 'unverified', 'map']);
    assert.deepEqual(await labels('parse'), ['file', 'conflict', 'unverified', 'map']);
    assert.match((await admin.get(`${moveIn}?format=none`)).text, /Where from\?/);
  });

  it('says what is missing or wrong at its field, and keeps what was typed', async () => {
    await admin.get(`${moveIn}?format=firebase`);
    const keyless = await send(moveIn, { format: 'firebase', rounds: '7' }, { file: firebase.file });
    assert.equal(keyless.status, 422);
    assert.match(keyless.text, /id="base64_signer_key"[^>]*aria-invalid/);
    assert.match(keyless.text, /name="rounds" type="text" value="7"/);
    const key = { base64_signer_key: 'never-shown-again' };
    const fileless = await send(moveIn, { format: 'firebase', ...key });
    assert.equal(fileless.status, 422);
    assert.match(fileless.text, /id="file"[^>]*aria-invalid/);
    assert.doesNotMatch(fileless.text, /never-shown-again/);
    const mapped = { format: 'parse', map: '{"metaData": {"jti": "x"}}' };
    for (const map of ['{', '[]', '7', mapped.map]) {
      const refused = await send(moveIn, { ...mapped, map }, { file: '{}' });
      assert.equal(refused.status, 422, map);
      assert.match(refused.text, /id="map"[^>]*aria-invalid/, map);
    }
    assert.equal((await send(moveIn, { format: 'nothing' })).status, 422);
    assert.deepEqual(
      readdirSync(join(host.dataDir, 'uploads')).filter((name) => name !== 'imports'),
      [],
    );
  });

  it('doubts a file that looks like one of another source', async () => {
    await admin.get(`${moveIn}?format=auth0`);
    const begun = await send(moveIn, { format: 'auth0' }, { file: firebase.file });
    const address = String(begun.headers.location);
    assert.match(address, /looks=firebase/);
    await endedMoveIn(host, jobOf(address));
    const { text } = await admin.get(address);
    assert.match(text, /class="warning">The file looks like one of Firebase: begin again/);
    assert.match(text, /class="warning">Hardly a password came along: 1 of 1 need a reset/);
    assert.doesNotMatch((await admin.get(`${moveIn}/${jobOf(address)}?looks=myspace`)).text, /looks like/);
  });

  it('tries first and tells in words, then does it with the same options', async () => {
    await admin.get(`${moveIn}?format=auth0`);
    const fields = {
      format: 'auth0',
      conflict: 'skip',
      unverified: 'active',
      map: '{"metaData":{"nick":"nickname"}}',
    };
    const files = { file: `${auth0.file}\n{"broken\n`, second: auth0.second?.text ?? '' };
    const begun = await send(moveIn, fields, files);
    assert.equal(begun.status, 303, begun.text);
    const address = String(begun.headers.location);
    await endedMoveIn(host, jobOf(address));
    const tried = unescaped((await admin.get(address)).text);
    assert.match(tried, /<h1>Dry run: from Auth0<\/h1>.*>Done<.*nothing was written/s);
    assert.match(tried, new RegExp(`Would move in</dt><dd>${auth0.created}<.*Refused</dt><dd>1<`, 's'));
    assert.match(tried, /The row cannot be read/);
    assert.match(tried, /<option value="active" selected>.*"nick":"nickname"/s);
    assert.equal(await size(), 0);
    const refused = await admin.get(`${moveIn}/${jobOf(address)}/refused`);
    assert.match(String(refused.headers['content-type']), /^text\/csv/);
    assert.match(refused.text, /broken_row/);
    await admin.get(address);
    const fileless = await send(address, fields);
    assert.equal(fileless.status, 422);
    assert.match(fileless.text, /id="file"[^>]*aria-invalid/);
    const real = await send(address, fields, files);
    assert.equal(real.status, 303, real.text);
    const job = jobOf(real.headers.location);
    await endedMoveIn(host, job);
    assert.equal(await size(), auth0.created);
    const done = (await admin.get(String(real.headers.location))).text;
    assert.match(done, /<h1>Move in from Auth0<\/h1>/);
    assert.match(done, new RegExp(`Moved in</dt><dd>${auth0.created}<`));
    assert.doesNotMatch(done, /nothing was written|type="file"/);
    const { rows } = await host.deps.store.audit.list({ action: 'moveIn' }, { limit: 5 });
    assert.deepEqual(
      rows.map(({ target, appId, changes }) => [target, appId, changes]),
      [[job, app.id, [{ field: 'format', after: 'auth0' }]]],
    );
    const list = await admin.get(`/portal/hosts/here/apps/${app.id}/data`);
    assert.match(list.text, new RegExp(`data/move-in/${job}">Move in from Auth0<`));
    assert.match(list.text, />Dry run: from Auth0</);
  });

  it('does nothing in earnest that was not tried', async () => {
    const [job] = (await host.deps.store.jobs.list(app.id, { limit: 1 })).rows;
    assert.ok(job);
    await admin.get(moveIn);
    const refused = await send(`${moveIn}/${job.id}`, { format: 'parse' }, { file: '{}' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /dry run first/);
  });

  it('replaces what people have only after a fresh proof, which is asked for before the file is chosen', async () => {
    const shop = await host.createApp({ name: 'Shop' });
    const there = await host.createUser(shop, { handle: 'p1@example.com', password: '0'.repeat(32) });
    const data = `/portal/hosts/here/apps/${shop.id}/data/move-in`;
    const fields = { format: 'auth0', conflict: 'update', unverified: 'pending' };
    const file = JSON.stringify({
      user_id: 'auth0|1',
      email: there.handle,
      email_verified: true,
      passwordHash: BCRYPT,
    });
    const isReplaced = async () =>
      (await host.deps.store.users.find(shop.id, there.id))?.passwordHash !== there.passwordHash;
    await admin.get(`${data}?format=auth0`);
    const begun = await send(data, fields, { file });
    const address = String(begun.headers.location);
    await endedMoveIn(host, jobOf(address));
    const asked = await admin.get(address);
    assert.match(asked.text, /ends their sessions: 1\..*Confirm first, then choose the file/s);
    assert.doesNotMatch(asked.text, /type="file"/);
    const unproven = await send(unescaped(address), fields, { file });
    assert.equal(unproven.status, 422);
    assert.match(unescaped(unproven.text), /role="alert">Nothing was written, and the file was not kept/);
    assert.equal(await isReplaced(), false);

    const prove = `${data}/${jobOf(address)}/replace`;
    const proven = await admin.act(prove, admin.hidden(prove));
    assert.match(proven.text, /id="file"[^>]*type="file".*<option value="update" selected>/s);
    host.clock.advance(5 * 60_000 + 1);
    assert.equal((await send(unescaped(address), fields, { file })).status, 422, 'it has run out');
    await admin.act(prove, admin.hidden(prove));
    const action = unescaped(
      /<form method="post" action="([^"]+)" enc/.exec(admin.page?.text ?? '')?.[1] ?? '',
    );
    await endedMoveIn(host, jobOf(await sentSlowly(action, fields, file)));
    assert.equal(await isReplaced(), true);
    const [row] = (await host.deps.store.audit.list({ action: 'moveIn' }, { limit: 1 })).rows;
    assert.deepEqual(row?.changes, [
      { field: 'format', after: 'auth0' },
      { field: 'conflict', after: 'update' },
    ]);
  });

  it('replaces nobody after a dry run that was made for leaving them', async () => {
    await admin.get(`${moveIn}?format=auth0`);
    const fields = { format: 'auth0', conflict: 'skip' };
    const address = String((await send(moveIn, fields, { file: auth0.file })).headers.location);
    await endedMoveIn(host, jobOf(address));
    assert.doesNotMatch((await admin.get(address)).text, /<option value="update"/);
    const sent = await send(address, { ...fields, conflict: 'update' }, { file: auth0.file });
    assert.equal(sent.status, 422);
    assert.match(sent.text, /dry run first/);
  });

  it('lists who waits for their password, and sends them resets little by little', async () => {
    const { text } = await admin.get(moveIn);
    assert.match(text, /Not logged in since they moved in/);
    assert.match(text, /users\?waitsForPassword&#x3D;true">See who/);
    const fields = { action: 'sendPasswordReset', all: 'yes', waitsForPassword: 'true', perHour: '7' };
    const many = `/portal/hosts/here/apps/${app.id}/users/many`;
    const begun = await admin.post(many, fields);
    assert.equal(begun.status, 303);
    const job = await host.deps.store.jobs.find(String(begun.headers.location).split('/').at(-1) ?? '');
    assert.deepEqual([job?.kind, job?.task.perHour], ['bulk', 7]);
    assert.match((await admin.follow(begun)).text, />Stop</);
    assert.match((await admin.get(moveIn)).text, /Resets are being sent/);
  });

  it('shows how far it is, and stops', async () => {
    const job = aJob({
      appId: app.id,
      kind: 'import',
      read: 1_200,
      total: 5_000,
      dueAt: Number.MAX_SAFE_INTEGER,
      task: { format: 'parse', dryRun: false, files: aRowId() },
    });
    await host.deps.store.jobs.insert(job);
    const { text } = await admin.get(`${moveIn}/${job.id}`);
    assert.match(text, /hx-get="[^"]*poll&#x3D;1".*<progress max="5000" value="1200".*1,200 of 5,000/s);
    assert.match((await admin.act(`${moveIn}/${job.id}/stop`)).text, />Stopped<.*Once more/s);
    assert.equal((await host.deps.store.jobs.find(job.id))?.state, 'stopped');
    const { rows } = await host.deps.store.audit.list({ action: 'stopJob' }, { limit: 5 });
    assert.equal(rows[0]?.target, job.id);
  });

  it('is for those who may use the data of that app', async () => {
    const other = await host.createApp();
    const limited = new PortalClient(host);
    await limited.signIn(await makeOperator(host, 'admin', { apps: [{ host: 'here', appId: other.id }] }));
    const [job] = (await host.deps.store.jobs.list(app.id, { limit: 1 })).rows;
    const there = `/portal/hosts/here/apps/${other.id}/data/move-in/${job?.id}`;
    for (const path of [moveIn, there, `${there}/refused`])
      assert.equal((await limited.get(path)).status, 404, path);
    assert.equal((await limited.post(`${there}/stop`)).status, 404);
    limited.close();
    const support = new PortalClient(host);
    await support.signIn(await makeOperator(host, 'support'));
    assert.equal((await support.get(moveIn)).status, 403);
    support.close();
  });
});
