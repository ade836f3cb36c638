// Members over a restart: one small string each beside the posts, checked when it is read.
import { z } from 'zod'
import type { Meta } from '#common/sqlite/sqlite-store.ts'
import { type Member, type MemberStore, permission } from './member.ts'

const permissions = z.literal(Object.values(permission))
const second = z.int().min(0).max(0xffff_ffff)

const memberSchema = z.object({
  permission: permissions,
  lastTimestamp: second,
  syncSince: second,
  ahead: z.array(second).default([]),
  loginAt: z.int().min(0),
  askedSince: second.default(0),
  heardAt: z.int().min(0),
  region: z.string().nullish(),
  path: z.object({ hashBytes: z.literal([1, 2, 3]), hops: z.hex().max(128) }).nullable(),
})

/** What cannot be read is told to `onDamaged` and left out: that node logs in again. */
export function storedMembers(meta: Meta, onDamaged: (key: string) => void): MemberStore {
  return {
    load: room => {
      const prefix = keyOf(room, '')
      return meta.entries(prefix).flatMap(([key, value]) => {
        const member = memberFrom(key.slice(prefix.length), value)
        if (member === undefined) onDamaged(key)
        return member === undefined ? [] : [member]
      })
    },
    save: (room, member) => meta.set(keyOf(room, member.key), textOf(member)),
    remove: (room, key) => meta.delete(keyOf(room, key)),
  }
}

function keyOf(room: string, key: string): string {
  return `member:${room}:${key}`
}

function textOf({ permission: granted, path, ...member }: Member): string {
  const { lastTimestamp, syncSince, ahead, loginAt, askedSince, heardAt, region } = member
  const hops = path === null ? null : { hashBytes: path.hashBytes, hops: Buffer.from(path.hops).toString('hex') }
  return JSON.stringify({
    permission: granted,
    lastTimestamp,
    syncSince,
    ahead,
    loginAt,
    askedSince,
    heardAt,
    region,
    path: hops,
  })
}

function memberFrom(key: string, value: string): Member | undefined {
  try {
    const { path, ...fields } = memberSchema.parse(JSON.parse(value))
    const known = path === null ? null : { hashBytes: path.hashBytes, hops: Buffer.from(path.hops, 'hex') }
    return { key, ...fields, path: known, failures: 0 }
  } catch {
    return undefined
  }
}
