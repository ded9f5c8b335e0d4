import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import v8 from 'node:v8';
import vm from 'node:vm';
import { useCompileCache } from './start/compile-cache.mjs';

const NEEDED = 24;
const GIVE_BACK_AFTER_MS = 2_000;
/** Share of the time that an event loop at work is not waiting. */
const BUSY = 0.2;
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
// Much is made while code is loaded: a young generation that grows at once is collected seldom (20 ms of the
// start). The last lines give it back.
v8.setFlagsFromString('--semi-space-growth-factor=8');
const { main } = await import('./main.ts');
await main(process.argv.slice(2));
// The old generation is collected when it grew by half, not when it is several times as large: what a busy
// host or a large import leaves behind would otherwise stay for minutes (50 MiB).
v8.setFlagsFromString('--heap-growing-percent=50');
// V8's default: under load it may grow as ever.
v8.setFlagsFromString('--semi-space-growth-factor=2');
// Code that ran once and what it was compiled to would stay for good (5 MiB): V8 lets go of it only when it
// is asked for all it can spare. A single pause of some 40 ms, as soon as the start is over; not where calls
// came at once, whose code would have to be compiled all over again.
const started = performance.eventLoopUtilization();
setTimeout(() => {
  if (performance.eventLoopUtilization(started).utilization > BUSY) return;
  v8.setFlagsFromString('--expose-gc');
  vm.runInNewContext('gc')({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}, GIVE_BACK_AFTER_MS).unref();
