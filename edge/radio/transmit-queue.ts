// Packets that wait for the air: the most urgent first, one at a time, and never more than the duty cycle allows.
import type { AirBudget } from './air-budget.ts'
import { airtimeMs } from './airtime.ts'
import { encodePacket, type Packet } from './packet.ts'
import type { Radio } from './radio.ts'

/** The most urgent first. */
const classes = ['answer', 'local', 'live', 'catch-up', 'advert'] as const
export type AirClass = (typeof classes)[number]

/** How much of the budget each may use: answers find air when posts have none left, posts when adverts have. */
const shares: Readonly<Record<AirClass, number>> = { answer: 1, local: 0.8, live: 0.75, 'catch-up': 0.6, advert: 0.5 }
/** What waits longer is of no use to anybody: a node has asked again, or a push is better chosen anew. */
const patienceMs: Readonly<Record<AirClass, number>> = {
  answer: 10_000,
  local: 60_000,
  live: 60_000,
  'catch-up': 60_000,
  advert: 60_000,
}
const waitingMax = 200
const idleMs = 60_000

export interface AirOrder {
  packet: Packet
  airClass: AirClass
  /** Not before so long. */
  delayMs: number
  /** Whose it is, for the ledger. */
  room: string
}

export interface OnAir {
  /** True when it was on the air; false when the radio, the budget or the queue had no place for it. Never rejects. */
  sent: Promise<boolean>
  /** It is of no use any more, if it is not under way. */
  cancel: () => void
}

/** Is told what was on the air. */
export type AirListener = (order: AirOrder, ms: number) => void

export interface TransmitQueueParts {
  radio: Radio
  budget: AirBudget
  onSent: AirListener
  /** Monotonic ms. */
  ticks: () => number
  /** Resolves after so many ms, or when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<unknown>
}

interface Waiting {
  order: AirOrder
  bytes: Uint8Array
  ms: number
  notBefore: number
  expiresAt: number
  done: (isSent: boolean) => void
}

export class TransmitQueue {
  readonly #p: TransmitQueueParts
  /** In the order in which they came. */
  #waiting: Waiting[] = []
  #wake: () => void = () => {}

  constructor(parts: TransmitQueueParts) {
    this.#p = parts
  }

  get length(): number {
    return this.#waiting.length
  }

  /** @throws PacketError when it is too long for the air */
  send(order: AirOrder): OnAir {
    const { radio, ticks } = this.#p
    const bytes = encodePacket(order.packet)
    const { promise: sent, resolve: done } = Promise.withResolvers<boolean>()
    const notBefore = ticks() + order.delayMs
    const expiresAt = notBefore + patienceMs[order.airClass]
    const waiting = { order, bytes, ms: airtimeMs(bytes.length, radio.settings), notBefore, expiresAt, done }
    this.#waiting.push(waiting)
    if (this.#waiting.length > waitingMax) this.#drop(this.#leastUrgent())
    this.#wake()
    return { sent, cancel: () => this.#drop(waiting) }
  }

  /** Sends until `signal` aborts; what waits then is given up. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.#next()
      if (typeof next === 'number') await this.#pause(next, signal)
      else await this.#transmit(next, signal)
    }
    for (const waiting of [...this.#waiting]) this.#drop(waiting)
  }

  /** The radio is there again: what waits may go. */
  ring(): void {
    this.#wake()
  }

  /** What may go now, or the ms until something may. */
  #next(): Waiting | number {
    const { radio, budget, ticks } = this.#p
    const now = ticks()
    for (const late of this.#waiting.filter(({ expiresAt }) => expiresAt <= now)) this.#drop(late)
    if (radio.state !== 'ready') return 1000
    let soonest = idleMs
    for (const airClass of classes) {
      const waiting = this.#waiting.filter(({ order }) => order.airClass === airClass)
      const ready = waiting.find(({ notBefore }) => notBefore <= now)
      const freeAt = ready && budget.freeAt(ready.ms, now, shares[airClass])
      if (ready !== undefined && freeAt !== undefined && freeAt <= now) return ready
      soonest = Math.min(
        soonest,
        (freeAt ?? Number.POSITIVE_INFINITY) - now,
        ...waiting.map(one => one.notBefore - now),
      )
      // What is more urgent is there and has no air: the rest has none either, and shall not take it from it.
      if (ready !== undefined) break
    }
    return Math.max(1, soonest)
  }

  async #transmit(waiting: Waiting, signal: AbortSignal): Promise<void> {
    const { radio, budget, onSent, ticks } = this.#p
    this.#waiting = this.#waiting.filter(one => one !== waiting)
    const isSent = await radio.send(waiting.bytes, signal).then(
      () => true,
      () => false,
    )
    // A radio that says nothing may have sent it all the same.
    budget.spend(waiting.ms, ticks())
    if (isSent) onSent(waiting.order, waiting.ms)
    waiting.done(isSent)
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await this.#p.sleep(ms, AbortSignal.any([signal, woken.signal]))
    this.#wake = () => {}
  }

  #leastUrgent(): Waiting | undefined {
    const worst = Math.max(...this.#waiting.map(({ order }) => classes.indexOf(order.airClass)))
    return this.#waiting.find(({ order }) => classes.indexOf(order.airClass) === worst)
  }

  #drop(waiting: Waiting | undefined): void {
    this.#waiting = this.#waiting.filter(one => one !== waiting)
    waiting?.done(false)
  }
}
