// The alerts of a hub without Redis, in its SQLite database.
import type { Meta } from '../sqlite/sqlite-store.ts'
import { type AlertStore, alertFromText, alertsMax } from './alerts.ts'
import { placeToGo } from './kept-alerts.ts'

const prefix = 'alert:'
/** As many digits as the largest whole number has, so that keys sort as their numbers do. */
const digits = 16

export function alertsInMeta(meta: Meta): AlertStore {
  return {
    add: async (alert, once) => {
      const kept = meta.entries(prefix)
      if (once !== undefined && kept.some(([, text]) => onceOf(text) === once)) return undefined
      const n = Math.max(Math.floor(alert.at), numberOf(kept.at(-1)?.[0] ?? prefix) + 1)
      const entry = [prefix + String(n).padStart(digits, '0'), JSON.stringify({ ...alert, once })] as const
      const changes = new Map<string, string | undefined>([entry])
      for (const all = [...kept, entry]; all.length > alertsMax; ) {
        const [gone] = all.splice(placeToGo(all.map(([key, text]) => alertFromText(numberOf(key), text)?.spoke)), 1)
        if (gone !== undefined) changes.set(gone[0], undefined)
      }
      meta.change(changes)
      return n
    },
    after: async (n, limit) => {
      const newer = meta.entries(prefix).filter(([key]) => numberOf(key) > n)
      return newer.flatMap(([key, text]) => alertFromText(numberOf(key), text) ?? []).slice(0, limit)
    },
  }
}

function numberOf(key: string): number {
  return Number(key.slice(prefix.length))
}

function onceOf(text: string): unknown {
  try {
    return JSON.parse(text).once
  } catch {
    return undefined
  }
}
