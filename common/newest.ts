// Memory of what others can make as much of as they like: it keeps the newest, and lets go of what is longest ago.

/** A Map of at most `max` entries. What is set is the newest, whether its key is new or not. */
export class NewestMap<K, V> extends Map<K, V> {
  readonly #max: number

  /** `entries`: the oldest first. */
  constructor(max: number, entries: Iterable<readonly [K, V]> = []) {
    super()
    this.#max = max
    for (const [key, value] of entries) this.set(key, value)
  }

  override set(key: K, value: V): this {
    this.delete(key)
    super.set(key, value)
    dropOldest(this, this.#max)
    return this
  }
}

/** As NewestMap, of values alone. */
export class NewestSet<T> extends Set<T> {
  readonly #max: number

  /** `values`: the oldest first. */
  constructor(max: number, values: Iterable<T> = []) {
    super()
    this.#max = max
    for (const value of values) this.add(value)
  }

  override add(value: T): this {
    this.delete(value)
    super.add(value)
    dropOldest(this, this.#max)
    return this
  }
}

function dropOldest<K>(kept: Map<K, unknown> | Set<K>, max: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= max) return
    kept.delete(key)
  }
}
