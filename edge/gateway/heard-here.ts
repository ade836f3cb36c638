// GUIDs of posts that were heard at one place of the air: whoever said them there, they need not be said there again.
const guidsMax = 2000

export class HeardHere {
  readonly #guids = new Set<string>()

  add(guid: string): void {
    this.#guids.delete(guid)
    this.#guids.add(guid)
    const [oldest] = this.#guids
    if (this.#guids.size > guidsMax && oldest !== undefined) this.#guids.delete(oldest)
  }

  has(guid: string): boolean {
    return this.#guids.has(guid)
  }
}
