// A hub's picture of the net over logs in memory: spokes, rights and bytes as the test says, a clock in its hand.
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import type { City } from '#common/network.ts'
import { NetworkPicture } from '#hub/network/network-picture.ts'
import { SpokeReports } from '#hub/network/spoke-reports.ts'
import type { SpokeRecord } from '#hub/registry/registry.ts'
import type { SpokeRights } from '#hub/rights/rights.ts'
import type { SpokeBytes } from '#hub/upkeep/byte-ledger.ts'
import { memoryNotes } from './memory-notes.ts'
import { type RoomAndWriter, roomAndWriter } from './room-and-writer.ts'
import { spokeId } from './upkeep-world.ts'

export const hubId = spokeId('H')

export class NetworkWorld {
  at = Date.now()
  isAway = false
  /** How often the registry was read. */
  reads = 0
  onRead = () => {}
  /** By this process, of a core. */
  usedMs = 0
  readonly notes = memoryNotes()
  readonly rooms = new Map<string, RoomAndWriter>()
  readonly seen: SpokeRecord[] = []
  readonly pending: SpokeRecord[] = []
  readonly rights: SpokeRights[] = []
  readonly used = new Map<string, SpokeBytes>()
  readonly reports = this.instance()
  readonly picture = this.pictureOf(this.reports)

  constructor(...rooms: string[]) {
    for (const room of rooms) this.rooms.set(room, roomAndWriter(room, { now: () => this.at }))
  }

  instance(): SpokeReports {
    const log = createLog({ json: false, level: 'silent' })
    const isLinked = (id: string) => this.seen.some(spoke => spoke.id === id && spoke.connected)
    return new SpokeReports({ notes: this.notes, isShared: true, isLinked, log, now: () => this.at })
  }

  pictureOf(reports: SpokeReports): NetworkPicture {
    const store = {
      registry: { spokes: async () => this.#read(), pending: async () => this.pending },
      rights: { all: async () => this.rights },
      traffic: { of: async () => this.used },
      rooms: async () => [...this.rooms.keys()],
      log: async (room: string) => this.room(room).log,
    }
    const parts = {
      reports,
      hubId,
      enrol: 'open' as const,
      now: () => this.at,
      ticks: () => this.at,
      usedMs: () => this.usedMs,
    }
    return new NetworkPicture({ ...parts, store: store as never })
  }

  room(room: string): RoomAndWriter {
    const found = this.rooms.get(room)
    if (found === undefined) throw new Error(`no room ${room}`)
    return found
  }

  /** A spoke as the registry has it: `City A` for the letter A. */
  spoke(letter: string, facts: Partial<SpokeRecord> = {}): string {
    const rest = { address: '192.0.2.1', software: 's/1', instance: 'one', connected: true, lastSeenAt: this.at }
    this.seen.push({ id: spokeId(letter), name: `City ${letter}`, ...rest, ...facts })
    return spokeId(letter)
  }

  /** The picture when the one before is no longer fresh. */
  async cities(): Promise<Map<string, City>> {
    this.at += 2_000
    return new Map((await this.picture.get()).cities.map(({ city }) => [city.name, city]))
  }

  #read(): SpokeRecord[] {
    if (this.isAway) throw new StoreUnavailableError('away')
    this.reads += 1
    this.onRead()
    return this.seen
  }
}
