// What waits for an app: every post once it was taken, none lost, whatever happens to the line.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { AppAuthors } from '#edge/clients/app-authors.ts'
import { deskWithoutRadio } from '#edge/clients/app-desk.ts'
import { AppInbox } from '#edge/clients/app-inbox.ts'
import type { AppRoom } from '#edge/clients/app-room.ts'
import { RoomSeconds } from '#edge/room-server/room-seconds.ts'
import { type RoomAndWriter, roomAndWriter } from '#test/support/room-and-writer.ts'
import { roomSettings } from '#test/support/room-settings.ts'

const context = { origin: 'here', cityOf: () => undefined }

function roomOf({ log }: RoomAndWriter): AppRoom {
  const settings = roomSettings()
  const seconds = new RoomSeconds(log)
  const authors = new AppAuthors(log, context.origin)
  const known = { log, name: 'Room', publicKey: new Uint8Array(32), settings, position: undefined, seconds, authors }
  const aside = { federation: () => '', uptimeSeconds: () => 0, now: () => 0 }
  return { ...known, desk: deskWithoutRadio(known, aside) }
}

/** Of several that read the log at a time, the last may be the first to get something. */
function slowly(room: RoomAndWriter, turns: Iterator<number>): RoomAndWriter {
  const { log } = room
  const readAfter = log.readAfter.bind(log)
  log.readAfter = async (offset, limit) => {
    const page = await readAfter(offset, limit)
    for (let left = turns.next().value ?? 0; left > 0; left -= 1) await nextTurn()
    return page
  }
  return room
}

/** A user at these rooms, over all connections of his app. */
class Reader {
  readonly #rooms: readonly AppRoom[]
  readonly #seconds = new Map<string, number>()
  #inbox: AppInbox | undefined
  #given: string | undefined
  readonly taken: string[] = []

  constructor(rooms: readonly AppRoom[]) {
    this.#rooms = rooms
  }

  async inbox(): Promise<AppInbox> {
    if (this.#inbox !== undefined) return this.#inbox
    const positions = {
      get: (room: string) => this.#seconds.get(room),
      set: (room: string, second: number) => void this.#seconds.set(room, second),
    }
    this.#inbox = new AppInbox({ userKey: 'me', positions, context })
    for (const room of this.#rooms) await this.#inbox.enter(room)
    return this.#inbox
  }

  /** False when nothing waits. */
  async read(): Promise<boolean> {
    const inbox = await this.inbox()
    await this.take()
    this.#given = (await inbox.next())?.text
    return this.#given !== undefined
  }

  async take(): Promise<void> {
    const inbox = await this.inbox()
    inbox.taken()
    if (this.#given !== undefined) this.taken.push(this.#given)
    this.#given = undefined
  }

  cut(): void {
    this.#inbox = undefined
    this.#given = undefined
  }
}

test('every post is taken once and in order, however posts come, and lines break or end', async () => {
  const step = fc.constantFrom(...(['say', 'say', 'read', 'read', 'read', 'look', 'cut', 'end'] as const))
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.infiniteStream(fc.nat(4)), async (steps, turns) => {
      const room = slowly(roomAndWriter('frontrange', { tailBytes: 1 }), turns)
      const reader = new Reader([roomOf(room)])
      await reader.inbox()
      let count = 0
      const looks: Promise<unknown>[] = []
      const steppers = {
        say: () => room.say(`${++count}`),
        read: () => reader.read(),
        // As the bell does, while the app reads on.
        look: () => reader.inbox().then(inbox => void looks.push(inbox.isWaiting())),
        end: () => reader.take().then(() => reader.cut()),
        cut: () => reader.cut(),
      }
      for (const what of steps) await steppers[what]()
      await Promise.all(looks)
      while (await reader.read());
      const all = Array.from({ length: count }, (_, i) => `Ann: ${i + 1}`)
      assert.deepEqual(reader.taken, all)
      assert.equal(await (await reader.inbox()).isWaiting(), false)
    }),
  )
})

test('a look that takes its time does not bring back what was taken meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat(4)), async turns => {
      const room = slowly(roomAndWriter('frontrange', { tailBytes: 1 }), turns)
      const reader = new Reader([roomOf(room)])
      await room.say('1', '2', '3')
      const look = (await reader.inbox()).isWaiting()
      while (await reader.read());
      await look
      assert.deepEqual(reader.taken, ['Ann: 1', 'Ann: 2', 'Ann: 3'])
    }),
  )
})

test('a log that began anew goes on from the second that was read, and nothing comes twice', async () => {
  let now = 1_790_000_000_000
  const room = roomAndWriter('frontrange', { now: () => now })
  const reader = new Reader([roomOf(room)])
  await room.say('1', '2')
  while (await reader.read());
  const before = room.log.snapshot()
  now += 10_000
  await room.say('3')
  assert.equal(await reader.read(), true)
  room.log.restore(before)
  now += 10_000
  await room.say('4')
  while (await reader.read());
  assert.deepEqual(reader.taken, ['Ann: 1', 'Ann: 2', 'Ann: 3', 'Ann: 4'])
})

test('of two rooms neither is forgotten', async () => {
  const [one, two] = [roomAndWriter('one'), roomAndWriter('two')]
  const reader = new Reader([roomOf(one), roomOf(two)])
  await reader.inbox()
  await two.say('a')
  await one.say('b')
  await two.say('c')
  while (await reader.read());
  assert.deepEqual(reader.taken.sort(), ['Ann: a', 'Ann: b', 'Ann: c'])
})
