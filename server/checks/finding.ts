import { weaknessOf } from '../config/weak-secret.ts';

/**
 * What a check found: one line of the summary and of `--check`. `detail` never holds a secret; with `ok:
 * false` it says the repair. `unknown`: there was nobody to ask, which nobody has to repair.
 */
export interface CheckResult {
  name: string;
  ok: boolean | 'unknown';
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

/** What to add to a check that holds when the secret it used is a weak one; nothing for others. */
export function remarkOn(name: 'PASS_KEY' | 'ENCRYPT_KEY', secret: string): string {
  const weakness = weaknessOf(secret);
  const option = name === 'PASS_KEY' ? '--rotate-pass-key' : '--rotate-encrypt-key';
  return weakness === undefined ? '' : `; ${name} ${weakness}: replace it with npx setup ${option}`;
}
