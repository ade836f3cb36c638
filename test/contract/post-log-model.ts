// Contract of PostLog: any sequence of batches leaves what a model of a few lines leaves.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Cursor } from '#common/cursor.ts'
import { type Batch, LOCAL, type NewPost, type PostLog } from '#common/post-log.ts'
import { at, epochA, epochB, type OpenLog, range, samplePosts, serverId } from './log-under-test.ts'

interface Step {
  server: number
  /** Which of 12 posts; repeats are duplicates. */
  posts: number[]
  /** none: no cursor; right: expects the stored one; wrong: expects another; stale: under an epoch that is not the log's. */
  cursor: 'none' | 'right' | 'wrong' | 'stale'
  advance: number
  /** Does not wait for the answer before the next step. */
  pipelined: boolean
}

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  server: fc.integer({ min: 0, max: 3 }),
  posts: fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 5 }),
  cursor: fc.constantFrom('none', 'right', 'right', 'right', 'wrong', 'stale'),
  advance: fc.integer({ min: 0, max: 9 }),
  pipelined: fc.boolean(),
})

interface Model {
  epoch: string
  guids: string[]
  senders: [from: string, fromEpoch: string, fromOffset: number][]
  cursors: Map<string, Cursor>
}

export function modelTests(open: OpenLog): void {
  test('any sequence of batches leaves what a simple model leaves', () =>
    fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 25 }), async steps => {
        const opened = await open()
        try {
          const model: Model = { epoch: opened.log.head.epoch, guids: [], senders: [], cursors: new Map() }
          await play(opened.log, model, steps)
          await compare(opened.log, model)
        } finally {
          await opened.close()
        }
      }),
      { numRuns: 25 },
    ))
}

/** Appends the steps to the log and to the model, and compares the answers. */
async function play(log: PostLog, model: Model, steps: readonly Step[]): Promise<void> {
  const posts = samplePosts(log, 12)
  const answers: Promise<void>[] = []
  for (const step of steps) {
    const batch = batchOf(step, posts, model)
    const want = applyToModel(model, batch)
    answers.push(log.append(batch).then(result => assert.deepEqual(result, want)))
    if (!step.pipelined) await Promise.all(answers)
  }
  await Promise.all(answers)
}

async function compare(log: PostLog, model: Model): Promise<void> {
  const entries = await log.readAfter(0, 1_000)
  assert.deepEqual(
    entries.map(e => [e.guid, e.offset, [e.from, e.fromEpoch, e.fromOffset]]),
    model.guids.map((guid, i) => [guid, i + 1, model.senders[i]]),
  )
  for (const n of range(1, 3)) assert.deepEqual(await log.cursorOf(serverId(n)), model.cursors.get(serverId(n)) ?? null)
  assert.equal(log.head.head, model.guids.length)
}

function batchOf(step: Step, posts: readonly NewPost[], model: Model): Batch {
  const from = step.server === 0 ? LOCAL : serverId(step.server)
  const held = model.cursors.get(from) ?? null
  const expected = step.cursor === 'wrong' ? at(epochB, 1_000_000) : held
  const next = at(epochA, (held?.offset ?? 0) + step.advance)
  const cursor =
    step.cursor === 'none' || step.server === 0
      ? {}
      : { cursor: { expected, next, under: step.cursor === 'stale' ? epochB : model.epoch } }
  return { from, posts: step.posts.flatMap(n => posts[n] ?? []), ...cursor }
}

function applyToModel(model: Model, { from, posts, cursor }: Batch): unknown {
  const held = model.cursors.get(from) ?? null
  if (cursor?.expected?.epoch === epochB || cursor?.under === epochB) return { conflict: true, cursor: held }
  if (cursor !== undefined) model.cursors.set(from, cursor.next)
  const offsets = posts.map(({ guid }) => {
    if (model.guids.includes(guid)) return 0
    model.senders.push([from, cursor?.next.epoch ?? '', cursor?.next.offset ?? 0])
    return model.guids.push(guid)
  })
  return { conflict: false, verdicts: offsets.map(o => (o === 0 ? 'duplicate' : 'stored')), offsets }
}
