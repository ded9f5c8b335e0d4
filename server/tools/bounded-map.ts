/** A map of at most `capacity` entries: a new one drives the oldest out. */
export class BoundedMap<V> extends Map<string, V> {
  readonly #capacity: number;
  constructor(capacity: number) {
    super();
    this.#capacity = capacity;
  }

  override set(key: string, value: V): this {
    if (this.size >= this.#capacity && !this.has(key)) {
      const [oldest] = this.keys();
      if (oldest !== undefined) this.delete(oldest);
    }
    return super.set(key, value);
  }
}
