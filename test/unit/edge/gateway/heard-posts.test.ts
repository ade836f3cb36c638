// What was read from the radio as a post: its GUID as in DESIGN.md, its author, and whose it is.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Post } from '#common/post.ts'
import { channelDraft, isFromRoomServer, roomDraft } from '#edge/gateway/heard-posts.ts'
import { NodeDirectory } from '#edge/gateway/node-directory.ts'

const key = Buffer.from('11'.repeat(32), 'hex')
const ana = 'aabbccdd'.padEnd(64, '0')
const authorPrefix = Buffer.from(ana.slice(0, 8), 'hex')
const body = { type: 2, timestamp: 1_790_000_001, authorPrefix, text: Buffer.from('Chains on') }
const nobody = () => undefined

/** By hand: version 8, variant 10. */
function guidOf(tag: string, hexOfParts: string): string {
  const hash = createHash('sha256').update(`${tag}\0`).update(Buffer.from(hexOfParts, 'hex')).digest('hex')
  const variant = ((Number.parseInt(hash.slice(16, 18), 16) & 0x3f) | 0x80).toString(16).padStart(2, '0')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(18, 20)}-${hash.slice(20, 32)}`
}

const hex = (text: string) => Buffer.from(text).toString('hex')

test('the push of a room server: GUID of its key, second, author and text', () => {
  const draft = roomDraft({ key, name: 'Old room' }, body, nobody)
  assert.equal(draft?.guid, guidOf('mcfed/1/room', `${'11'.repeat(32)}813bb16aaabbccdd${hex('Chains on')}`))
  assert.deepEqual(draft?.author, { key: 'aabbccdd', name: 'aabbccdd' })
  assert.deepEqual([draft?.source, draft?.text, draft?.wasAccepted], ['lora', 'Chains on', true])
})

test('an author whom the radio knows has his whole key and his name; the room itself has its own', () => {
  const known = roomDraft({ key, name: 'Old room' }, body, () => ({ key: ana, name: 'Ana' }))
  assert.deepEqual(known?.author, { key: ana, name: 'Ana' })
  const own = roomDraft({ key, name: 'Old room' }, { ...body, authorPrefix: key.subarray(0, 4) }, nobody)
  assert.deepEqual(own?.author, { key: '11'.repeat(32), name: 'Old room' })
})

test('a line in a channel: GUID of its key, second and the line as sent; the name is what the sender says', () => {
  const secret = Buffer.from('22'.repeat(16), 'hex')
  const said = (line: string) =>
    channelDraft({ name: '#club', secret }, { type: 0, timestamp: 5, text: Buffer.from(line) })
  assert.equal(
    said('Ana: hi: there')?.guid,
    guidOf('mcfed/1/chan', `${'22'.repeat(16)}05000000${hex('Ana: hi: there')}`),
  )
  assert.deepEqual([said('Ana: hi: there')?.author, said('Ana: hi: there')?.text], [{ name: 'Ana' }, 'hi: there'])
  assert.deepEqual([said('no name')?.author, said('no name')?.text], [{ name: '#club' }, 'no name'])
  assert.deepEqual([said('Ana: ')?.author, said('Ana: ')?.text], [{ name: 'Ana' }, 'Ana: '])
  assert.equal(said(`${'é'.repeat(20)}: x`)?.author.name, 'é'.repeat(16))
  assert.equal(said(' \t'), undefined)
})

test('a character that was cut at the end, and control characters, are no reason to lose a text', () => {
  const cut = roomDraft({ key, name: 'R' }, { ...body, text: Buffer.from([0x68, 0x69, 0x07, 0xc3]) }, nobody)
  assert.equal(cut?.text, 'hi ')
  assert.equal(roomDraft({ key, name: 'R' }, { ...body, text: Buffer.from([0xff, 0xfe]) }, nobody), undefined)
})

test('a post of another server is known to be from the same room server by its GUID, and from another not', () => {
  const { guid = '' } = roomDraft({ key, name: 'R' }, body, nobody) ?? {}
  const post: Post = {
    ...{ guid, room: 'main', origin: 'o', source: 'lora', text: 'Chains on', sig: '' },
    at: (body.timestamp + 30) * 1000,
    author: { name: 'Ana', key: ana },
  }
  const back = 7_200_000
  assert.ok(isFromRoomServer(post, key, back))
  assert.ok(isFromRoomServer({ ...post, at: post.at + 7_000_000 }, key, back))
  assert.ok(!isFromRoomServer({ ...post, at: post.at + 8_000_000 }, key, back))
  // Ten weeks, as the config allows, would be six million hashes for each post.
  const startedAt = process.cpuUsage()
  assert.ok(!isFromRoomServer({ ...post, at: post.at + 8_000_000 }, key, 6_000_000_000))
  assert.ok(process.cpuUsage(startedAt).user < 3_000_000)
  assert.ok(!isFromRoomServer(post, Buffer.from('33'.repeat(32), 'hex'), back))
  assert.ok(!isFromRoomServer({ ...post, source: 'client' }, key, back))
  assert.ok(!isFromRoomServer({ ...post, author: { name: 'Ana' } }, key, back))
})

test('a prefix that two nodes have is nobody, and names outlive a restart', () => {
  const stored = new Map<string, string>()
  const store = {
    load: () => [...stored],
    save: (id: string, name: string) => void stored.set(id, name),
    remove: (id: string) => void stored.delete(id),
  }
  const nodes = new NodeDirectory(store)
  nodes.learn(Buffer.from(ana, 'hex'), 'Ana\u0007')
  nodes.learn(Buffer.from(ana, 'hex'), '')
  assert.deepEqual(nodes.find(authorPrefix), { key: ana, name: 'Ana' })
  assert.deepEqual(new NodeDirectory(store).find(authorPrefix), { key: ana, name: 'Ana' })
  nodes.learn(Buffer.from(`aabbccdd${'1'.repeat(56)}`, 'hex'), 'Eve')
  assert.equal(nodes.find(authorPrefix), undefined)
})
