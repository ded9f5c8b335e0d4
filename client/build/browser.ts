import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = new URL('../browser/', import.meta.url);

/**
 * What browsers load of the client for an app's users, by file name: the module, and the chunk that is loaded
 * for hosts without clear passwords. Nothing is written.
 */
export async function browserFiles(): Promise<Map<string, string>> {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  const { outputFiles } = await build({
    absWorkingDir: PACKAGE,
    entryPoints: { [`client-${version}`]: 'user/index.ts' },
    chunkNames: 'client-[name]-[hash]',
    outdir: 'browser',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    write: false,
  });
  return new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
}

if (import.meta.main) {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER);
  for (const [name, text] of await browserFiles()) await writeFile(new URL(name, FOLDER), text);
}
