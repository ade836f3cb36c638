// Who has used the air, and for what: of the last hour and since the start, by kind, by room and by author.
import { payloadType } from './packet.ts'
import type { AirKind, AirOrder } from './transmit-queue.ts'

export interface AirShare {
  packets: number
  ms: number
}

/** Rooms and authors with the most airtime first. */
export interface AirUse extends AirShare {
  /** Each kind that was sent at all. */
  byKind: Partial<Record<AirKind, AirShare>>
  byRoom: Record<string, AirShare>
  byAuthor: Record<string, AirShare>
}

export interface AirLedgerReport {
  /** To the minute. */
  lastHour: AirUse
  sinceStart: AirUse
}

const minuteMs = 60_000
const hourMinutes = 60
/** Of each: those who used the least are counted together, under this name. */
const namesMax = 200
const others = '*'

export class AirLedger {
  readonly #sinceStart = new Tally()
  /** One for each minute in which something was sent, the oldest first. */
  readonly #byMinute = new Map<number, Tally>()

  /** `ms` on the air, over at `now`: ms of a monotonic clock. */
  add(order: AirOrder, ms: number, now: number): void {
    const minute = Math.floor(now / minuteMs)
    this.#forget(minute)
    const tally = this.#byMinute.get(minute) ?? new Tally()
    this.#byMinute.set(minute, tally)
    for (const one of [tally, this.#sinceStart]) one.add(order, ms)
  }

  report(now: number): AirLedgerReport {
    this.#forget(Math.floor(now / minuteMs))
    const lastHour = new Tally()
    for (const tally of this.#byMinute.values()) lastHour.join(tally)
    return { lastHour: lastHour.use(), sinceStart: this.#sinceStart.use() }
  }

  #forget(minute: number): void {
    for (const old of this.#byMinute.keys()) if (old <= minute - hourMinutes) this.#byMinute.delete(old)
  }
}

class Tally {
  readonly #total: AirShare = { packets: 0, ms: 0 }
  readonly #kinds = new Map<AirKind, AirShare>()
  readonly #rooms = new Map<string, AirShare>()
  readonly #authors = new Map<string, AirShare>()

  add(order: AirOrder, ms: number): void {
    const one = { packets: 1, ms }
    addShare(this.#total, one)
    addNamed(this.#kinds, kindOf(order), one)
    addNamed(this.#rooms, order.room, one)
    forgetLeast(this.#rooms, order.room)
    if (order.author === undefined) return
    addNamed(this.#authors, order.author, one)
    forgetLeast(this.#authors, order.author)
  }

  join(tally: Tally): void {
    addShare(this.#total, tally.#total)
    for (const [kind, share] of tally.#kinds) addNamed(this.#kinds, kind, share)
    for (const [room, share] of tally.#rooms) addNamed(this.#rooms, room, share)
    for (const [author, share] of tally.#authors) addNamed(this.#authors, author, share)
  }

  use(): AirUse {
    return {
      ...this.#total,
      byKind: Object.fromEntries([...this.#kinds].map(([kind, share]) => [kind, { ...share }])),
      byRoom: mostFirst(this.#rooms),
      byAuthor: mostFirst(this.#authors),
    }
  }
}

/** Logins look like any other answer from outside: they count as such where the order says so. */
function kindOf({ kind, airClass, packet }: AirOrder): AirKind {
  if (kind !== undefined) return kind
  if (packet.type === payloadType.ack || packet.type === payloadType.multipart) return 'ack'
  if (airClass === 'local') return 'push-local'
  if (airClass === 'live' || airClass === 'catch-up') return 'push-federated'
  return airClass === 'advert' ? 'advert' : 'other'
}

function addShare(to: AirShare, { packets, ms }: AirShare): void {
  to.packets += packets
  to.ms += ms
}

function addNamed<Name extends string>(shares: Map<Name, AirShare>, name: Name, share: AirShare): void {
  const known = shares.get(name) ?? { packets: 0, ms: 0 }
  addShare(known, share)
  shares.set(name, known)
}

/** One who has just begun would always be the least: `newest` is spared. */
function forgetLeast(shares: Map<string, AirShare>, newest: string): void {
  if (shares.size <= namesMax) return
  let least: [string, AirShare] | undefined
  for (const [name, share] of shares)
    if (name !== newest && name !== others && share.ms < (least?.[1].ms ?? Number.POSITIVE_INFINITY))
      least = [name, share]
  if (least === undefined) return
  shares.delete(least[0])
  addNamed(shares, others, least[1])
}

/** What is too much to name is told together, so that the sums are right. */
function mostFirst(shares: Map<string, AirShare>): Record<string, AirShare> {
  const named = [...shares].filter(([name]) => name !== others).sort(([, a], [, b]) => b.ms - a.ms)
  const rest = { packets: 0, ms: 0, ...shares.get(others) }
  for (const [, share] of named.slice(namesMax)) addShare(rest, share)
  return Object.fromEntries([
    ...named.slice(0, namesMax).map(([name, share]) => [name, { ...share }]),
    ...(rest.packets === 0 ? [] : [[others, rest]]),
  ])
}
