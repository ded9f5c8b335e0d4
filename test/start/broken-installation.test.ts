import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeDataDir } from '../support/host.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

describe('a host some package of which cannot be loaded', () => {
  for (const name of ['koa', '@node-rs/argon2', 'zod']) {
    it(`says that it is ${name}, and what to do`, () => {
      const { dataDir, settings } = makeDataDir();
      const lacking = `
        import { registerHooks } from 'node:module';
        registerHooks({
          resolve(specifier, context, next) {
            if (specifier === '${name}') throw new Error("Cannot find package '${name}'");
            return next(specifier, context);
          },
        });`;
      const hook = `data:text/javascript,${encodeURIComponent(lacking)}`;
      const env = { PATH: process.env.PATH, PORT: '0', HOST: '127.0.0.1', ...settings };
      const host = spawnSync(process.execPath, ['--import', hook, 'server/start.mjs'], {
        cwd: PROJECT,
        env,
        encoding: 'utf8',
        timeout: 30_000,
      });
      rmSync(dataDir, { recursive: true });
      assert.equal(host.status, 78, host.stderr);
      assert.ok(host.stderr.includes(`Cannot find package '${name}'`), host.stderr);
      assert.match(host.stderr, /npm ci/);
    });
  }
});
