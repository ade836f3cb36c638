// One webhook, as a job: a reader with a cursor in each of its rooms. A run goes on where the last one stopped, on whatever instance that was.
import type { WebhookConf } from '#common/config/webhooks-conf.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import type { LogHead, PostLog } from '#common/post-log.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Job } from '../upkeep/job.ts'
import { type AlertCourierParts, deliverAlerts } from './alert-courier.ts'
import { postsBehind, unlessAway } from './batch.ts'
import { DeadLetters } from './dead-letters.ts'
import { Endpoint, type EndpointParts, type RunLimits } from './endpoint.ts'
import { mustWait } from './health.ts'
import { RoomCourier } from './room-courier.ts'
import { type Health, newHealth, type Place, WebhookNotes } from './webhook-notes.ts'

export interface WebhookParts extends Pick<EndpointParts, 'conf' | 'log' | 'send' | 'now' | 'random'> {
  store: Pick<HubStore, 'notes' | 'log' | 'rooms'>
  alerts: { after: AlertCourierParts['after'] }
  /** Has the job run at that time (Unix ms), or sooner. */
  wakeAt: (at: number) => void
}

/** False when the endpoint failed, or there is more than one run can do. */
type Step = () => Promise<boolean>

/** A run ends then and is begun anew, so that no other job waits for a long backlog. */
const runMs = 30_000

export class Webhook implements Job {
  readonly name: string
  /** Posts wake it: this is for what another instance has left undone. */
  readonly everyMs: number
  readonly deadlineMs = 2 * runMs
  readonly notes: WebhookNotes
  readonly #parts: WebhookParts
  #hasBegun = false
  /** Rooms in which everything was delivered, and up to where: such a room costs nothing until it grows. */
  readonly #doneByRoom = new Map<string, string>()

  constructor(parts: WebhookParts) {
    const { conf, store } = parts
    this.#parts = parts
    this.name = `webhook-${conf.name}`
    this.everyMs = Math.min(30_000, Math.max(5_000, conf.retryMaxMs))
    this.notes = new WebhookNotes(store.notes, conf.name)
  }

  get conf(): WebhookConf {
    return this.#parts.conf
  }

  covers(room: string): boolean {
    return isAmong(this.conf.rooms ?? null, room)
  }

  /** What is kept of its health. An instance that has seen it once knows later that it was forgotten. @throws StoreUnavailableError */
  async look(): Promise<Health | undefined> {
    const health = await this.notes.health()
    if (health !== undefined) this.#hasBegun = true
    return health
  }

