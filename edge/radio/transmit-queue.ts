// Packets that wait for the air: the most urgent first, one at a time, and never more than the duty cycle allows.
import { postsAir } from '#common/trouble-limits.ts'
import type { AirBudget } from './air-budget.ts'
import { airtimeMs } from './airtime.ts'
import { encodePacket, type Packet } from './packet.ts'
import type { Radio } from './radio.ts'

/** The most urgent first. */
const classes = ['answer', 'local', 'live', 'courtesy', 'advert', 'catch-up'] as const
export type AirClass = (typeof classes)[number]

/**
 * How much of the budget each may use. The last fifth is for ACKs and logins alone: a room that pushes all it may is
 * still one that can be logged in to and posted to. Adverts are few: a backlog of days must not make a room unknown. A
 * courtesy is an answer without which no post is lost; a stranger can ask for as many as he likes.
 */
export const airShares: Readonly<Record<AirClass, number>> = {
  answer: 1,
  local: 0.8,
  live: postsAir,
  courtesy: 0.4,
  advert: 0.65,
  'catch-up': 0.6,
}
/** What waits longer is of no use to anybody: a node has asked again, or a more urgent push is there by now. */
const patienceMs: Readonly<Record<AirClass, number>> = {
  answer: 10_000,
  local: 60_000,
  live: 15_000,
  courtesy: 10_000,
  'catch-up': 15_000,
  advert: 60_000,
}
const waitingMax = 200
const idleMs = 60_000
const keepAgainMs = 1000

/** What a packet is for, as the ledger counts it. */
export type AirKind = 'ack' | 'login' | 'push-local' | 'push-federated' | 'advert' | 'other'

export interface AirOrder {
  packet: Packet
  airClass: AirClass
  /** Not before so long. */
  delayMs: number
  /** So long after that it is of no use any more, at most as usual for its class. */
  usefulMs?: number | undefined
  /** Whose it is, for the ledger. */
  room: string
  /** For the ledger, where packet and class do not say it. */
  kind?: AirKind | undefined
  /** Of the post that is pushed or acknowledged, for the ledger. */
  author?: string | undefined
}

/**
 * `failed`: the radio said so, or nothing. `expired`: no air in time. `dropped`: no place in the queue, or more than the
 * duty cycle ever allows at once. `cancelled`: by its owner, or because the queue ends.
 */
export type AirOutcome = 'sent' | 'failed' | 'expired' | 'dropped' | 'cancelled'

export interface AirResult {
  outcome: AirOutcome
  /** For the operator; empty when it was sent. */
  reason: string
}

export interface OnAir {
  /** True when it was on the air; false when the radio, the budget or the queue had no place for it. Never rejects. */
  sent: Promise<boolean>
  /** It is of no use any more, if it is not under way. */
  cancel: () => void
}

export interface QueuedOnAir extends OnAir {
  /** Never rejects. */
  result: Promise<AirResult>
}

/** Is told what was on the air. */
export type AirListener = (order: AirOrder, ms: number) => void

export interface TransmitQueueParts {
  radio: Pick<Radio, 'settings' | 'state' | 'send'>
  /** Of this queue alone. */
  budget: AirBudget
  onSent: AirListener
  /** Is told what was not, or perhaps not, on the air. */
  onUnsent?: (order: AirOrder, result: AirResult) => void
  /**
   * Called before a packet of `ms` goes that the budget last saved does not cover: who saves it with as much ahead, or
   * more, has spent nothing unknown when it is killed. False: it could not, and nothing is sent. Must not throw.
   */
  keep?: (ms: number) => boolean
  /** False: it must not go on the air, now or later. */
  mayGo?: (order: AirOrder) => boolean
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
  done: (result: AirResult) => void
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

