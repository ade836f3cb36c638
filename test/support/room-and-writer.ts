// A room in memory and a writer into it, for tests of what clients see.
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { type PostGate, PostWriter } from '#common/post-writer.ts'
import { MemoryLog, type MemoryLogOptions } from './memory-log.ts'

export interface RoomAndWriter {
  log: MemoryLog
  writer: PostWriter
  /** Posts `texts` one after the other, as "Ann". */
  say(...texts: string[]): Promise<void>
}

export function roomAndWriter(room = 'frontrange', options: MemoryLogOptions = {}, gate?: PostGate): RoomAndWriter {
  const log = new MemoryLog(room, options)
  let lastAt = 0
  const stamp = () => {
    lastAt = Math.max(Date.now(), lastAt + 1)
    return lastAt
  }
  const writer = new PostWriter(identityFromPem(newIdentityPem()), { stamp, ...(gate && { gate }) })
  const say = async (...texts: string[]) => {
    for (const text of texts) await writer.write(log, { text, author: { name: 'Ann' }, source: 'client' })
  }
  return { log, writer, say }
}
