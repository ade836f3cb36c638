// What the spoke guard must do over every store.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { createLog } from '#common/log.ts'
import { fencedMemoryMs, type GuardStore, LinkGuard, type LinkSeat, newLinkToken } from '#common/protocol/link-guard.ts'

/** Registers the tests; `open` gives an empty store. */
export function linkGuardContract(name: string, open: (t: TestContext) => Promise<GuardStore>): void {
  const setUp = async (t: TestContext) => {
    const lines: string[] = []
    const clock = { now: 1_000_000 }
    const log = createLog({ json: false, write: line => lines.push(line) })
    const guard = new LinkGuard({ store: await open(t), log, now: () => clock.now })
    const link = (boot: string, serverId = 'spoke'): LinkSeat => {
      return { serverId, boot, link: newLinkToken(), address: `host-${boot}:5001` }
    }
    return { guard, lines, clock, link }
  }

  test(`${name}: the same process coming back fences its older link`, async t => {
    const { guard, lines, link } = await setUp(t)
    const [first, second, third] = [link('x'), link('x'), link('x')]
    assert.deepEqual(await guard.take(first, 'City A'), { accepted: true })
    assert.equal(await guard.renew(first), true)
    assert.deepEqual(await guard.take(second, 'City A'), { accepted: true, fences: first })
    assert.equal(await guard.renew(first), false)
    assert.equal(await guard.renew(second), true)
    assert.equal(await guard.release(first), false)
    assert.equal(await guard.release(second), true)
    assert.deepEqual(await guard.take(third, 'City A'), { accepted: true })
    assert.deepEqual(lines, [])
  })

  test(`${name}: a restarted server fences its older link, again and again`, async t => {
    const { guard, link } = await setUp(t)
    let older = link('boot 0')
    await guard.take(older, 'City A')
    for (let n = 1; n <= 5; n += 1) {
      const newer = link(`boot ${n}`)
      assert.deepEqual(await guard.take(newer, 'City A'), { accepted: true, fences: older })
      older = newer
    }
  })

  test(`${name}: of two machines with one identity the fenced one is refused, with both addresses`, async t => {
    const { guard, lines, link } = await setUp(t)
    await guard.take(link('x'), 'City A')
    const winner = link('y')
    await guard.take(winner, 'City A')
    const reason = 'identity in use at host-y:5001 and at host-x:5001: was a memory card copied?'
    assert.deepEqual(await guard.take(link('x'), 'City A'), {
      accepted: false,
      reason,
      addresses: ['host-y:5001', 'host-x:5001'],
    })
    assert.equal(await guard.renew(winner), true)
    assert.deepEqual(lines, [`[WARN] Federation peer "City A" refused: ${reason}\n`])
    assert.deepEqual(await guard.take(link('x', 'another spoke'), 'City B'), { accepted: true })
  })

  test(`${name}: the refused machine stays out while the other lives, and gets in 10 minutes after`, async t => {
    const { guard, clock, link } = await setUp(t)
    await guard.take(link('x'), 'City A')
    const winner = link('y')
    await guard.take(winner, 'City A')
    for (let minutes = 0; minutes < 30; minutes += 1) {
      clock.now += 60_000
      assert.equal(await guard.renew(winner), true)
      assert.equal((await guard.take(link('x'), 'City A')).accepted, false)
    }
    await guard.release(winner)
    clock.now += fencedMemoryMs - 1
    assert.equal((await guard.take(link('x'), 'City A')).accepted, false)
    clock.now += 1
    assert.deepEqual(await guard.take(link('x'), 'City A'), { accepted: true })
  })

  test(`${name}: a link whose instance died without a word keeps nobody out for ever`, async t => {
    const { guard, clock, link } = await setUp(t)
    await guard.take(link('x'), 'City A')
    await guard.take(link('y'), 'City A')
    let refusedMs = 0
    while (!(await guard.take(link('x'), 'City A')).accepted) {
      clock.now += 60_000
      refusedMs += 60_000
      assert.ok(refusedMs <= fencedMemoryMs + 180_000, 'still refused')
    }
    assert.ok(refusedMs >= fencedMemoryMs)
  })

  test(`${name}: a memory that is lost comes back from the links that live`, async t => {
    const { guard, link } = await setUp(t)
    const lost = link('x')
    assert.equal(await guard.renew(lost), true)
    assert.equal(await guard.renew(link('y')), false)
    assert.deepEqual(await guard.take(link('x'), 'City A'), { accepted: true, fences: lost })
  })

  test(`${name}: of many links at the same moment exactly one is the newest`, async t => {
    const { guard, link } = await setUp(t)
    const seats = Array.from({ length: 5 }, () => link('x'))
    const verdicts = await Promise.all(seats.map(each => guard.take(each, 'City A')))
    assert.ok(verdicts.every(({ accepted }) => accepted))
    const newest = await Promise.all(seats.map(each => guard.renew(each)))
    assert.equal(newest.filter(Boolean).length, 1)
    const fenced = verdicts.flatMap(verdict => (verdict.accepted && verdict.fences ? [verdict.fences.link] : []))
    assert.equal(new Set(fenced).size, 4)
    assert.equal(fenced.includes(seats[newest.indexOf(true)]?.link ?? ''), false)
  })
}
