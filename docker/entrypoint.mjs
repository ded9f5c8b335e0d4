// Starts the host in its container. On an empty volume it first sets itself up as `npx setup --yes` does, in
// a process of its own.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const dataDir = process.env.DATA_DIR ?? '/data';
if (!existsSync(join(dataDir, 'host.env'))) {
  process.stderr.write(
    `No ${dataDir}/host.env: setting the host up with its defaults and the environment.\n`,
  );
  const setup = spawnSync(process.execPath, ['setup/start.mjs', '--yes', '--no-start'], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (setup.status !== 0) process.exit(setup.status ?? 1);
  process.stderr.write(
    'The server secret for the portal: docker exec NAME node setup/start.mjs --print-secret\n' +
      'A first app: docker exec NAME node setup/start.mjs --yes --no-start --app demo\n' +
      'Its token: docker exec NAME node setup/start.mjs --print-app-token demo\n',
  );
}
await import('../server/start.mjs');
