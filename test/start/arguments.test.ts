import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { HOST_ARGUMENTS } from '../../setup/installation/launch.ts';

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
});
