// What an import does beside the good lines: what it counts, how long it is patient, and how it is ended.
import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import test from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { encodePost, signPost } from '#common/post.ts'
import type { Batch } from '#common/post-log.ts'
import { IMPORTED, importPosts } from '#hub/commands/import-command.ts'
import type { HubStore } from '#hub/store/hub-store.ts'

const identity = identityFromPem(newIdentityPem())

function line(room: string, n: number): string {
  const guid = `6f1c1b44-5d6e-4f0a-9a55-${String(n).padStart(12, '0')}`
  const post = {
    guid,
    room,
    origin: identity.id,
    at: n,
    author: { name: 'Ada' },
    source: 'client' as const,
    text: 'hello',
  }
  return `${encodePost(signPost(post, identity))}\n`
}

/** Stores everything, after `faults` times of being away. */
function storeWith(rooms: string[], faults = 0) {
  const batches: Batch[] = []
  let left = faults
  const append = async (batch: Batch) => {
    left -= 1
    if (left >= 0) throw new StoreUnavailableError('away')
    batches.push(batch)
    return { conflict: false, verdicts: batch.posts.map(() => 'stored' as const), offsets: [] }
  }
  const log = async (room: string) => ({ room, append }) as unknown as Awaited<ReturnType<HubStore['log']>>
  return { batches, store: { rooms: async () => rooms, log } }
}

async function imported(
  input: Readable,
  store: Pick<HubStore, 'log' | 'rooms'>,
  signal = new AbortController().signal,
) {
  const told: string[] = []
  const parts = { store, roomsMax: 2, tell: (text: string) => void told.push(text), signal }
  const code = await importPosts({ file: '-', room: undefined }, input, parts)
  return { code, told: told.join('') }
}

test('posts go to their rooms in batches, as nobody’s own; a hub that is full of rooms takes no new one', async () => {
  const lines = Array.from({ length: 600 }, (_, n) => line(n % 2 === 0 ? 'a' : 'b', n))
  const { store, batches } = storeWith(['a'])
  const { code, told } = await imported(Readable.from([Buffer.from(lines.join('') + line('c', 600))]), store)
  assert.equal(code, 1)
  assert.match(
    told,
    /^standard input:601: this hub has its 2 rooms: no place for "c"\n600 posts stored, .* 1 lines refused\n$/,
  )
  assert.ok(
    batches.every(({ from, cursor, posts }) => from === IMPORTED && cursor === undefined && posts.length <= 256),
  )
  assert.equal(
    batches.reduce((sum, { posts }) => sum + posts.length, 0),
    600,
  )
})

test('a store that is away for a moment is asked again', async () => {
  const { store } = storeWith(['a'], 1)
  const { code, told } = await imported(Readable.from([Buffer.from(line('a', 1))]), store)
  assert.deepEqual([code, told.startsWith('1 posts stored')], [0, true])
})

test('no more than 100 bad lines are told one by one', async () => {
  const { told } = await imported(Readable.from([Buffer.from('x\n'.repeat(130))]), storeWith([]).store)
  assert.equal(told.match(/not JSON/g)?.length, 100)
  assert.match(told, /and 30 more lines like these\n0 posts stored, .* 130 lines refused/)
})

test('it is ended while it waits for more, and says so', async () => {
  const ending = new AbortController()
  const input = new PassThrough()
  ending.signal.addEventListener('abort', () => input.destroy())
  const run = imported(input, storeWith([]).store, ending.signal)
  setImmediate(() => ending.abort())
  const { code, told } = await run
  assert.deepEqual([code, told.endsWith('ended before the last line: run it again\n')], [1, true])
})
