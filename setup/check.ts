/** What a check found: one line of the summary and of `--check`. `detail` never holds a secret; with `ok: false` it says the repair. */
export interface CheckResult {
  name: string;
  ok: boolean;
  detail: string;
}

export function passed(name: string, detail: string): CheckResult {
  return { name, ok: true, detail };
}
export function failed(name: string, detail: string): CheckResult {
  return { name, ok: false, detail };
}

/** Rejects after `ms` with `onTimeout`'s error, whatever `work` does. */
export async function within<T>(ms: number, work: Promise<T>, onTimeout: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onTimeout()), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
