// Which posts of consoles were on the air, over a restart: a short list for each room beside the posts.
import { z } from 'zod'
import { fromJson } from '#common/json.ts'
import type { Meta } from '#common/sqlite/sqlite-store.ts'
import { type AiredStore, airedKept } from './console-posts.ts'

const prefix = 'aired:'
const listSchema = z.array(z.string()).max(airedKept)

export function storedAired(meta: Meta): AiredStore {
  return {
    load: room => fromJson(listSchema, meta.get(prefix + room)) ?? [],
    save: (room, guids) => meta.set(prefix + room, JSON.stringify(guids)),
  }
}
