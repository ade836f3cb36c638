// Links that stand by compare what both ends hold: soon after they came about, then every six hours, one after the other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everyMs, type RoundLink, roundMaxMs, StandbyRounds } from '#edge/links/standby-rounds.ts'

class FakeLink implements RoundLink {
  readonly peer: { id: string }
  ours = true
  theirs = true
  atRest = false
  rounds = 0
  constructor(id: string) {
    this.peer = { id }
  }
  get standsBy(): boolean {
    return this.ours && this.theirs
  }
  setStandby(on: boolean): void {
    if (this.ours && !on) this.rounds += 1
    this.ours = on
  }
  progress() {
    return [{ toSend: this.atRest ? 0 : 3, caughtUp: this.atRest }]
  }
}

function setUp(count: number) {
  const world = { now: 0, hub: true, links: Array.from({ length: count }, (_, i) => new FakeLink(`peer ${i}`)) }
  const rounds = new StandbyRounds({ links: () => world.links, standsBy: () => world.hub, now: () => world.now })
  const look = (ms = 60_000) => {
    world.now += ms
    rounds.look()
  }
  const active = () => world.links.filter(link => !link.standsBy).map(({ peer }) => peer.id)
  return { world, look, active }
}

test('one link after the other compares, each until both ends have all, and again after six hours', () => {
  const { world, look, active } = setUp(2)
  look()
  assert.deepEqual(active(), ['peer 0'])
  look()
  assert.deepEqual(active(), ['peer 0'], 'not at rest yet')
  for (const link of world.links) link.atRest = true
  look()
  assert.deepEqual(active(), ['peer 1'])
  look()
  assert.deepEqual(active(), [])
  look(everyMs - 120_000)
  assert.deepEqual(active(), [])
  look()
  assert.deepEqual(active(), ['peer 0'])
})

test('a room that never comes to rest is let go after a while', () => {
  const { look, active } = setUp(1)
  look()
  look(roundMaxMs - 1)
  assert.deepEqual(active(), ['peer 0'])
  look(1)
  assert.deepEqual(active(), [])
})

test('a link that carries posts for the other end, or without a hub, has compared', () => {
  const { world, look, active } = setUp(1)
  const [link] = world.links
  assert.ok(link)
  link.theirs = false
  look()
  link.theirs = true
  look()
  assert.equal(link.rounds, 0)
  world.hub = false
  link.ours = false
  look(everyMs)
  world.hub = true
  link.ours = true
  look()
  assert.deepEqual([link.rounds, active()], [0, []])
})

test('a hub that goes away during a round keeps the link awake', () => {
  const { world, look, active } = setUp(1)
  look()
  world.hub = false
  for (const link of world.links) link.atRest = true
  look()
  assert.deepEqual(active(), ['peer 0'])
})

test('a link that ended during its round is forgotten, and the newer one compares', () => {
  const { world, look, active } = setUp(1)
  look()
  world.links = [new FakeLink('peer 0')]
  assert.deepEqual(active(), [])
  look()
  assert.deepEqual(active(), ['peer 0'])
})
