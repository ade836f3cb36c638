// Posts in number for system tests, and the one question they all end with: is everything everywhere, once, in order?
import assert from 'node:assert/strict'
import { LinesClient } from './lines-client.ts'
import { type EdgeProgram, type ServerProgram, testRoom } from './programs.ts'
import { waitFor } from './wait-for.ts'

const burstClients = 8
/** Longer than any outage a test makes. */
const ackDeadlineMs = 120_000
const arrivalDeadlineMs = 120_000

/** Writes `count` posts over the lines port, many in flight; resolves to their texts when all are stored at the edge. */
export async function writeBurst(edge: EdgeProgram, prefix: string, count: number): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, n) => `${prefix} ${n + 1}`)
  const clients = await Promise.all(Array.from({ length: burstClients }, () => LinesClient.connect(edge.ports.lines)))
  try {
    await Promise.all(texts.map((text, n) => clients[n % burstClients]?.send(text)))
  } finally {
    await Promise.all(clients.map(client => client[Symbol.asyncDispose]()))
  }
  return texts
}

/** Stores a post under an idempotency key; rejects when it is not known to be stored. */
export type Write = (text: string, key: string) => Promise<unknown>

/** Writes over HTTP. */
export function writerTo(server: ServerProgram, room = testRoom): Write {
  return (text, idempotencyKey) => server.post(text, { room, idempotencyKey })
}

/** Writes over the lines port, on one connection that is made anew when it has broken. */
export function linesWriterTo(edge: EdgeProgram): Write & AsyncDisposable {
  let client: Promise<LinesClient> | undefined
  const write = async (text: string, key: string) => {
    client ??= LinesClient.connect(edge.ports.lines)
    try {
      await (await client).send(text, key)
    } catch (error) {
      client = undefined
      throw error
    }
  }
  const close = async () => (await client?.catch(() => undefined))?.[Symbol.asyncDispose]()
  return Object.assign(write, { [Symbol.asyncDispose]: close })
}

export interface Stream {
  /** Texts of the posts acknowledged so far. */
  readonly acked: readonly string[]
  /** Resolves when `count` more posts are acknowledged than now. */
  flows(count: number): Promise<void>
  /** Begins no new post; resolves when those under way are acknowledged. */
  stop(): Promise<void>
}

/** Posts without end, `inFlight` at a time. A post without an answer is sent again under the same key until it is acknowledged. */
export function startStream(write: Write, prefix: string, inFlight = 4): Stream {
  const acked: string[] = []
  let begun = 0
  let stopped = false
  const work = async () => {
    while (!stopped) {
      begun += 1
      const text = `${prefix} ${begun}`
      const stored = () => write(text, text).then(() => true)
      await waitFor(stored, { what: `an ack of "${text}"`, deadlineMs: ackDeadlineMs })
      acked.push(text)
    }
  }
  const done = Promise.all(Array.from({ length: inFlight }, work))
  done.catch(() => {})
  return {
    acked,
    flows: async count => {
      const goal = acked.length + count
      await Promise.race([
        waitFor(() => acked.length >= goal, { what: `${count} more acks`, deadlineMs: ackDeadlineMs }),
        done,
      ])
    },
    stop: async () => {
      stopped = true
      await done
    },
  }
}

/**
 * Everything written is at every server, once, and in order per origin; then a marker from each server follows it everywhere,
 * so that what should not come had its time to come. Resolves to the texts there are now.
 */
export async function expectEverywhere(
  servers: readonly ServerProgram[],
  texts: readonly string[],
  room = testRoom,
): Promise<string[]> {
  for (const server of servers) await awaitStored(server, room, texts.length)
  const markers = servers.map(({ name }) => `marker of ${name}`)
  // One after the other: instances of a hub are one origin, and what they write at the same time has no order.
  for (const server of servers) await server.post(`marker of ${server.name}`, { room })
  const all = [...texts, ...markers].toSorted()
  for (const server of servers) await awaitStored(server, room, all.length)
  for (const server of servers) assertOnceInOrder(await server.posts(room), all, server.name)
  return all
}

async function awaitStored(server: ServerProgram, name: string, count: number): Promise<void> {
  const hasStored = async () => {
    const found = (await server.status()).rooms.find(({ room }) => room === name)
    // An instance of a hub to which nobody is linked opens a room when it is asked for it.
    if (found === undefined) await server.api.posts(name, 999_999_999)
    const stored = found?.stored ?? 0
    if (stored < count) throw new Error(`${stored} posts`)
    return true
  }
  await server.waitUntil(hasStored, { what: `${count} posts`, deadlineMs: arrivalDeadlineMs })
}

type Posts = Awaited<ReturnType<ServerProgram['posts']>>

function assertOnceInOrder(posts: Posts, sortedTexts: readonly string[], server: string): void {
  assert.equal(new Set(posts.map(({ guid }) => guid)).size, posts.length, `a GUID is twice at ${server}`)
  const texts = posts.map(({ text }) => text).toSorted()
  const odd = [...missingFrom(texts, sortedTexts), ...missingFrom(sortedTexts, texts)]
  assert.ok(
    odd.length === 0 && texts.length === sortedTexts.length,
    `${server} has ${texts.length} posts; ${odd.join(', ')}`,
  )
  const lastAtByOrigin = new Map<string, number>()
  for (const { origin, at, text } of posts) {
    assert.ok(at > (lastAtByOrigin.get(origin) ?? 0), `"${text}" is out of order at ${server}`)
    lastAtByOrigin.set(origin, at)
  }
}

/** The first few of `texts` that `others` do not have. */
function missingFrom(others: readonly string[], texts: readonly string[]): string[] {
  const known = new Set(others)
  return texts.filter(text => !known.has(text)).slice(0, 5)
}
