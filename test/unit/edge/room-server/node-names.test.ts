// Names of nodes: what strangers with made-up keys can do to them, and to the disk.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeAdvert, nodeType } from '#edge/radio/adverts.ts'
import { newIdentity, type RadioIdentity } from '#edge/radio/crypto.ts'
import { NodeNames } from '#edge/room-server/node-names.ts'

const minuteMs = 60_000

function bench({ known = [] as [string, string][], members = new Set<string>() } = {}) {
  const saved = new Map(known)
  const writes = { count: 0 }
  const time = { now: 0 }
  const store = {
    load: () => [...saved],
    save: (key: string, name: string) => {
      writes.count += 1
      saved.set(key, name)
    },
    remove: (key: string) => {
      writes.count += 1
      saved.delete(key)
    },
  }
  const names = new NodeNames({ store, isMember: key => members.has(key), ticks: () => time.now })
  return { names, saved, writes, time }
}

function advert(identity: RadioIdentity, name: string, timestamp = 1): Uint8Array {
  return encodeAdvert(identity, timestamp, { type: nodeType.chat, name })
}

function keyOf({ publicKey }: RadioIdentity): string {
  return Buffer.from(publicKey).toString('hex')
}

test('a flood of adverts writes little to the disk, and their names are known all the same', () => {
  const { names, saved, writes, time } = bench()
  const strangers = Array.from({ length: 80 }, () => newIdentity())
  for (const [i, stranger] of strangers.entries()) names.hear(advert(stranger, `Node ${i}`))
  assert.deepEqual([writes.count, saved.size], [50, 50])
  assert.equal(names.of(keyOf(strangers[79] as RadioIdentity)), 'Node 79')
  for (let i = 2; i < 50; i += 1) names.hear(advert(strangers[0] as RadioIdentity, `Other ${i}`, i))
  assert.equal(writes.count, 50)
  time.now += 10 * minuteMs
  for (const stranger of strangers.slice(70)) names.hear(advert(stranger, 'Later', 2))
  assert.equal(writes.count, 55)
})

test('members keep their names, however many strangers come, and may change them', () => {
  const ana = newIdentity()
  const key = keyOf(ana)
  const strangers = Array.from({ length: 1999 }, (_, i) => [i.toString(16).padStart(64, 'f'), 'x'] as [string, string])
  const { names, saved, writes } = bench({ known: [[key, 'Ana'], ...strangers], members: new Set([key]) })
  for (let i = 0; i < 60; i += 1) names.hear(advert(newIdentity(), 'Stranger'))
  assert.deepEqual([names.of(key), saved.get(key)], ['Ana', 'Ana'])
  assert.equal(names.of(strangers[0]?.[0] ?? ''), undefined)
  const before = writes.count
  names.hear(advert(ana, 'Anna'))
  assert.deepEqual([writes.count - before, saved.get(key)], [1, 'Anna'])
})
