// Names of nodes over a restart: one small string each beside the posts.
import type { Meta } from '#common/sqlite/sqlite-store.ts'
import type { NameStore } from './node-names.ts'

const prefix = 'node:'

export function storedNames(meta: Meta): NameStore {
  return {
    load: () => meta.entries(prefix).map(([key, name]) => [key.slice(prefix.length), name]),
    save: (key, name) => meta.set(prefix + key, name),
    remove: key => meta.delete(prefix + key),
  }
}
