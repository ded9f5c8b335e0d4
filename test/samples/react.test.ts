import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sectionsOf } from '../docs/page.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

it('React of the pages and the React Native sample fit the client and its hooks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'react-sample-'));
  try {
    symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
    cpSync(join(PROJECT, 'samples/react-native'), join(folder, 'sample'), { recursive: true });
    for (const [page, heading, name] of [
      ['quick-start.md', 'React', 'react.tsx'],
      ['quick-start.md', 'React Native', 'native.tsx'],
      ['assets.md', 'Everything else', 'assets.tsx'],
    ] as const) {
      const { blocks = [] } = sectionsOf(page).find((section) => section.heading === heading) ?? {};
      const code = blocks.find(({ language }) => language === 'tsx');
      assert.ok(code, heading);
      writeFileSync(join(folder, name), code.text);
    }
    const paths = {
      'cosync-auth-client': [join(PROJECT, 'client/user/index.ts')],
      'cosync-auth-client/react': [join(PROJECT, 'client/react/index.ts')],
    };
    const compilerOptions = {
      strict: true,
      noEmit: true,
      jsx: 'react-jsx',
      target: 'esnext',
      lib: ['esnext', 'dom'],
      module: 'esnext',
      moduleResolution: 'bundler',
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      types: [],
      paths,
    };
    const files = [
      'react.tsx',
      'native.tsx',
      'assets.tsx',
      'sample/App.tsx',
      join(PROJECT, 'test/fixtures/react-native/index.d.ts'),
    ];
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const told = await new Promise<string>((resolve) => {
      const tsc = join(PROJECT, 'node_modules/.bin/tsc');
      execFile(tsc, ['-p', folder], (_error, stdout, stderr) => resolve(stdout + stderr));
    });
    assert.equal(told, '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
