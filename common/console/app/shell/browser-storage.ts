// What the browser keeps for this page. Where it forbids that, the page keeps it in memory, as long as it is open.

export interface BrowserStorage {
  storage: Storage
  /** False: nothing outlives this page. */
  isKept: boolean
}

/** `local` gives window.localStorage; where cookies are blocked the very touch of it throws. */
export function browserStorage(local: () => Storage): BrowserStorage {
  try {
    const storage = local()
    storage.getItem('')
    return { storage, isKept: true }
  } catch {
    return { storage: new MemoryStorage(), isKept: false }
  }
}

class MemoryStorage implements Storage {
  readonly #values = new Map<string, string>();
  [name: string]: unknown

  get length(): number {
    return this.#values.size
  }

  key(index: number): string | null {
    return [...this.#values.keys()][index] ?? null
  }

  getItem(name: string): string | null {
    return this.#values.get(name) ?? null
  }

  setItem(name: string, value: string): void {
    this.#values.set(name, value)
  }

  removeItem(name: string): void {
    this.#values.delete(name)
  }

  clear(): void {
    this.#values.clear()
  }
}
