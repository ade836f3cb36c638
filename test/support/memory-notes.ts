// Notes that last as long as the test.
import type { Notes } from '#hub/store/notes.ts'

export function memoryNotes(): Notes {
  const textsByKey = new Map<string, string>()
  return {
    get: async key => textsByKey.get(key),
    all: async prefix => new Map([...textsByKey].filter(([key]) => key.startsWith(prefix))),
    getMany: async keys => new Map([...textsByKey].filter(([key]) => keys.includes(key))),
    set: async (key, text) => void textsByKey.set(key, text),
    setMany: async texts => {
      for (const [key, text] of texts) textsByKey.set(key, text)
    },
    remove: async (...keys) => {
      for (const key of keys) textsByKey.delete(key)
    },
  }
}
