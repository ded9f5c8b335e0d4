import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HOST_ARGUMENTS } from '../../setup/installation/launch.ts';
import { makeDataDir } from '../support/host.ts';
import { until } from '../support/until.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('what Node is given to run the host', () => {
  const flags = HOST_ARGUMENTS.filter((argument) => argument.startsWith('--'));

  it('is the same by npm start, in the image, as a service and from setup', () => {
    assert.ok(flags.length >= 2);
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } };
    const image = /^ENTRYPOINT (\[.*\])$/m.exec(read('Dockerfile'))?.[1] ?? '[]';
    const service = /^ExecStart=(.*)$/m.exec(read('docs/cosync-auth-host.service'))?.[1] ?? '';
    for (const words of [scripts.start.split(' '), JSON.parse(image) as string[], service.split(' ')]) {
      assert.deepEqual(
        words.filter((word) => word.startsWith('--')),
        flags,
      );
    }
  });

  it('is given to no shell that would stay between npm and the host: a signal to npm ends both', async () => {
    const { dataDir, settings } = makeDataDir();
    const env = { PATH: process.env.PATH, HOME: dataDir, PORT: '0', HOST: '127.0.0.1', ...settings };
    const npm = spawn('npm', ['start'], { cwd: PROJECT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      let printed = '';
      for (const stream of [npm.stdout, npm.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          printed += text;
        });
      const closed = once(npm, 'close');
      await until('the host listens', () => printed.includes('"listening"'));
      npm.kill('SIGTERM');
      // Nobody holds its output any more.
      await closed;
      assert.equal(npm.exitCode, 0, printed);
      assert.match(printed, /"event":"host_stopped","exitCode":0/);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
