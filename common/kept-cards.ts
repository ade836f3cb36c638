// Server cards over a restart: one small string each beside the posts, written a little later, many at a time.
import type { Log } from './log.ts'
import { decodeKnownCard, encodeKnownCard } from './server-card.ts'
import type { ServerDirectory } from './server-directory.ts'
import type { Meta } from './sqlite/sqlite-store.ts'

const prefix = 'card:'
const gatherMs = 200
/** After a disk that did not take them. */
const retryMs = 10_000

export interface KeptCards {
  /** Writes what is not yet on disk. */
  stop(): void
}

/** Reads the kept cards into `directory`, and keeps it on disk from now on. */
export function keepCards(directory: ServerDirectory, meta: Meta, log: Log): KeptCards {
  const kept = meta.entries(prefix).map(([, value]) => decodeKnownCard(value))
  const sound = kept.filter(known => known !== undefined)
  if (sound.length < kept.length)
    log.warn(`${kept.length - sound.length} server cards in the database are damaged: they come again`)
  directory.learn(sound)
  const changed = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const write = (): void => {
    timer = undefined
    const encoded = [...changed].map((id): [string, string | undefined] => {
      const known = directory.get(id)
      return [`${prefix}${id}`, known && encodeKnownCard(known)]
    })
    try {
      meta.change(new Map(encoded))
      changed.clear()
    } catch (error) {
      log.debug(`server cards are not yet on disk: ${String(error)}`)
      later(retryMs)
    }
  }
  const later = (ms: number): void => {
    timer ??= setTimeout(write, ms)
    timer.unref()
  }
  const unsubscribe = directory.subscribe(ids => {
    for (const id of ids) changed.add(id)
    later(gatherMs)
  })
  return {
    stop: () => {
      unsubscribe()
      clearTimeout(timer)
      if (changed.size > 0) write()
      clearTimeout(timer)
    },
  }
}
