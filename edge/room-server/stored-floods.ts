// When rooms were last made known by flood, over a restart: one small string each beside the posts.
import type { Meta } from '#common/sqlite/sqlite-store.ts'
import type { FloodTimes } from './room-adverts.ts'

const prefix = 'flood-advert:'

export function storedFloods(meta: Meta): FloodTimes {
  return {
    get: room => {
      const at = Number(meta.get(prefix + room))
      // What cannot be read costs one flood more.
      return Number.isFinite(at) && at > 0 ? at : undefined
    },
    set: (room, at) => meta.set(prefix + room, String(at)),
  }
}
