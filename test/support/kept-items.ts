// Storages of a browser in memory: one that works, up to so many characters, and one that is forbidden.
import type { KeptItems } from '#common/console/app/compose/kept-posts.ts'

export function keptItems(charactersMax = 5_000_000): KeptItems {
  const values = new Map<string, string>()
  return {
    get length() {
      return values.size
    },
    key: i => [...values.keys()][i] ?? null,
    getItem: name => values.get(name) ?? null,
    setItem: (name, value) => {
      const used = [...values].reduce((sum, [kept, text]) => sum + (kept === name ? 0 : kept.length + text.length), 0)
      if (used + name.length + value.length > charactersMax) throw new DOMException('full', 'QuotaExceededError')
      values.set(name, value)
    },
    removeItem: name => void values.delete(name),
  }
}

const refuse = () => {
  throw new DOMException('forbidden', 'SecurityError')
}

export const forbiddenItems: KeptItems = {
  get length(): number {
    return refuse()
  },
  key: refuse,
  getItem: refuse,
  setItem: refuse,
  removeItem: refuse,
}
