let stopNow: (() => void) | undefined;

/** What a stop signal does from now on. The listeners stay: one that is removed may take a signal with it. */
export function onStopSignal(handle: () => void): void {
  if (!stopNow) for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => stopNow?.());
  stopNow = handle;
}
