import { KeyIndex } from '../../tools/key-index.ts';

/** Which row of several for one key counts: the one written last. */
export class NewestRows {
  readonly #keys: KeyIndex;
  readonly #lines: number[] = [];
  readonly #updatedAt: number[] = [];

  constructor(salt: string) {
    this.#keys = new KeyIndex(salt);
  }

  /** The old host kept several rows for one key. */
  see(key: string, { line, updatedAt }: { line: number; updatedAt: number }): void {
    const number = this.#keys.numberOf(key);
    const known = this.#updatedAt[number];
    if (known !== undefined && updatedAt < known) return;
    this.#lines[number] = line;
    this.#updatedAt[number] = updatedAt;
  }

  isNewest(key: string, line: number): boolean {
    return this.#lines[this.#keys.numberOf(key)] === line;
  }
}
