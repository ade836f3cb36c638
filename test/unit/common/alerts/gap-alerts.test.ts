// A hole that shows on a link is told once, with its room, its size and its place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Alerts } from '#common/alerts/alerts.ts'
import { tellOfGaps } from '#common/alerts/gap-alerts.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { LiveLinks } from '#common/protocol/live-links.ts'
import { epochs, LinkByHand } from '#test/support/link-by-hand.ts'
import { UpkeepWorld } from '#test/support/upkeep-world.ts'

const ownEpoch = 'own-epoch-000001'
const head = { epoch: ownEpoch, first: 3, head: 7 }

function begin() {
  const world = new UpkeepWorld()
  const links = new LiveLinks(world.log)
  const { alerts, log } = world
  tellOfGaps({ links, alerts, log, logOf: room => (room === 'main' ? { head } : undefined) })
  const { link } = new LinkByHand()
  const gap = (from: number, to: number, room = 'main') =>
    ({ t: 'gap', room, epoch: epochs.peer, from, to, why: 'trimmed' }) as const
  return { world, links, link, gap }
}

test('what we lack of a server, and after which of our entries that showed', () => {
  const { world, links, link, gap } = begin()
  links.gap(link, gap(5, 124))
  links.gap(link, gap(5, 124))
  const [alert, ...rest] = world.raised
  assert.deepEqual(rest, [])
  assert.deepEqual(alert, {
    ...{ at: world.at, kind: 'gap', level: 'warn', spoke: link.peer.id },
    text: 'gap in room "main": 120 posts of "peer" did not come before they were dropped there',
    ...{ room: 'main', posts: 120, cursor: { epoch: ownEpoch, offset: 7 } },
  })
})

test('what a server lacks of us, with a line in the log', async () => {
  const { world, links, link, gap } = begin()
  links.gapTold(link, gap(5, 5))
  await new Promise(resolve => setImmediate(resolve))
  const text = 'gap in room "main": "peer" lacks 1 post, which is no longer kept here'
  assert.deepEqual(world.texts(), [text])
  assert.deepEqual(world.lines, [`[WARN] ${text}\n`])
  assert.equal(world.raised[0]?.cursor, undefined)
})

test('who is new has no hole; and one that makes them without end is told of once an hour and room', () => {
  const { world, links, link, gap } = begin()
  links.gap(link, gap(1, 500))
  links.gapTold(link, gap(1, 500))
  assert.equal(world.raised.length, 0)
  for (let n = 0; n < 50; n += 1) links.gap(link, gap(2 + n, 60 + n))
  links.gap(link, gap(2, 60, 'other'))
  assert.deepEqual(
    world.raised.map(({ room }) => room),
    ['main', 'other'],
  )
})

test('a store that is away ends no link', async () => {
  const { links, link, gap } = begin()
  const lines: string[] = []
  const log = createLog({ json: false, write: line => void lines.push(line) })
  const away = async () => {
    throw new StoreUnavailableError('away')
  }
  const alerts = new Alerts({ store: { add: away, after: away }, log, now: () => 0 })
  tellOfGaps({ links, alerts, log, logOf: () => undefined })
  links.gap(link, gap(5, 6))
  await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(lines, [])
})
