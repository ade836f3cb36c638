// Tells the hub of this edge: soon after something worth seeing has changed, else once a minute, and never much.
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import type { Link } from '#common/protocol/link.ts'
import { Pace } from '#common/protocol/pace.ts'
import type { ReportedRoom, ReportedSelf } from '#common/spoke-report.ts'
import { reportBytes, stateWorthSeeing, withinBytes } from './report-size.ts'

const lookMs = 1000
const selfMs = 60_000
/** Some of a room changes with time alone, and nobody rings. */
const roomsMs = 5000
/** From one report to the next. */
const apartMs = 2000
/** A busy room must not fill a line that is paid by the byte: 21 MB a day at the very most. */
const bytesPace = { burst: 16 * 1024, everyMs: 4 }

export interface ReportSource {
  /** Without a hub nothing of its log is stored. @throws StoreUnavailableError */
  rooms(hubId: string | undefined): Promise<ReportedRoom[]>
  self(): ReportedSelf
}

export interface ReportSenderOptions {
  source: ReportSource
  /** To the hub, while there is one. */
  link: () => Pick<Link, 'peer' | 'isOver' | 'report'> | undefined
  /** Monotonic ms. */
  ticks: () => number
  log: Log
}

/** What was told over one link. */
interface Told {
  link: ReturnType<ReportSenderOptions['link']>
  rooms: string
  roomsAt: number
  state: string
  selfAt: number
}

export class ReportSender {
  readonly #o: ReportSenderOptions
  readonly #pace: Pace
  #told: Told | undefined
  #isRung = false
  #isLooking = false
  #nextAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(options: ReportSenderOptions) {
    this.#o = options
    this.#pace = new Pace({ ...bytesPace, now: options.ticks })
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), lookMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Something of a room may have changed. */
  ring(): void {
    this.#isRung = true
  }

  /** Tells what is due, if anything is; what cannot be read is asked for again at the next look. Never throws: an edge does more than report. */
  async look(): Promise<void> {
    if (this.#isLooking || this.#o.ticks() < this.#nextAt) return
    this.#isLooking = true
    try {
      await this.#tell()
    } catch (error) {
      this.#isRung = true
      // The store says itself when it is away.
      if (error instanceof StoreUnavailableError) return
      this.#o.log.error({ err: error }, 'the hub could not be told of this server')
      this.#nextAt = this.#o.ticks() + selfMs
    } finally {
      this.#isLooking = false
    }
  }

  async #tell(): Promise<void> {
    const { link: current, source, ticks } = this.#o
    const link = current()
    if (link === undefined || link.isOver) return
    const told = this.#told?.link === link ? this.#told : newlyLinked(link)
    this.#told = told
    const rooms = await this.#roomsNews(told, link.peer.id)
    if (link.isOver) return
    const self = selfNews(told, source.self(), ticks())
    if (rooms === undefined && self === undefined) return
    const report = withinBytes({ ...(rooms && { rooms }), ...(self && { self }) })
    link.report(report)
    this.#nextAt = ticks() + Math.max(apartMs, this.#pace.take(reportBytes(report)))
  }

  /** Undefined when there is no news of them. @throws StoreUnavailableError */
  async #roomsNews(told: Told, hubId: string): Promise<ReportedRoom[] | undefined> {
    const now = this.#o.ticks()
    if (!this.#isRung && now - told.roomsAt < roomsMs) return undefined
    this.#isRung = false
    const rooms = await this.#o.source.rooms(hubId)
    told.roomsAt = now
    const text = JSON.stringify(rooms)
    if (text === told.rooms) return undefined
    told.rooms = text
    return rooms
  }
}

function newlyLinked(link: Told['link']): Told {
  const never = Number.NEGATIVE_INFINITY
  return { link, rooms: '', roomsAt: never, state: '', selfAt: never }
}

/** Undefined when it need not be told yet. */
function selfNews(told: Told, self: ReportedSelf, now: number): ReportedSelf | undefined {
  const state = stateWorthSeeing(self)
  if (state === told.state && now - told.selfAt < selfMs) return undefined
  told.state = state
  told.selfAt = now
  return self
}
