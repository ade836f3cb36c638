// Which posts a receiver has: a figure counts only when every post came, and came once.

export class Inventory {
  distinct = 0
  repeats = 0
  readonly #seen: Uint8Array

  /** For posts numbered 0 to `size` - 1; a number beyond is no post of this run and throws. */
  constructor(size: number) {
    this.#seen = new Uint8Array(size)
  }

  mark(seq: number): void {
    const seen = this.#seen[seq]
    if (seen === undefined) throw new RangeError(`post ${seq} was never written`)
    if (seen === 0) this.distinct += 1
    else this.repeats += 1
    this.#seen[seq] = 1
  }

  has(seq: number): boolean {
    return this.#seen[seq] === 1
  }

  /** @throws Error unless exactly `count` posts came, each once. */
  mustBe(count: number, who: string): void {
    if (this.distinct === count && this.repeats === 0) return
    throw new Error(`${who} has ${this.distinct} of ${count} posts, and ${this.repeats} twice`)
  }
}
