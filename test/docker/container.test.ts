import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { containerObstacle, ImageBuilder, type RunningContainer } from '../support/container.ts';

const obstacle = containerObstacle();
const TAG = 'cosync-auth-host';
const PASSWORD = '155ba8e102f3beb97892c3400b65031c';
const IMAGE_USER = 10001;

describe('the container image', { skip: obstacle ?? false, timeout: 400_000 }, () => {
  let builder: ImageBuilder;
  let dataDir: string;
  let container: RunningContainer | undefined;
  let coldStartMs = 0;

  before(async () => {
    builder = new ImageBuilder();
    await builder.makeBase();
    await builder.buildImage(TAG);
    dataDir = join(builder.folder, 'data');
    mkdirSync(dataDir, { mode: 0o700 });
    chownSync(dataDir, IMAGE_USER, IMAGE_USER);
  });
  after(async () => {
    await container?.stop();
    builder.remove();
  });

  async function startHost(): Promise<string> {
    container = await builder.start(TAG, dataDir, { PORT: '0' });
    const { port, afterMs } = await container.listening();
    coldStartMs = afterMs;
    return `http://127.0.0.1:${port}`;
  }

  async function post(url: string, credential: Record<string, string>, body: unknown): Promise<Response> {
    return fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...credential },
      body: JSON.stringify(body),
    });
  }

  it('adds less than 250 MB to its base', async (t) => {
    const megabytes = await builder.addedMegabytes(TAG);
    t.diagnostic(`image size beside the base: ${megabytes} MB`);
    assert.ok(megabytes < 250, `${megabytes} MB`);
  });

  it('sets itself up on an empty volume, signs a user up, stops cleanly and finds the user again', async (t) => {
    let base = await startHost();
    const said = container?.output.join('\n') ?? '';
    assert.match(said, /setting the host up/);
    assert.equal(statSync(join(dataDir, 'host.env')).mode & 0o777, 0o600);

    const secret = (await container?.exec('node', 'setup/start.mjs', '--print-secret')) ?? '';
    const created = await post(`${base}/api/app`, { 'server-secret': secret }, { name: 'demo' });
    assert.equal(created.status, 200);
    const { appToken } = (await created.json()) as { appToken: string };
    const credential = { 'app-token': appToken };
    const user = { handle: 'ada@example.com', password: PASSWORD };
    const signup = await post(`${base}/api/appuser/signup`, credential, user);
    assert.equal(await signup.text(), 'true');
    const code = JSON.parse(
      readFileSync(join(dataDir, 'outbox.jsonl'), 'utf8').trim().split('\n').at(-1) ?? '{}',
    ).code;
    const done = await post(`${base}/api/appuser/completeSignup`, credential, { handle: user.handle, code });
    assert.equal(done.status, 200);

    assert.equal(await container?.stop(), 0, said.slice(-2000));
    base = await startHost();
    const ready = await fetch(`${base}/readyz`);
    assert.equal(ready.status, 200);
    t.diagnostic(`cold start of the container until it is ready: ${coldStartMs} ms`);
    const login = await post(`${base}/api/appuser/login`, credential, user);
    assert.equal(login.status, 200);
    assert.ok(((await login.json()) as { jwt?: string }).jwt);
  });

  it('makes a first app where a host runs, and shows its token again', async () => {
    const setup = ['node', 'setup/start.mjs'];
    const make = [...setup, '--yes', '--no-start', '--app', 'shop'];
    await container?.exec(...make);
    const token = (await container?.exec(...setup, '--print-app-token', 'shop'))?.trim();
    assert.match(token ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/);
    const { app, created } = JSON.parse((await container?.exec(...make, '--json')) ?? '{}');
    assert.deepEqual([app.appToken, created.app], [token, false]);
  });

  it('runs as a user that can write nowhere but in its volume', async () => {
    const id = await container?.exec('node', '-p', 'process.getuid()');
    assert.equal(id, String(IMAGE_USER));
    await assert.rejects(async () =>
      container?.exec('node', '-e', 'require("fs").writeFileSync("/app/x", "")'),
    );
  });

  it('answers its health check', async () => {
    const port = new URL(
      `http://x:${JSON.parse(container?.output.find((line) => line.includes('"listening"')) ?? '{}').port}`,
    ).port;
    await container?.exec('env', `PORT=${port}`, 'node', 'docker/health-check.mjs');
  });
});
