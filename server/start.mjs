import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import v8 from 'node:v8';
import { useCompileCache } from './start/compile-cache.mjs';

const NEEDED = 24;
if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `The host needs Node ${NEEDED} or newer; this is ${process.version}. Use npm start.\n`,
  );
  process.exit(78);
}
// Hashes, signatures and file writes share this pool (design: speed); it must be set before its first use.
process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism() + 4);
useCompileCache(resolve(process.env.DATA_DIR || './data', '.compile-cache'), { create: true });
// Node would open its debugger to whoever may send the signal.
process.on('SIGUSR1', () => {});
// While code is loaded the young generation keeps its first size: an idle host would hold for good what it
// grew to (10 MiB).
v8.setFlagsFromString('--semi-space-growth-factor=1');
const { main } = await import('./main.ts');
await main(process.argv.slice(2));
// V8's default: under load it may grow as ever.
v8.setFlagsFromString('--semi-space-growth-factor=2');
