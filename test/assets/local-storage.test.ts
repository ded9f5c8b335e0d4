import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { startTestHost, type TestHost } from '../support/host.ts';
import { promisesOfStorage } from './storage-conformance.ts';

describe('files on the host itself', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  promisesOfStorage(() => ({
    host,
    settings: { assetStorage: 'local' },
    async objects() {
      const root = join(host.dataDir, 'assets');
      const found = await readdir(root, { recursive: true, withFileTypes: true });
      return found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    },
  }));
});
