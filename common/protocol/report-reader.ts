// Reads what the other end of a link tells of itself: as much as an honest server says, and of its own rooms only.
import { type SpokeReport, spokeReportSchema } from '../spoke-report.ts'
import { firstFault } from './codec.ts'
import { type FrameOf, reportBytesMax } from './frames.ts'
import { Pace } from './pace.ts'

/** Twice as many as a server may send. */
const reports = { burst: 10, everyMs: 1000 }

export interface ReportReaderOptions {
  /** Of the link: what is said of others is left out. */
  rooms: readonly string[]
  heard: (report: SpokeReport) => void
  refused: (reason: string) => void
  /** Monotonic ms. */
  now?: () => number
}

export class ReportReader {
  readonly #o: ReportReaderOptions
  readonly #rooms: ReadonlySet<string>
  readonly #pace: Pace

  constructor(options: ReportReaderOptions) {
    const { rooms, now } = options
    this.#o = options
    this.#rooms = new Set(rooms)
    this.#pace = new Pace({ ...reports, ...(now && { now }) })
  }

  /** `bytes` of the frame as it came. A report that is dropped leaves the one before it as it was. */
  receive({ rooms, self }: FrameOf<'report'>, bytes: number): void {
    const { heard, refused } = this.#o
    if (this.#pace.take() > 0) {
      // Of a flood every second one is heard, however long it lasts.
      this.#pace.giveBack(1)
      return refused('too often')
    }
    if (bytes > reportBytesMax) return refused(`${bytes} bytes; the limit is ${reportBytesMax}`)
    const result = spokeReportSchema.safeParse({ rooms, self })
    if (!result.success) return refused(firstFault(result.error))
    heard(this.#ofItsRooms(result.data))
  }

  /** Each once. */
  #ofItsRooms({ rooms, self }: SpokeReport): SpokeReport {
    const named = new Map(rooms?.map(told => [told.room, told]))
    const own = [...named.values()].filter(({ room }) => this.#rooms.has(room))
    return { ...(rooms && { rooms: own }), ...(self && { self }) }
  }
}
