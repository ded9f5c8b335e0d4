import module from 'node:module';
import { availableParallelism } from 'node:os';

const NEEDED = 24;
if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `The host needs Node ${NEEDED} or newer; this is ${process.version}. Use npm start.\n`,
  );
  process.exit(78);
}
// Hashes, signatures and file writes share this pool (design: speed); it must be set before its first use.
process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism() + 4);
module.enableCompileCache?.();
const { main } = await import('./main.ts');
await main(process.argv.slice(2));