  /** The logs of its rooms that exist, but for those that the store cannot open now. @throws StoreUnavailableError */
  async logs(): Promise<PostLog[]> {
    const { store } = this.#parts
    const logs = await Promise.all((await this.#rooms()).map(room => unlessAway(store.log(room))))
    return logs.filter(log => log !== undefined)
  }

  /** Posts of a room that are not delivered yet, as far as this process knows. @throws StoreUnavailableError */
  async waiting(log: PostLog): Promise<number> {
    if (this.#isDone(log)) return 0
    const place = await this.notes.place(log.room)
    this.#noteDone(log, place)
    return postsBehind(log, place)
  }

  /** @throws StoreUnavailableError, or the signal's reason */
  async run(signal: AbortSignal): Promise<void> {
    const { now, wakeAt } = this.#parts
    const logs = await this.logs()
    const health = await this.#begin(logs)
    const askedAt = await this.notes.retryAskedAt()
    const isAskedAnew = askedAt !== undefined && askedAt > (health.lastErrorAt ?? 0)
    if (health.failing !== null && mustWait(health.failing.nextTryAt, now()) && !isAskedAnew)
      return wakeAt(health.failing.nextTryAt)
    const endpoint = new Endpoint({ ...this.#parts, notes: this.notes }, health)
    try {
      wakeAt(await this.#deliver(endpoint, { logs, askedAt, signal }))
    } finally {
      // Whoever is told to stop may have been followed by another already.
      if (!signal.aborted) await endpoint.save()
    }
  }

  /** Gives the time (Unix ms) at which there will be more to do; Infinity when none is known. */
  async #deliver(
    endpoint: Endpoint,
    { logs, askedAt, signal }: { logs: readonly PostLog[]; askedAt: number | undefined; signal: AbortSignal },
  ): Promise<number> {
    const { conf, log, now } = this.#parts
    const { notes } = this
    const logOf = (room: string) => logs.find(each => each.room === room)
    const dead = new DeadLetters({ webhook: conf.name, notes, endpoint, log, now, logOf })
    const grown = logs.filter(each => !this.#isDone(each))
    const courier = await RoomCourier.open({ conf, notes, endpoint, dead, log, now }, grown)
    const limits = { until: now() + runMs, signal }
    const alerts = () => this.#deliverAlerts(endpoint, limits)
    const isDone = await this.#inTurn(endpoint, [alerts, () => courier.deliver(limits)])
    for (const each of courier.stands) this.#noteDone(each.log, each.place)
    const isAllDone = isDone && (askedAt === undefined || (await this.#sendAgain(dead, askedAt, limits)))
    return endpoint.health.failing?.nextTryAt ?? (isAllDone ? courier.nextTryAt : now())
  }

  async #sendAgain(dead: DeadLetters, askedAt: number, limits: RunLimits): Promise<boolean> {
    const isDone = await dead.sendAgain(askedAt, limits)
    if (isDone) await this.notes.retryDone()
    return isDone
  }

  #isDone({ room, head }: PostLog): boolean {
    return this.#doneByRoom.get(room) === keyOf(head)
  }

  #noteDone({ room, head }: PostLog, place: Place | undefined): void {
    const isDone = place?.epoch === head.epoch && place.offset === head.head
    if (isDone) this.#doneByRoom.set(room, keyOf(head))
    else this.#doneByRoom.delete(room)
  }

  /** Alerts first, they are few: unless they are what the endpoint broke on. */
  async #inTurn(endpoint: Endpoint, [alerts, posts]: readonly [Step, Step]): Promise<boolean> {
    const isBad = (endpoint.health.alerts.pending?.strikes ?? 0) > 0
    const [first, second] = isBad ? [posts, alerts] : [alerts, posts]
    return (await first()) && second()
  }

  #deliverAlerts(endpoint: Endpoint, limits: RunLimits): Promise<boolean> {
    const { conf, log, now, alerts } = this.#parts
    if (!conf.alerts) return Promise.resolve(true)
    const after = (n: number, limit: number) => alerts.after(n, limit)
    return deliverAlerts({ webhook: conf.name, endpoint, log, now, after }, limits)
  }

  async #rooms(): Promise<string[]> {
    if (!this.conf.posts) return []
    return (await this.#parts.store.rooms()).filter(room => this.covers(room)).toSorted()
  }

  /**
   * A room that the config did not name before begins at its head: nobody wants the posts of a month. Where all notes are
   * gone (a Redis that was wiped) everything comes again instead: nobody knows any more what was delivered.
   */
  async #begin(logs: readonly PostLog[]): Promise<Health> {
    const { now } = this.#parts
    const known = await this.notes.health()
    const rooms = this.conf.rooms?.toSorted() ?? null
    if (known !== undefined && JSON.stringify(known.rooms) === JSON.stringify(rooms)) {
      this.#hasBegun = true
      return known
    }
    // A room that is left out now would be taken for one that was created later.
    if (logs.length < (await this.#rooms()).length) throw new StoreUnavailableError('not all rooms can be opened now')
    const isForgotten = known === undefined && this.#hasBegun
    const health = { ...(known ?? { ...newHealth, alerts: { offset: now() } }), rooms }
    for (const log of isForgotten ? [] : logs) await this.#beginAtHead(log, (known ?? newHealth).rooms)
    await this.notes.setHealth(health)
    this.#hasBegun = true
    return health
  }

  async #beginAtHead({ room, head }: PostLog, roomsBefore: readonly string[] | null): Promise<void> {
    if (isAmong(roomsBefore, room) || (await this.notes.place(room)) !== undefined) return
    await this.notes.setPlace(room, { epoch: head.epoch, offset: head.head })
  }
}

function keyOf({ epoch, head }: LogHead): string {
  return `${epoch} ${head}`
}

function isAmong(rooms: readonly string[] | null, room: string): boolean {
  return rooms === null || rooms.includes(room)
}
