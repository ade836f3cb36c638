// An edge tells its hub what has changed soon, all of it once a minute, and never more than a narrow line bears.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { reportBytesMax } from '#common/protocol/frames.ts'
import { airTold, linksTold, type ReportedRoom, type ReportedSelf, type SpokeReport } from '#common/spoke-report.ts'
import { ReportSender } from '#edge/report/report-sender.ts'
import { reportBytes, stateWorthSeeing, withinBytes } from '#edge/report/report-size.ts'
import { makePeer } from '#test/support/link-by-hand.ts'
import { reportedRadio, reportedRoom, reportedSelf } from '#test/support/reports.ts'

const guid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const id = 'H'.repeat(43)
const room = reportedRoom({ room: 'main', rf: true, members: 1 })
const self = reportedSelf({
  links: [{ id, name: 'hub', role: 'hub', state: 'connected', latencyMs: 12, toSend: 0 }],
})
const radio = reportedRadio({ budgetUsed: 0.2 })

/** One edge and its link to the hub; time goes on by seconds. */
class Bench {
  ms = 0
  rooms: ReportedRoom[] = [room]
  self: ReportedSelf = self
  fault: Error | undefined
  asked = 0
  lines: string[] = []
  told: { at: number; report: SpokeReport }[] = []
  link = this.newLink()
  readonly sender = new ReportSender({
    source: {
      rooms: async hubId => {
        assert.equal(hubId, id)
        this.asked += 1
        if (this.fault !== undefined) throw this.fault
        return this.rooms
      },
      self: () => this.self,
    },
    link: () => this.link,
    ticks: () => this.ms,
    log: createLog({ json: false, write: line => this.lines.push(line) }),
  })

  newLink() {
    return {
      peer: makePeer({ id }),
      isOver: false,
      report: (report: SpokeReport) => void this.told.push({ at: this.ms, report }),
    }
  }

  async pass(seconds: number, each: (second: number) => void = () => {}): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      each(i)
      await this.sender.look()
      this.ms += 1000
    }
  }

  /** Which parts were told, and when in seconds. */
  get log(): string[] {
    return this.told.map(({ at, report }) => `${at / 1000} ${Object.keys(report).join('+')}`)
  }
}

suite('what is told', () => {
  test('all with a new link; then, while nothing changes, itself every minute', async () => {
    const bench = new Bench()
    await bench.pass(130)
    assert.deepEqual(bench.log, ['0 rooms+self', '60 self', '120 self'])
    bench.link = bench.newLink()
    await bench.pass(3)
    assert.deepEqual(bench.log.slice(3), ['130 rooms+self'])
    assert.deepEqual(bench.told[3]?.report, { rooms: [room], self })
  })

  test('a change of a room within two seconds, at least two seconds after the last report', async () => {
    const bench = new Bench()
    await bench.pass(20, second => {
      if (second < 10) return
      bench.rooms = [{ ...room, members: second }]
      bench.sender.ring()
    })
    assert.deepEqual(bench.log, ['0 rooms+self', '10 rooms', '12 rooms', '14 rooms', '16 rooms', '18 rooms'])
  })

  test('a change that nobody rings for, within some seconds', async () => {
    const bench = new Bench()
    await bench.pass(20, second => {
      if (second === 11) bench.rooms = [{ ...room, members: 2 }]
    })
    assert.deepEqual(bench.log, ['0 rooms+self', '15 rooms'])
  })

  test('itself at once when a link, the radio, the clock or the budget is no longer what it was', async () => {
    const bench = new Bench()
    const links = self.links.map(link => ({ ...link, state: 'waiting' as const }))
    const changes: ReportedSelf[] = [
      { ...self, radio },
      { ...self, radio: { ...radio, budgetUsed: 0.89, heard: 2 } },
      { ...self, radio: { ...radio, budgetUsed: 0.9 } },
      { ...self, radio: { ...radio, budgetUsed: 1 } },
      { ...self, radio: { ...radio, budgetUsed: 1, state: 'opening' } },
      { ...self, systemOffMs: 9000 },
      { ...self, links },
    ]
    await bench.pass(changes.length * 4 + 4, second => {
      bench.self = changes[Math.floor(second / 4) - 1] ?? bench.self
    })
    assert.deepEqual(
      bench.log.map(line => Number(line.split(' ')[0])),
      [0, 4, 12, 16, 20, 24, 28],
    )
  })

  test('nothing over no link, and nothing over one that is over', async () => {
    const bench = new Bench()
    bench.link.isOver = true
    await bench.pass(5)
    assert.deepEqual([bench.told, bench.asked], [[], 0])
  })

  test('what the store does not say now, when it is back', async () => {
    const bench = new Bench()
    bench.fault = new StoreUnavailableError('away')
    await bench.pass(3)
    assert.deepEqual(bench.log, [])
    bench.fault = undefined
    await bench.pass(3)
    assert.deepEqual(bench.log, ['3 rooms+self'])
    assert.deepEqual(bench.lines, [])
  })

  test('what nobody foresaw is logged once a minute, ends nothing, and is asked for again', async () => {
    const bench = new Bench()
    bench.fault = new TypeError('a mistake')
    await bench.pass(50)
    assert.equal(bench.lines.length, 1)
    assert.match(bench.lines[0] ?? '', /^\[ERROR\] the hub could not be told of this server .*a mistake/)
    bench.fault = undefined
    await bench.pass(20)
    assert.equal(bench.log.length, 1)
  })
})

suite('how much is told', () => {
  test('of a busy room no more than 250 bytes a second in the long run', async () => {
    const bench = new Bench()
    const air = Array.from({ length: airTold }, (_, n) => ({ guid: guid(n), state: 'waiting' as const }))
    await bench.pass(3600, second => {
      bench.rooms = [{ ...room, air, stored: { epoch: 'AAAAAAAAAAAAAAAA', offset: second } }]
      bench.sender.ring()
    })
    const bytes = bench.told.reduce((sum, { report }) => sum + reportBytes(report), 0)
    assert.ok(bytes <= 16_384 + 3600 * 250 + 4096, `${bytes}`)
    assert.ok(bytes >= 3600 * 240, `${bytes}`)
  })

  test('of an idle edge 1 MB a day', () => {
    assert.ok(reportBytes({ self: { ...self, radio } }) * 1440 < 1_000_000)
  })

  test('no more than a hub reads: the oldest posts and the last links are left out', () => {
    const air = Array.from({ length: airTold }, (_, n) => ({ guid: guid(n), state: 'on-air' as const }))
    const rooms = Array.from({ length: 70 }, (_, n) => ({ ...room, room: `room-${n}`, air }))
    const link = { ...self.links[0], name: '🛰'.repeat(128) } as ReportedSelf['links'][number]
    const whole = { rooms, self: { ...self, links: Array.from({ length: 70 }, () => link) } }
    const told = withinBytes(whole)
    assert.ok(reportBytes(told) <= reportBytesMax)
    assert.equal(told.rooms?.length, 64)
    assert.equal(told.rooms?.[0]?.air.at(-1)?.guid, guid(airTold - 1))
    const few = { rooms: rooms.slice(0, 2), self }
    assert.deepEqual(withinBytes(few), few)
    assert.equal(withinBytes({ self: { ...self, links: Array(70).fill(self.links[0]) } }).self?.links.length, linksTold)
  })

  test('a number that creeps is not worth a report of its own', () => {
    const other = {
      ...self,
      uptimeSeconds: 99,
      toStore: 3,
      links: self.links.map(link => ({ ...link, latencyMs: 99 })),
    }
    assert.equal(stateWorthSeeing(other), stateWorthSeeing(self))
  })
})
