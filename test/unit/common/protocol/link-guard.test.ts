// The spoke guard: restarts and reconnects take over, a copied memory card is kept out, and nothing grows without end.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { createLog } from '#common/log.ts'
import {
  decide,
  ended,
  fencedMemoryMs,
  type GuardState,
  guardStateSchema,
  LinkGuard,
  type LinkSeat,
  MemoryGuardStore,
  newLinkToken,
  renewed,
} from '#common/protocol/link-guard.ts'
import { linkGuardContract } from '#test/contract/link-guard-contract.ts'

const none: GuardState = { fenced: [] }

function seat(boot: string, link: string): LinkSeat {
  return { serverId: 'a', boot, link, address: `host-${boot}` }
}

linkGuardContract('in memory', () => Promise.resolve(new MemoryGuardStore()))

test('a server that crashes at every start does not fill the memory, and a clone is still known', () => {
  let state = decide(none, seat('clone', 'l'), 0).state
  for (let n = 0; n < 15; n += 1) state = decide(state, seat(`boot ${n}`, `l${n}`), n).state
  assert.equal(decide(state, seat('clone', 'again'), 20).verdict.accepted, false)
  for (let n = 15; n < 100; n += 1) state = decide(state, seat(`boot ${n}`, `l${n}`), n).state
  assert.equal(state.fenced.length, 16)
})

test('in the memory of the guard the spoke that was quiet for longest is forgotten first', async () => {
  const store = new MemoryGuardStore(2)
  const guard = new LinkGuard({ store, log: createLog({ json: false, write: () => {} }) })
  const of = (serverId: string) => ({ ...seat('boot', newLinkToken()), serverId })
  const [a, b] = [of('a'), of('b')]
  await guard.take(a, 'A')
  await guard.take(b, 'B')
  assert.equal(await guard.renew(a), true)
  await guard.take(of('c'), 'C')
  assert.deepEqual(await guard.take(of('a'), 'A'), { accepted: true, fences: a })
  assert.deepEqual(await guard.take(of('b'), 'B'), { accepted: true })
})

/** Plays links of three boots against the guard and holds every answer against the rule. */
class Play {
  #state = none
  #now = 0
  #count = 0
  readonly #linkByBoot = new Map<string, LinkSeat>()
  readonly #fencedAt = new Map<string, number>()

  step(what: 'take' | 'renew' | 'end', boot: string, waitMs: number): void {
    this.#now += waitMs
    const link = this.#linkByBoot.get(boot)
    if (what === 'take') this.#take(boot)
    else if (link !== undefined) this.#use(what, link)
    guardStateSchema.parse(this.#state)
  }

  #take(boot: string): void {
    this.#count += 1
    const newcomer = seat(boot, `link ${this.#count}`)
    const before = this.#state.current
    const { state, verdict } = decide(this.#state, newcomer, this.#now)
    this.#state = state
    if (this.#mustBeRefused(boot)) assert.equal(verdict.accepted, false)
    assert.equal(state.current?.link, verdict.accepted ? newcomer.link : before?.link)
    if (!verdict.accepted) return
    this.#linkByBoot.set(boot, newcomer)
    this.#fencedAt.delete(boot)
    if (before !== undefined && before.boot !== boot) this.#fencedAt.set(before.boot, this.#now)
  }

  #use(what: 'renew' | 'end', link: LinkSeat): void {
    const wasNewest = this.#state.current?.link === link.link
    const { state, newest } = what === 'renew' ? renewed(this.#state, link, this.#now) : ended(this.#state, link)
    assert.equal(newest, wasNewest)
    this.#state = state
  }

  #mustBeRefused(boot: string): boolean {
    const at = this.#fencedAt.get(boot)
    return at !== undefined && this.#now - at < fencedMemoryMs
  }
}

test('whatever happens: one newest link, and a boot that was fenced is refused for 10 minutes', () => {
  const step = fc.record({
    what: fc.constantFrom('take' as const, 'renew' as const, 'end' as const),
    boot: fc.constantFrom('x', 'y', 'z'),
    waitMs: fc.constantFrom(0, 1000, 60_000, 300_000),
  })
  const property = fc.property(fc.array(step, { maxLength: 60 }), steps => {
    const play = new Play()
    for (const { what, boot, waitMs } of steps) play.step(what, boot, waitMs)
  })
  fc.assert(property)
})
