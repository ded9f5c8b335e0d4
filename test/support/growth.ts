/**
 * Milliseconds of this thread that `work` takes, the least of some tries: what else runs on the machine does
 * not count.
 */
function leastMs(work: () => void): number {
  const tries = Array.from({ length: 5 }, () => {
    const { user, system } = process.threadCpuUsage();
    work();
    const after = process.threadCpuUsage();
    return (after.user + after.system - user - system) / 1_000;
  });
  return Math.min(...tries);
}

/** Below this a doubling cannot be told from a collection of garbage. */
const NOISE_MS = 25;

/**
 * What is wrong with how long `work` takes for a text of `size` and of half of it; undefined when it grows as
 * the text does and stays below the ceiling.
 */
export function tooSlow(
  work: (size: number) => () => void,
  { size, ceilingMs }: { size: number; ceilingMs: number },
): string | undefined {
  const [half, whole] = [leastMs(work(size / 2)), leastMs(work(size))];
  const figures = `${half.toFixed(1)} ms for half, ${whole.toFixed(1)} ms for ${size} characters`;
  if (whole > ceilingMs) return `over ${ceilingMs} ms: ${figures}`;
  return whole > NOISE_MS && whole > 3 * half ? `more than threefold: ${figures}` : undefined;
}
