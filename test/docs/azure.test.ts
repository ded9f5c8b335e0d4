import assert from 'node:assert/strict';
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.ts';
import { type Mongod, mongodAvailable, NO_MONGOD, startMongod } from '../support/mongod.ts';
import { sectionsOf } from './page.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** Nobody who owns the code or the folder: for them the code is read-only, and the folder like a share. */
const STRANGER = 10_001;
const CAN_BE_ANOTHER = process.getuid?.() === 0;

const blocks = sectionsOf('azure.md').flatMap((section) => section.blocks.map(({ text }) => text));
const atHome = blocks.filter((text) => !/^ *az /m.test(text));
const startUp = /--startup-file '([^']+)'/.exec(blocks.join('\n'))?.[1] ?? '';

describe('docs/azure.md', { skip: mongodAvailable() ? false : NO_MONGOD }, () => {
  let mongod: (Mongod & { stop(): Promise<void> }) | undefined;
  let folder: string;
  let secrets: { name: string; value: string }[];
  before(async () => {
    mongod = await startMongod();
    folder = mkdtempSync(join(tmpdir(), 'azure-'));
  });
  after(async () => {
    await mongod?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const database = () => mongod?.url(`azure_${process.pid}`) ?? '';

  it('makes keys and secrets at home, and takes no secret to the share', async () => {
    const lines = atHome
      .join('\n')
      .replace(/DB_CONN_STRING='[^']+'/, `DB_CONN_STRING='${database()}'`)
      .replaceAll('node setup/', `'${process.execPath}' '${PROJECT}setup/`)
      .replaceAll('start.mjs --', "start.mjs' --");
    await promisify(execFile)('bash', ['-euc', lines], {
      timeout: 60_000,
      cwd: folder,
      env: { PATH: process.env.PATH, PASSWORD_HASH_MEMORY_KIB: '1024', PASSWORD_HASH_PASSES: '1' },
    });
    secrets = JSON.parse(readFileSync(join(folder, 'azure-secrets.json'), 'utf8'));
    assert.deepEqual(secrets.map(({ name }) => name).sort(), ['ENCRYPT_KEY', 'PASS_KEY']);
    assert.ok(secrets.every(({ value }) => value.length >= 16));
    const shared = execFileSync('cat', ['host.env', 'keys/privatekey.pem'], {
      cwd: join(folder, 'azure-share'),
    });
    assert.match(shared.toString(), /^API_URL=.*\n-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    for (const { value } of secrets) assert.ok(!shared.includes(value));
  });

  for (const [how, command] of [
    ['as a Node app', startUp],
    ['as a container', 'node docker/entrypoint.mjs'],
  ] as const) {
    it(`runs there ${how}: the port it is told, read-only code, files open to everybody`, async () => {
      const share = join(folder, `home-${how.length}`);
      execFileSync('cp', ['-r', join(folder, 'azure-share'), share]);
      execFileSync('chmod', ['-R', '0777', share, folder]);
      const host = start(command, {
        PORT: String(await freePort()),
        DATA_DIR: share,
        NODE_ENV: 'production',
        NODE_COMPILE_CACHE: join(folder, 'cache'),
        API_URL: 'https://name.azurewebsites.net',
        DB_CONN_STRING: database(),
        TRUST_PROXY_HOPS: '1',
        ...Object.fromEntries(secrets.map(({ name, value }) => [name, value])),
      });
      try {
        const url = `http://127.0.0.1:${await host.listening}`;
        const ready = await fetch(`${url}/readyz`, { headers: { 'x-forwarded-for': '203.0.113.7:51000' } });
        assert.deepEqual([ready.status, await ready.json()], [200, { status: 'ready', database: 'ok' }]);
      } finally {
        host.child.kill('SIGTERM');
      }
      const [code] = await host.ended;
      assert.equal(code, 0);
    });
  }
});

function start(command: string, settings: Record<string, string>): Started {
  const [, ...args] = command.split(' ');
  const child = spawn(process.execPath, args, {
    cwd: PROJECT,
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(CAN_BE_ANOTHER && { uid: STRANGER, gid: STRANGER }),
  });
  const listening = new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const { msg, port } = JSON.parse(line) as { msg: string; port?: number };
      if (msg === 'listening') resolve(Number(port));
    });
    child.once('exit', (code) => reject(new Error(`the host ended with ${code}`)));
  });
  listening.catch(() => {});
  return { child, listening, ended: once(child, 'exit') };
}
interface Started {
  child: ChildProcess;
  listening: Promise<number>;
  ended: Promise<unknown[]>;
}
