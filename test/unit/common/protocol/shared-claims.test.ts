// Links of two processes that are offered the same posts: each post is asked for over one of them at a time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PostLog, SharedClaims } from '#common/post-log.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { Offerer } from '#test/support/offerer.ts'
import { waitFor } from '#test/support/wait-for.ts'

const guids = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']

/** What the processes of a test share. */
class Table implements SharedClaims {
  readonly owners = new Map<string, string>()
  asked = 0

  async take(claimant: string, guids: readonly string[]): Promise<boolean> {
    this.asked += 1
    if (guids.some(guid => (this.owners.get(guid) ?? claimant) !== claimant)) return false
    for (const guid of guids) this.owners.set(guid, claimant)
    return true
  }

  release(claimant: string, guids: readonly string[]): void {
    for (const guid of guids) if (this.owners.get(guid) === claimant) this.owners.delete(guid)
  }
}

/** The log as one process has it. */
function processOf(claims: SharedClaims): PostLog {
  return Object.assign(new MemoryLog('main'), { claims })
}

async function offerers(): Promise<{ table: Table; here: Offerer; there: Offerer }> {
  const table = new Table()
  const here = new Offerer(processOf(table), 'A'.repeat(43))
  const there = new Offerer(processOf(table), 'B'.repeat(43))
  await here.start()
  await there.start()
  return { table, here, there }
}

test('an offer waits for what another process has asked for, until that is through', async () => {
  const { table, here, there } = await offerers()
  await here.offer(guids)
  await there.offer(guids)
  assert.deepEqual([await here.wants(), await there.wants()], [1, 0])
  await waitFor(() => table.asked > 2, { what: 'a second look' })
  assert.equal(await there.wants(), 0)
  await here.cover(2)
  await waitFor(() => there.wants(), { what: 'the offer to be answered' })
  assert.deepEqual([...new Set(table.owners.values())].length, 1)
  await there.cover(2)
  assert.equal(table.owners.size, 0)
})

test('what nobody else has is asked for at once, and costs one question', async () => {
  const { table, here, there } = await offerers()
  await here.offer(guids.slice(0, 1))
  await there.offer(guids.slice(1))
  assert.deepEqual([await here.wants(), await there.wants(), table.asked], [1, 1, 2])
})

test('a link that ends takes nothing with it, whether it has claimed or waits', async () => {
  const { table, here, there } = await offerers()
  await here.offer(guids)
  await there.offer(guids)
  there.hand.cut()
  await there.hand.settle()
  here.hand.cut()
  await here.hand.settle()
  assert.equal(table.owners.size, 0)
  const next = new Offerer(processOf(table), 'C'.repeat(43))
  await next.start()
  await next.offer(guids)
  assert.deepEqual([await next.wants(), await there.wants()], [1, 0])
})
