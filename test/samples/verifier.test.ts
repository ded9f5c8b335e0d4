import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/host.ts';

const SAMPLE = new URL('../../samples/verifier/', import.meta.url);

describe('the sample of a back end', () => {
  let host: TestHost;
  let app: App;
  let jwt: string;
  let child: ChildProcess;
  let address: string;
  before(async () => {
    host = await startTestHost({ now: Date.now() });
    app = await host.createApp();
    jwt = await logIn(app);
    const env = { PATH: process.env.PATH, PORT: '0', ISSUER: `${host.deps.config.apiUrl}/apps/${app.id}` };
    child = spawn(process.execPath, ['server.js'], {
      cwd: SAMPLE,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    assert.ok(child.stdout);
    const [line] = await once(createInterface(child.stdout), 'line');
    address = `http://localhost:${String(line).split(' ').at(-1)}`;
  });
  after(async () => {
    child?.kill();
    await host?.stop();
  });

  async function logIn(of: App): Promise<string> {
    await host.createUser(of);
    const json = { handle: 'ada@example.com', password: PASSWORD };
    const headers = { 'app-token': of.appToken };
    return (await host.request('POST', '/api/appuser/login', { headers, json })).body.jwt;
  }
  const ask = (authorization?: string) => fetch(address, { headers: authorization ? { authorization } : {} });

  it('lets a user of the app in', async () => {
    const answer = await ask(`Bearer ${jwt}`);
    assert.equal(answer.status, 200);
    assert.match(((await answer.json()) as { hello: string }).hello, /^[\da-f]{32}$/);
  });

  it('turns away everybody else', async () => {
    const [head, body, signature = ''] = jwt.split('.');
    const forged = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const stranger = await logIn(await host.createApp());
    for (const header of [undefined, 'Basic YTpi', 'Bearer', `Bearer ${forged}`, `Bearer ${stranger}`]) {
      assert.equal((await ask(header)).status, 401, header ?? 'no header');
    }
  });

  it('is twenty lines that name the versions the host itself uses', () => {
    const read = (name: string) => readFileSync(new URL(name, SAMPLE), 'utf8');
    const code = read('server.js')
      .split('\n')
      .filter((line) => line.trim() && !line.startsWith('//'));
    assert.ok(code.length <= 20, `${code.length} lines`);
    const { dependencies } = JSON.parse(read('package.json'));
    const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    for (const [name, version] of Object.entries(dependencies)) assert.equal(own.dependencies[name], version);
  });
});