  /** When the queue is full, the oldest of the least urgent is dropped. @throws PacketError when it is too long for the air */
  send(order: AirOrder): QueuedOnAir {
    const { radio, budget, ticks } = this.#p
    const { promise: result, resolve: done } = Promise.withResolvers<AirResult>()
    const bytes = encodePacket(order.packet)
    const notBefore = ticks() + order.delayMs
    const expiresAt = notBefore + Math.min(order.usefulMs ?? Number.POSITIVE_INFINITY, patienceMs[order.airClass])
    const waiting = { order, bytes, ms: airtimeMs(bytes.length, radio.settings), notBefore, expiresAt, done }
    this.#waiting.push(waiting)
    // It would stand in the way of all that is less urgent, for nothing.
    if (waiting.ms > budget.maxMs * airShares[order.airClass])
      this.#giveUp(waiting, 'dropped', `${Math.ceil(waiting.ms)} ms are more than the duty cycle allows at once`)
    if (this.#waiting.length > waitingMax) this.#giveUp(this.#leastUrgent(), 'dropped', 'too many packets wait for air')
    this.#wake()
    const sent = result.then(({ outcome }) => outcome === 'sent')
    return { sent, result, cancel: () => this.#giveUp(waiting, 'cancelled', 'not wanted any more') }
  }

  /** Sends until `signal` aborts; what waits then is given up. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.#next()
      if (typeof next === 'number') await this.#pause(next, signal)
      else if (!this.#isKept(next.ms)) await this.#pause(keepAgainMs, signal)
      else await this.#transmit(next, signal)
    }
    for (const waiting of [...this.#waiting]) this.#giveUp(waiting, 'cancelled', 'the queue has ended')
  }

  /** The radio is there again: what waits may go. */
  ring(): void {
    this.#wake()
  }

  /** What may go now, or the ms until something may. */
  #next(): Waiting | number {
    const { radio, budget, ticks } = this.#p
    const now = ticks()
    this.#dropUseless(now)
    if (radio.state !== 'ready') return 1000
    let soonest = Math.min(idleMs, ...this.#waiting.map(({ expiresAt }) => expiresAt - now))
    for (const airClass of classes) {
      const waiting = this.#waiting.filter(({ order }) => order.airClass === airClass)
      const ready = waiting.find(({ notBefore }) => notBefore <= now)
      const freeAt = ready && budget.freeAt(ready.ms, now, airShares[airClass])
      if (ready !== undefined && freeAt !== undefined && freeAt <= now) return ready
      soonest = Math.min(
        soonest,
        (freeAt ?? Number.POSITIVE_INFINITY) - now,
        ...waiting.filter(({ notBefore }) => notBefore > now).map(one => one.notBefore - now),
      )
      // What is more urgent is there and has no air: the rest shall not take it from it. Courtesies have used up their own.
      if (ready !== undefined && airClass !== 'courtesy') break
    }
    return Math.max(1, soonest)
  }

  #dropUseless(now: number): void {
    const { radio, mayGo = () => true } = this.#p
    for (const forbidden of this.#waiting.filter(({ order }) => !mayGo(order)))
      this.#giveUp(forbidden, 'cancelled', 'its room is off the air')
    for (const late of this.#waiting.filter(({ expiresAt }) => expiresAt <= now))
      this.#giveUp(late, 'expired', radio.state === 'ready' ? 'no air in time' : 'no radio in time')
  }

  /** Who is killed while it sends must not have the air a second time. */
  #isKept(ms: number): boolean {
    const { budget, keep } = this.#p
    return budget.covers(ms) || keep === undefined || keep(ms)
  }

  async #transmit(waiting: Waiting, signal: AbortSignal): Promise<void> {
    const { radio, budget, onSent, ticks } = this.#p
    const { order, ms, bytes } = waiting
    this.#waiting = this.#waiting.filter(one => one !== waiting)
    const failure = await radio
      .send(bytes, signal, () => this.#mayAgain(waiting))
      .then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
    // A radio that says nothing may have sent it all the same.
    budget.spend(ms, ticks())
    if (failure !== undefined) return this.#tell(waiting, { outcome: 'failed', reason: failure })
    onSent(order, ms)
    waiting.done({ outcome: 'sent', reason: '' })
  }

  /** A modem that is busy may have sent the packet all the same: both times are paid for. */
  #mayAgain({ ms, order }: Waiting): boolean {
    const { budget, ticks } = this.#p
    const now = ticks()
    budget.spend(ms, now)
    const freeAt = budget.freeAt(ms, now, airShares[order.airClass])
    return freeAt !== undefined && freeAt <= now && this.#isKept(ms)
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

  /** Nothing happens to what is under way, or over. */
  #giveUp(waiting: Waiting | undefined, outcome: AirOutcome, reason: string): void {
    if (waiting === undefined || !this.#waiting.includes(waiting)) return
    this.#waiting = this.#waiting.filter(one => one !== waiting)
    this.#tell(waiting, { outcome, reason })
  }

  #tell({ order, done }: Waiting, result: AirResult): void {
    this.#p.onUnsent?.(order, result)
    done(result)
  }
}
