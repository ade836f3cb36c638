// Notes that last as long as the test.
import type { Notes } from '#hub/notes.ts'

export function memoryNotes(): Notes {
  const textsByKey = new Map<string, string>()
  return {
    get: async key => textsByKey.get(key),
    all: async prefix => new Map([...textsByKey].filter(([key]) => key.startsWith(prefix))),
    set: async (key, text) => void textsByKey.set(key, text),
    remove: async key => void textsByKey.delete(key),
  }
}
