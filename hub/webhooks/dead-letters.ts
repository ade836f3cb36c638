// Posts of a webhook that were given up: kept as ranges of offsets, and sent again when an operator asks for it.
import type { OffsetRange } from '#common/cursor.ts'
import type { Log } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import { batchPostsMax, bodyOf, idOf, readBatch } from './batch.ts'
import type { Endpoint, RunLimits } from './endpoint.ts'
import { type DeadRange, deadRangesMax, type WebhookNotes } from './webhook-notes.ts'

export interface DeadLettersParts {
  webhook: string
  notes: WebhookNotes
  endpoint: Endpoint
  log: Log
  now: () => number
  /** Of a room that exists. */
  logOf: (room: string) => PostLog | undefined
}

/** With `range` added; it grows a range that it follows. `dropped`: what there was no room for, the oldest first. */
function withRange(ranges: readonly DeadRange[], range: DeadRange): { kept: DeadRange[]; dropped: DeadRange[] } {
  const index = ranges.findIndex(
    ({ room, epoch, from, to }) =>
      room === range.room && epoch === range.epoch && from <= range.from && range.from <= to + 1,
  )
  const grown = ranges.map((known, i) =>
    i === index ? { ...range, from: known.from, to: Math.max(known.to, range.to) } : known,
  )
  const all = index === -1 ? [...ranges, range] : grown
  const surplus = Math.max(0, all.length - deadRangesMax)
  return { kept: all.slice(surplus), dropped: all.slice(0, surplus) }
}

export function postsIn(ranges: readonly OffsetRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0)
}

export class DeadLetters {
  readonly #parts: DeadLettersParts

  constructor(parts: DeadLettersParts) {
    this.#parts = parts
  }

  /** @throws StoreUnavailableError */
  async add(range: Omit<DeadRange, 'at'>): Promise<void> {
    const { webhook, notes, endpoint, log, now } = this.#parts
    const { kept, dropped } = withRange(await notes.dead(), { ...range, at: now() })
    await notes.setDead(kept)
    const { health } = endpoint
    endpoint.change({ ...health, deadTotal: health.deadTotal + postsIn([range]) })
    log.warn(
      `Webhook "${webhook}": posts ${range.from} to ${range.to} of room "${range.room}" are given up (${range.error}); "federation-hub webhooks retry ${webhook}" sends them again`,
    )
    for (const { room, from, to } of dropped)
      log.warn(
        `Webhook "${webhook}": posts ${from} to ${to} of room "${room}" are not kept for a retry: too much was given up`,
      )
  }

  /**
   * Those given up before `askedAt` (Unix ms). False when it has to go on later: the endpoint failed, or the time is over.
   * @throws StoreUnavailableError, or the signal's reason
   */
  async sendAgain(askedAt: number, { until, signal }: RunLimits): Promise<boolean> {
    for (const range of await this.#parts.notes.dead())
      if (range.at < askedAt && !(await this.#sendRange(range, { until, signal }))) return false
    return true
  }

  async #sendRange(range: DeadRange, { until, signal }: RunLimits): Promise<boolean> {
    let rest = range
    while (this.#parts.now() <= until) {
      const next = await this.#sendSome(rest, signal)
      if (next === 'failed') return false
      await this.#replace(rest, next)
      // All was sent, or these were refused again: by its time alone that cannot be told, whoever asked may have another clock.
      if (next === undefined || next.from === rest.from) return true
      rest = next
    }
    return false
  }

  /** What is left of the range after one batch; one that was refused counts as given up anew. */
  async #sendSome(range: DeadRange, signal: AbortSignal): Promise<DeadRange | undefined | 'failed'> {
    const { webhook, endpoint, log, now, logOf } = this.#parts
    const room = logOf(range.room)
    const last = room && (await lastKnown(room, range))
    if (room === undefined || last === undefined || last < range.from) {
      log.warn(
        `Webhook "${webhook}": posts ${range.from} to ${range.to} of room "${range.room}" are no more, and cannot be sent again`,
      )
      return undefined
    }
    const cursor = { epoch: room.head.epoch, offset: range.from - 1 }
    const batch = await readBatch(room, cursor, Math.min(last, range.from - 1 + batchPostsMax))
    if (batch === undefined) return 'failed'
    const outcome = await endpoint.deliver(idOf(webhook, batch), bodyOf(webhook, batch), { isRetry: true, signal })
    if (outcome.kind === 'failed') return 'failed'
    if (outcome.kind === 'refused') return { ...range, at: now(), error: outcome.error }
    return batch.to < range.to ? { ...range, from: batch.to + 1 } : undefined
  }

  async #replace(old: DeadRange, next: DeadRange | undefined): Promise<void> {
    const { notes } = this.#parts
    const isOld = ({ room, epoch, from }: DeadRange) => room === old.room && epoch === old.epoch && from === old.from
    const ranges = await notes.dead()
    await notes.setDead(ranges.flatMap(range => (isOld(range) ? (next ?? []) : range)))
  }
}

/** The last offset of the range that still is the same post; undefined when its epoch says nothing here. */
async function lastKnown(log: PostLog, { epoch, to }: DeadRange): Promise<number | undefined> {
  const { known, lost } = await log.startFor({ epoch, offset: to })
  if (!known) return undefined
  return lost === undefined ? to : lost.from - 1
}
