// What the other end tells of itself is believed as far as an honest server goes, and never costs the link.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { reportBytesMax } from '#common/protocol/frames.ts'
import { ReportReader } from '#common/protocol/report-reader.ts'
import { airTold, type ReportedRadio, type ReportedRoom, type SpokeReport } from '#common/spoke-report.ts'
import { LinkByHand } from '#test/support/link-by-hand.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { reportedRadio, reportedSelf } from '#test/support/reports.ts'

const guid = '0b1f6f2e-7d55-4a4c-9a59-0a8a2f6f0001'
const roomOf = (room: string, changes: Partial<ReportedRoom> = {}): ReportedRoom => {
  return { room, stored: null, rf: true, members: 1, air: [], ...changes }
}

function linkThatReads(rooms = ['main']) {
  const heard: [string, SpokeReport][] = []
  const onReport = (peerId: string, report: SpokeReport) => void heard.push([peerId, report])
  return { heard, hand: new LinkByHand({ logs: rooms.map(room => new MemoryLog(room)), onReport }) }
}

suite('a report on a link', () => {
  test('is told with the id of the other end, and of no rooms but those of the link, each once', () => {
    const { heard, hand } = linkThatReads(['main', 'other'])
    const rooms = [roomOf('main', { members: 7 }), roomOf('foreign'), roomOf('main', { members: 8 })]
    hand.send({ t: 'report', rooms })
    assert.deepEqual(heard, [[hand.link.peer.id, { rooms: [roomOf('main', { members: 8 })] }]])
  })

  test('is not read where nobody asks for it, whatever it says', async () => {
    const hand = new LinkByHand()
    hand.send({ t: 'report', rooms: 'no rooms' })
    hand.send({ t: 'ping', n: 1 })
    await hand.settle()
    assert.deepEqual(hand.frames, [{ t: 'pong', n: 1 }])
    assert.deepEqual([hand.closed, hand.observer.refusedReports], [undefined, []])
  })

  test('says no numbers that no server has, and names are fit to be shown', () => {
    const { heard, hand } = linkThatReads()
    const link = { id: hand.link.peer.id, role: 'hub', state: 'connected', latencyMs: 1, toSend: 0 } as const
    const tell = (name: string, radio: Partial<ReportedRadio>, latencyMs = 1) =>
      hand.send({
        t: 'report',
        self: reportedSelf({ radio: reportedRadio(radio), links: [{ ...link, name, latencyMs }] }),
      })
    tell('a', { budgetUsed: 1e308 })
    tell('b', { budgetSeconds: 1e308 })
    tell('c', { lastSnrDb: -1e308 })
    tell('d', {}, 1e308)
    tell('e\u202ef', { board: 'board\u2028two' })
    assert.deepEqual(
      heard.map(([, { self }]) => [self?.links[0]?.name, self?.radio?.board]),
      [['ef', 'boardtwo']],
    )
  })

  test('that is forged or too long is dropped with a reason, and the link goes on', async () => {
    const { heard, hand } = linkThatReads()
    const air = Array.from({ length: airTold + 1 }, () => ({ guid, state: 'waiting' as const }))
    hand.send({ t: 'report', rooms: [roomOf('main', { air })] })
    hand.send({ t: 'report', self: { links: 'many' } })
    hand.send({ t: 'report', rooms: [roomOf('main', { stored: { epoch: 'short', offset: -1 } })] })
    hand.send({ t: 'report', rooms: [{ ...roomOf('main'), room: 'x'.repeat(reportBytesMax) }] })
    hand.send({ t: 'report', rooms: [roomOf('main')] })
    hand.send({ t: 'ping', n: 1 })
    await hand.settle()
    assert.deepEqual(
      heard.map(([, report]) => report),
      [{ rooms: [roomOf('main')] }],
    )
    assert.equal(hand.observer.refusedReports.length, 4)
    assert.match(hand.observer.refusedReports[0] ?? '', /^rooms\.0\.air: /)
    assert.match(hand.observer.refusedReports[3] ?? '', /bytes; the limit is 32768/)
    assert.deepEqual([hand.frames.at(-1), hand.closed], [{ t: 'pong', n: 1 }, undefined])
  })

  test('goes out with what is said, and with nothing else', async () => {
    const hand = new LinkByHand()
    hand.link.report({ rooms: [roomOf('main')] })
    await hand.settle()
    assert.deepEqual(hand.frames, [{ t: 'report', rooms: [roomOf('main')] }])
  })
})

test('of a flood of reports one a second is heard, however long it lasts', () => {
  let now = 0
  let heard = 0
  const refusals = new Set<string>()
  const reader = new ReportReader({
    rooms: [],
    heard: () => (heard += 1),
    refused: reason => refusals.add(reason),
    now: () => now,
  })
  for (; now < 20_000; now += 10) reader.receive({ t: 'report', rooms: [] }, 100)
  assert.deepEqual([...refusals], ['too often'])
  assert.ok(heard >= 28 && heard <= 30, `${heard}`)
})
