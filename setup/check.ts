/** What a check found: one line of the summary and of `--check`. `detail` never holds a secret; with `ok: false` it says the repair. */
export interface CheckResult {
  name: string;
  ok: boolean;
  detail: string;
}

/** A check that holds. */
export function passed(name: string, detail: string): CheckResult {
  return { name, ok: true, detail };
}
/** A check that does not; `detail` says what to do. */
export function failed(name: string, detail: string): CheckResult {
  return { name, ok: false, detail };
}
