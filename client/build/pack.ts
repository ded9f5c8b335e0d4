import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLIENT = fileURLToPath(new URL('..', import.meta.url));
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

interface Manifest {
  exports: Record<string, string>;
  private?: boolean;
}

/**
 * Compiles the client and packs it into `folder`, as npm would publish it. Answers the path of the archive;
 * throws when the compiler or npm does not succeed.
 */
export function packClient(folder: string): string {
  const made = mkdtempSync(join(tmpdir(), 'client-pack-'));
  try {
    const dist = join(made, 'dist');
    execFileSync(process.execPath, [TSC, '-p', CLIENT, '--outDir', dist], { stdio: ['ignore', 2, 2] });
    // The compiler rewrites the extensions of imports in code alone.
    for (const file of globSync('**/*.d.ts', { cwd: dist })) {
      const path = join(dist, file);
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(['"]\.\.?\/[^'"]+)\.ts(['"])/g, '$1.js$2'));
    }
    const { private: _, ...manifest } = JSON.parse(
      readFileSync(join(CLIENT, 'package.json'), 'utf8'),
    ) as Manifest;
    const entries = Object.entries(manifest.exports).map(([name, source]) => {
      const built = source.replace('./', './dist/').replace(/\.ts$/, '');
      return [name, { types: `${built}.d.ts`, default: `${built}.js` }];
    });
    const published = { ...manifest, files: ['dist'], exports: Object.fromEntries(entries) };
    writeFileSync(join(made, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
    cpSync(join(CLIENT, 'README.md'), join(made, 'README.md'));
    cpSync(join(CLIENT, '..', 'LICENSE'), join(made, 'LICENSE'));
    const packed = execFileSync(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(folder)],
      {
        cwd: made,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 2],
      },
    );
    // Older versions of npm answer a list.
    const [{ filename }] = Object.values(JSON.parse(packed)) as [{ filename: string }];
    return join(resolve(folder), filename);
  } finally {
    rmSync(made, { recursive: true });
  }
}

if (import.meta.main) console.log(packClient(process.argv[2] ?? '.'));
