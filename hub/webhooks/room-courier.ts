// Delivers the posts of a webhook's rooms during one run: a batch of each room in turn, in order within a room, until all is done or the endpoint fails.
import type { WebhookConf } from '#common/config/webhooks-conf.ts'
import type { Log } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import type { Outcome } from './answers.ts'
import { bodyOf, idOf, type PostBatch, readBatch, unlessAway } from './batch.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Endpoint, RunLimits } from './endpoint.ts'
import { mustWait, newPending, pendingAfterFailure, pendingAfterRefusal, refusalsMax } from './health.ts'
import type { Pending, Place, WebhookNotes } from './webhook-notes.ts'

export interface RoomCourierParts {
  conf: WebhookConf
  notes: WebhookNotes
  endpoint: Endpoint
  dead: DeadLetters
  log: Log
  now: () => number
}

/** `more`: the room may have posts left. `stop`: the endpoint failed. */
type Step = 'done' | 'more' | 'stop'

/** Where the webhook stands in a room; only one run at a time moves it. */
interface Stand {
  log: PostLog
  place: Place
}

const scanPageEntries = 500
const scanEntriesMax = 10_000

export class RoomCourier {
  readonly #parts: RoomCourierParts
  readonly #stands: Stand[]

  private constructor(parts: RoomCourierParts, stands: Stand[]) {
    this.#parts = parts
    this.#stands = stands
  }

  /** A room without a note was created after the webhook: it is delivered from its beginning. @throws StoreUnavailableError */
  static async open(parts: RoomCourierParts, logs: readonly PostLog[]): Promise<RoomCourier> {
    const stands = logs.map(async log => {
      const place = (await parts.notes.place(log.room)) ?? { epoch: log.head.epoch, offset: 0 }
      return { log, place }
    })
    return new RoomCourier(parts, await Promise.all(stands))
  }

  /** Where it stands now. */
  get stands(): readonly Readonly<Stand>[] {
    return this.#stands
  }

  /** The earliest time (Unix ms) at which a batch that waits by itself is due; Infinity when there is none. */
  get nextTryAt(): number {
    return Math.min(...this.#stands.map(({ place }) => place.pending?.nextTryAt || Number.POSITIVE_INFINITY))
  }

  /** False when it has to go on later: the endpoint failed, or the time is over. @throws StoreUnavailableError, or the signal's reason */
  async deliver({ until, signal }: RunLimits): Promise<boolean> {
    // No room is always the last, which a slow endpoint never comes to.
    const start = Math.floor(this.#parts.endpoint.moment().random() * this.#stands.length)
    let busy = [...this.#stands.slice(start), ...this.#stands.slice(0, start)]
    while (busy.length > 0) {
      const more: Stand[] = []
      for (const stand of busy.toSorted(byDueTime)) {
        const step = await this.#deliverNext(stand, signal)
        if (step === 'stop' || this.#parts.now() > until) return false
        if (step === 'more') more.push(stand)
      }
      busy = more
    }
    return true
  }

  async #deliverNext(stand: Stand, signal: AbortSignal): Promise<Step> {
    const { conf, endpoint, now } = this.#parts
    const { log, place } = stand
    if (mustWait(place.pending?.nextTryAt, now())) return 'done'
    const batch = await unlessAway(readBatch(log, place, place.pending?.to))
    if (batch === undefined) return 'done'
    const pending = await this.#begin(stand, batch)
    const isRetry = pending.strikes > 0
    const wasFailing = endpoint.health.failing !== null
    const outcome = await endpoint.deliver(idOf(conf.name, batch), bodyOf(conf.name, batch), { isRetry, signal })
    switch (outcome.kind) {
      case 'delivered':
        await this.#move(stand, { epoch: batch.epoch, offset: batch.to })
        return 'more'
      case 'refused':
        return this.#refused(stand, pending, outcome.error)
      case 'failed':
        await this.#failed(stand, pendingAfterFailure(pending, wasFailing, endpoint.moment()), outcome)
        return 'stop'
    }
  }

  /** Written down before it is sent: whoever sends it again must send the same. */
  async #begin(stand: Stand, { room, epoch, from, to, gap }: PostBatch): Promise<Pending> {
    const { conf, log, now } = this.#parts
    const { place } = stand
    if (place.pending?.to === to && place.epoch === epoch) return place.pending
    if (gap !== undefined)
      log.warn(
        `Webhook "${conf.name}": posts ${gap.from} to ${gap.to} of room "${room}" were trimmed before they were delivered`,
      )
    const pending = newPending(to, now())
    await this.#move(stand, { epoch, offset: from - 1, pending })
    return pending
  }

  async #refused(stand: Stand, before: Pending, error: string): Promise<Step> {
    const { conf, log, endpoint, dead } = this.#parts
    const { place, log: room } = stand
    const pending = pendingAfterRefusal(before, endpoint.moment())
    const range = { room: room.room, epoch: place.epoch, from: place.offset + 1, to: pending.to, error }
    if (pending.refusals >= refusalsMax) {
      await dead.add(range)
      await this.#move(stand, { epoch: place.epoch, offset: pending.to })
      return 'more'
    }
    if (pending.refusals === 1)
      log.warn(`Webhook "${conf.name}" is refused posts ${range.from} to ${range.to} of room "${range.room}": ${error}`)
    await this.#move(stand, { ...place, pending })
    return 'done'
  }

  async #failed(stand: Stand, pending: Pending, { error }: Extract<Outcome, { kind: 'failed' }>): Promise<void> {
    const { conf, endpoint, now } = this.#parts
    await this.#move(stand, { ...stand.place, pending })
    const before = now() - conf.giveUpMs
    const { failing } = endpoint.health
    if (failing !== null && failing.since <= before) {
      for (const each of this.#stands) await this.#giveUp(each, before, error)
    } else if (pending.since <= before) await this.#giveUp(stand, before, error)
  }

  /** What was received before that time (Unix ms), and the batch that was first tried before it. */
  async #giveUp(stand: Stand, before: number, error: string): Promise<void> {
    const { log, place } = stand
    const { epoch, offset, pending } = place
    if (epoch !== log.head.epoch) return
    const tried = pending !== undefined && pending.since <= before ? pending.to : offset
    const to = Math.max(tried, await lastReceivedBefore(log, offset, before))
    if (to <= offset) return
    await this.#parts.dead.add({ room: log.room, epoch, from: offset + 1, to, error })
    await this.#move(stand, { epoch, offset: to })
  }

  async #move(stand: Stand, place: Place): Promise<void> {
    await this.#parts.notes.setPlace(stand.log.room, place)
    stand.place = place
  }
}

function byDueTime(a: Stand, b: Stand): number {
  return (a.place.pending?.nextTryAt ?? 0) - (b.place.pending?.nextTryAt ?? 0)
}

/** The last offset after `after` that was received before `at` (Unix ms), at most 10,000 on; `after` when none was. */
async function lastReceivedBefore(log: PostLog, after: number, at: number): Promise<number> {
  let last = after
  while (last - after < scanEntriesMax) {
    const page = await log.readAfter(last, scanPageEntries)
    const index = page.findIndex(({ receivedAt }) => receivedAt > at)
    const old = index === -1 ? page : page.slice(0, index)
    last = old.at(-1)?.offset ?? last
    if (old.length < scanPageEntries) break
  }
  return last
}
