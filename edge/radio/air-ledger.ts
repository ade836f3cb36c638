// Who has used the air, and for what: of the last hour and since the start, by room and kind, and by author.
import { payloadType } from './packet.ts'
import type { AirOrder } from './transmit-queue.ts'

/** What was on the air. */
export interface AirEntry {
  room: string
  /** What for: an AirKind, or any other of a few words. */
  kind: string
  ms: number
  /** Of the post that was pushed or acknowledged. */
  author?: string | undefined
}

export interface RoomUse {
  room: string
  kind: string
  packets: number
  ms: number
}

export interface AuthorUse {
  author: string
  packets: number
  ms: number
}

/** Those with the most airtime first. */
export interface AirUse {
  packets: number
  ms: number
  rooms: RoomUse[]
  authors: AuthorUse[]
}

export interface AirReport {
  /** To the minute, and never more than an hour. */
  lastHour: AirUse
  sinceStart: AirUse
}

const minuteMs = 60_000
const hourMinutes = 60
/** Of rooms with their kinds, and of authors: those who used the least are counted together, under this name. */
const namesMax = 200
const others = '*'

export class AirLedger {
  readonly #ticks: () => number
  readonly #sinceStart = new Tally()
  /** One for each minute in which something was sent, the oldest first. */
  readonly #byMinute = new Map<number, Tally>()

  /** `ticks`: monotonic ms. */
  constructor(ticks: () => number = () => performance.now()) {
    this.#ticks = ticks
  }

  /** On the air since the start. */
  get totalMs(): number {
    return this.#sinceStart.ms
  }

  /** It is over now. */
  add(entry: AirEntry): void {
    const minute = this.#forget()
    const tally = this.#byMinute.get(minute) ?? new Tally()
    this.#byMinute.set(minute, tally)
    for (const one of [tally, this.#sinceStart]) one.add(entry)
  }

  /** Since the start, by room and kind. */
  uses(): RoomUse[] {
    return this.#sinceStart.use().rooms
  }

  report(): AirReport {
    this.#forget()
    const lastHour = new Tally()
    for (const tally of this.#byMinute.values()) lastHour.join(tally)
    return { lastHour: lastHour.use(), sinceStart: this.#sinceStart.use() }
  }

  /** Gives the minute that it is. */
  #forget(): number {
    const minute = Math.floor(this.#ticks() / minuteMs)
    for (const old of this.#byMinute.keys()) if (old <= minute - hourMinutes) this.#byMinute.delete(old)
    return minute
  }
}

/** What a packet is for, as far as it shows. A login looks like any other answer: it counts as one where its order says so. */
export function airKind({ kind, airClass, packet }: Pick<AirOrder, 'kind' | 'airClass' | 'packet'>): string {
  if (kind !== undefined) return kind
  if (packet.type === payloadType.ack || packet.type === payloadType.multipart) return 'ack'
  if (airClass === 'local') return 'push-local'
  if (airClass === 'live' || airClass === 'catch-up') return 'push-federated'
  return airClass === 'advert' ? 'advert' : 'other'
}

interface Share {
  packets: number
  ms: number
}

class Tally {
  packets = 0
  ms = 0
  readonly #rooms = new Map<string, RoomUse>()
  readonly #authors = new Map<string, AuthorUse>()

  add({ room, kind, ms, author }: AirEntry): void {
    const share = { packets: 1, ms }
    addShare(this, share)
    addNamed(this.#rooms, roomKey(room, kind), { room, kind, ...share })
    forgetLeast(this.#rooms, roomKey(room, kind), { room: others, kind: others })
    if (author === undefined) return
    addNamed(this.#authors, author, { author, ...share })
    forgetLeast(this.#authors, author, { author: others })
  }

  /** Not bounded: for a moment only. */
  join(tally: Tally): void {
    addShare(this, tally)
    for (const [key, use] of tally.#rooms) addNamed(this.#rooms, key, use)
    for (const [key, use] of tally.#authors) addNamed(this.#authors, key, use)
  }

  use(): AirUse {
    return {
      packets: this.packets,
      ms: this.ms,
      rooms: mostFirst(this.#rooms, { room: others, kind: others }),
      authors: mostFirst(this.#authors, { author: others }),
    }
  }
}

function roomKey(room: string, kind: string): string {
  return JSON.stringify([room, kind])
}

function addShare(to: Share, { packets, ms }: Share): void {
  to.packets += packets
  to.ms += ms
}

function addNamed<Use extends Share>(uses: Map<string, Use>, key: string, use: Use): void {
  const known = uses.get(key)
  if (known === undefined) uses.set(key, { ...use })
  else addShare(known, use)
}

/** One who has just begun would always be the least: `newest` is spared. */
function forgetLeast<Name extends object>(
  uses: Map<string, Name & Share>,
  newest: string,
  name: Name,
): void {
  if (uses.size <= namesMax) return
  let least: [string, Share] | undefined
  for (const [key, use] of uses)
    if (key !== newest && key !== others && use.ms < (least?.[1].ms ?? Number.POSITIVE_INFINITY)) least = [key, use]
  if (least === undefined) return
  const [key, { packets, ms }] = least
  uses.delete(key)
  addNamed(uses, others, { ...name, packets, ms })
}

/** What is too much to name is told together, so that the sums are right. */
function mostFirst<Name extends object>(uses: Map<string, Name & Share>, name: Name): (Name & Share)[] {
  const named = [...uses].filter(([key]) => key !== others).sort(([, a], [, b]) => b.ms - a.ms)
  const rest = { ...name, packets: 0, ms: 0 }
  for (const [, use] of named.slice(namesMax)) addShare(rest, use)
  const known = uses.get(others)
  if (known !== undefined) addShare(rest, known)
  const shown = named.slice(0, namesMax).map(([, use]) => ({ ...use }))
  return rest.packets === 0 ? shown : [...shown, rest]
}
