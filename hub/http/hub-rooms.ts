// The rooms of a hub for its API, by name.
import type { RoomDirectory } from '#common/http/room-directory.ts'
import type { HubStore } from '../store/hub-store.ts'

export function hubRooms(store: Pick<HubStore, 'rooms' | 'log'>): RoomDirectory {
  let reading: Promise<ReadonlySet<string>> | undefined
  /** Whoever asks for a thousand rooms at once has the store asked for its thousand names once. */
  const known = () => {
    reading ??= store
      .rooms()
      .then(rooms => new Set(rooms))
      .finally(() => {
        reading = undefined
      })
    return reading
  }
  /** A look that others had begun may not show what is new since then; the next one does. */
  const has = async (room: string) => (await known()).has(room) || (await known()).has(room)
  return {
    names: async () => [...(await store.rooms())].sort(),
    get: async room => ((await has(room)) ? store.log(room) : undefined),
  }
}
