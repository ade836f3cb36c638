// The bytes of each spoke and day of a hub without Redis, in its SQLite database.
import type { Meta } from '#common/sqlite/sqlite-store.ts'
import { dayOf, daysKept, type SpokeBytes, type TrafficStore } from './byte-ledger.ts'

const prefix = 'traffic:'
const dayMs = 86_400_000

export function trafficInMeta(meta: Meta): TrafficStore {
  let purgedOn = ''
  return {
    add: async (day, bytesById) => {
      const changes = new Map<string, string | undefined>()
      for (const [id, { bytes, cap }] of bytesById) {
        const key = `${prefix}${day}:${id}`
        changes.set(key, textOf({ bytes: bytes + bytesFromText(meta.get(key)).bytes, cap }))
      }
      if (day !== purgedOn) for (const key of keysBefore(meta, day)) changes.set(key, undefined)
      meta.change(changes)
      purgedOn = day
    },
    of: async day => {
      const begin = `${prefix}${day}:`
      return new Map(meta.entries(begin).map(([key, text]) => [key.slice(begin.length), bytesFromText(text)]))
    },
  }
}

/** What is no longer kept on this day. */
function keysBefore(meta: Meta, day: string): string[] {
  const keptSince = prefix + dayOf(Date.parse(day) - (daysKept - 1) * dayMs)
  return meta
    .entries(prefix)
    .map(([key]) => key)
    .filter(key => key < keptSince)
}

function textOf({ bytes, cap }: SpokeBytes): string {
  return `${bytes} ${cap ?? ''}`
}

function bytesFromText(text = ''): SpokeBytes {
  const [bytes, cap = ''] = text.split(' ')
  return { bytes: Number(bytes) || 0, cap: cap === '' ? undefined : Number(cap) }
}
