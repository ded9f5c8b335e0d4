import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** SIGKILL, as a power cut; resolves when the process has gone. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  // It was let go of, and is waited for now.
  child.ref();
  child.kill('SIGKILL');
  await gone;
}

/** A test that fails or is ended before it could stop its server does not leave it behind. */
export function leaveNoneBehind(child: () => ChildProcess): void {
  process.once('exit', () => child().kill('SIGKILL'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
}
