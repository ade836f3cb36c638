// A session against what the firmware's own companion radio has said: every answer is matched to its question.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { type CompanionCommand, decodeCommand } from '#edge/radio/companion-commands.ts'
import { CompanionError } from '#edge/radio/companion-error.ts'
import { type CompanionReply, decodeReply } from '#edge/radio/companion-replies.ts'
import { CompanionRefusal, CompanionSession, more } from '#edge/radio/companion-session.ts'
import type { Line } from '#edge/radio/serial-line.ts'
import { fromHex } from '#test/support/meshcore-vectors.ts'
import { waitFor } from '#test/support/wait-for.ts'

const fileSchema = z.object({
  sessions: z.array(z.object({ frames: z.array(z.object({ dir: z.string(), hex: z.string() })) })),
})
const file = new URL('../../../vectors/meshcore/companion-transcript.json', import.meta.url)
const { sessions } = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))

/** The other end of no line. */
class FakeLine implements Line {
  readonly written: Uint8Array[] = []
  onWrite: () => void = () => {}
  #onBytes: (bytes: Uint8Array) => void = () => {}
  #onClose: (reason: string) => void = () => {}

  write(bytes: Uint8Array): void {
    this.written.push(bytes)
    this.onWrite()
  }

  async close(): Promise<void> {
    this.#onClose('closed')
  }

  onBytes(listener: (bytes: Uint8Array) => void): void {
    this.#onBytes = listener
  }

  onClose(listener: (reason: string) => void): void {
    this.#onClose = listener
  }

  say(hex: string): void {
    this.#onBytes(fromHex(hex))
  }
}

function open(answerMs = 1000) {
  const line = new FakeLine()
  const told: CompanionReply[] = []
  const session = new CompanionSession({ line, answerMs, onReply: reply => told.push(reply) })
  return { line, session, told }
}

/** Undefined for those with which the firmware's strictness was tried. */
function commandIn(hex: string): CompanionCommand | undefined {
  try {
    return decodeCommand(fromHex(hex.slice(6)))
  } catch (error) {
    if (error instanceof CompanionError) return undefined
    throw error
  }
}

interface Exchange {
  command: string
  replies: string[]
}

/** What the app said, and all that came until it spoke again. */
function exchanges(): Exchange[] {
  const found: Exchange[] = []
  for (const { frames } of sessions)
    for (const { dir, hex } of frames) {
      if (dir === 'app->radio') found.push({ command: hex, replies: [] })
      else found.at(-1)?.replies.push(hex)
    }
  return found.filter(({ command, replies }) => replies.length > 0 && command.length / 2 <= 3 + 176)
}

const isPush = (hex: string) => Number.parseInt(hex.slice(6, 8), 16) >= 0x80
/** Kinds of what the firmware says unasked, as the transcript has them. */
const pushCodes = new Set<string>(
  exchanges()
    .flatMap(({ replies }) => replies.filter(isPush))
    .map(hex => decodeReply(fromHex(hex.slice(6))).kind),
)
const isPart = (reply: CompanionReply) => reply.kind === 'contact' || reply.kind === 'contacts-start'

test("the firmware's answers are taken for what was asked, and what it says unasked for nothing", async () => {
  let matched = 0
  for (const { command, replies } of exchanges()) {
    const answers = replies.filter(hex => !isPush(hex))
    if (answers.length === 0) continue
    const { line, session, told } = open()
    line.onWrite = () => line.say(replies.join(''))
    const asked = commandIn(command)
    if (asked === undefined || asked.kind === 'unknown') continue
    const last = decodeReply(Uint8Array.from(fromHex((answers.at(-1) ?? '').slice(6))))
    const pick = (reply: CompanionReply) => {
      if (asked.kind === 'get-contacts' && isPart(reply)) return more
      return pushCodes.has(reply.kind) ? undefined : reply
    }
    const answer = await session.ask({ command: asked, pick }).catch((error: unknown) => error)
    if (last.kind === 'error') assert.ok(answer instanceof CompanionRefusal)
    else assert.deepEqual(answer, last)
    assert.equal(told.length, replies.length - answers.length)
    matched += 1
  }
  assert.ok(matched > 40, `${matched}`)
})

const time = {
  command: { kind: 'get-time' },
  pick: (reply: CompanionReply) => (reply.kind === 'time' ? reply : undefined),
} as const
const ok = {
  command: { kind: 'reboot' },
  pick: (reply: CompanionReply) => (reply.kind === 'ok' ? true : undefined),
} as const
const timeFrame = '3e05000904030201'
const okFrame = '3e010000'

test('one command is under way at a time, in their order', async () => {
  const { line, session } = open()
  const first = session.ask(time)
  const second = session.ask(ok)
  await waitFor(() => line.written.length === 1, { what: 'the first' })
  line.say(timeFrame)
  assert.equal((await first).timestamp, 0x01020304)
  await waitFor(() => line.written.length === 2, { what: 'the second' })
  line.say(okFrame)
  assert.equal(await second, true)
})

test('silence ends the session; what may be said twice is said twice before', async () => {
  const { line, session } = open(20)
  await assert.rejects(session.ask(ok), /does not answer \(asked for: reboot\)/)
  assert.equal(line.written.length, 1)
  const again = open(20)
  await assert.rejects(again.session.ask({ ...time, isRepeatable: true }), /does not answer/)
  assert.equal(again.line.written.length, 2)
  await assert.rejects(again.session.ask(time), /does not answer/)
  assert.equal(again.line.written.length, 2)
})

test('an answer in parts may take long, if each of them comes in time', async () => {
  const { line, session } = open(400)
  const contacts = session.ask({
    command: { kind: 'get-contacts' },
    pick: reply => (reply.kind === 'contacts-end' ? true : isPart(reply) ? more : undefined),
  })
  await waitFor(() => line.written.length === 1, { what: 'the question' })
  for (let i = 0; i < 8; i += 1) {
    const at = performance.now()
    await waitFor(() => performance.now() - at > 60, { what: 'some time' })
    line.say('3e05000201000000')
  }
  line.say('3e05000400000000')
  assert.equal(await contacts, true)
})

test('damaged frames, the unknown and the end of the line', async () => {
  const { line, session, told } = open()
  // A self-info of 2 bytes; a code that nobody knows.
  line.say('3e0200050a3e0200f0aa')
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['unknown'],
  )
  const asked = session.ask(time)
  await waitFor(() => line.written.length === 1, { what: 'the question' })
  session.end('unplugged')
  await assert.rejects(asked, /unplugged/)
})
