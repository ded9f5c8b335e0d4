import { hash } from 'node:crypto';

const SLOTS_AT_FIRST = 1_024;
/** Beyond this share of full slots a look-up takes too many steps. */
const FULL = 0.75;

/**
 * Numbers keys in the order they come, 0 first, at 12 to 32 bytes a key however long it is. Only 64 bits of a
 * salted hash are kept: among 1,500,000 keys the chance that two are taken for one is one in 16 million, and
 * without the salt nobody can aim for it.
 */
export class KeyIndex {
  readonly #salt: string;
  #size = 0;
  /** A slot is the two halves of a hash, and the number plus one; 0 where it is free. */
  #slots = new Uint32Array(3 * SLOTS_AT_FIRST);

  constructor(salt: string) {
    this.#salt = salt;
  }

  get size(): number {
    return this.#size;
  }

  /** False for a key that is there already. */
  add(key: string): boolean {
    const before = this.#size;
    return this.numberOf(key) === before;
  }

  /** The number of a key, a new one where it was not there. */
  numberOf(key: string): number {
    if (this.#size >= (this.#slots.length / 3) * FULL) this.#grow();
    const digest = hash('sha256', `${this.#salt} ${key}`, 'buffer');
    const [high, low] = [digest.readUInt32LE(0), digest.readUInt32LE(4)];
    const at = slotOf(this.#slots, high, low);
    const known = this.#slots[at + 2] ?? 0;
    if (known > 0) return known - 1;
    this.#slots.set([high, low, ++this.#size], at);
    return this.#size - 1;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let from = 0; from < old.length; from += 3) {
      const [high = 0, low = 0, number = 0] = old.subarray(from, from + 3);
      if (number > 0) this.#slots.set([high, low, number], slotOf(this.#slots, high, low));
    }
  }
}

/** Where a hash stands, or the free slot where it would. */
function slotOf(slots: Uint32Array, high: number, low: number): number {
  let at = (low % (slots.length / 3)) * 3;
  while ((slots[at + 2] ?? 0) > 0 && (slots[at] !== high || slots[at + 1] !== low)) {
    at = at + 3 === slots.length ? 0 : at + 3;
  }
  return at;
}
