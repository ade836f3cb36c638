// What the server tells alerts of, and what of it a person here has acknowledged.
import { computed, signal } from '@preact/signals'
import type { Alert } from '#common/alerts/alerts.ts'
import { placeToGo } from '#common/alerts/kept-alerts.ts'
import { openTroubles } from '#common/alerts/kinds.ts'
import type { ApiPost } from '#common/room-shapes.ts'
import type { Network } from '../network/network.ts'
import type { Api } from '../server/api.ts'
import type { LiveSocket } from '../server/live-socket.ts'
import { poll } from '../server/poll.ts'
import { type Kept, keepText, keptText } from '../shell/kept.ts'
import { type Acks, acksOf, firstAcks, isAcked, joinAcks, parseAcks, withAcks } from './acks.ts'
import { isQuiet, kindWords, sentence } from './kinds-words.ts'
import { type Notice, Notices, noticesKey } from './notices.ts'
import type { Ringer } from './ringer.ts'

const everyMs = 5000
/** Somebody who looks elsewhere is to be rung for, too. */
const hiddenMs = 15_000
const pageSize = 500
const keptMax = 1000
/** All that a server keeps, and what comes meanwhile. */
const pagesMax = 4
/** In one notification. */
const toldMax = 4
const acksKey = 'mcfed.acks'

export interface AlertsParts {
  api: Pick<Api, 'ask'>
  live: Pick<LiveSocket, 'subscribe'>
  /** Of a city that is gone nobody will say that its trouble is over. */
  network: Pick<Network, 'mayTell'>
  storage: Kept
  ringer: Ringer
  /** Was written in this browser: nobody need be rung for his own notice. */
  isOwn: (post: ApiPost) => boolean
  isHidden: () => boolean
  /** Unix ms. */
  now: () => number
}

export class Alerts {
  /** The oldest first. */
  readonly list = signal<readonly Alert[]>([])
  /** Those that came while this page was open, and have not been acknowledged. */
  readonly fresh = computed(() => this.#fresh.value.filter(alert => this.asks(alert)))
  /** What is not over yet, the newest first. */
  readonly open = computed(() =>
    openTroubles(this.list.value)
      .filter(({ spoke }) => spoke === undefined || this.#parts.network.mayTell(spoke))
      .toReversed(),
  )
  /** What asks to be acknowledged, notices included. */
  readonly count = computed(
    () => this.list.value.filter(alert => this.asks(alert)).length + this.notices.list.value.length,
  )
  /** Why the last try to ask failed; empty when it did not. */
  readonly fault = signal('')
  readonly isLoaded = signal(false)
  readonly notices: Notices
  readonly ringer: Ringer
  readonly #parts: AlertsParts
  readonly #fresh = signal<readonly Alert[]>([])
  readonly #acks = signal<Acks | undefined>(undefined)

  constructor(parts: AlertsParts) {
    const { storage, live, now, ringer, isOwn } = parts
    this.#parts = parts
    this.ringer = ringer
    this.notices = new Notices({ storage, now })
    this.#acks.value = parseAcks(keptText(storage, acksKey))
    live.subscribe(frame => {
      const notice = frame.t === 'post' && !isOwn(frame) ? this.notices.hear(frame) : undefined
      if (notice !== undefined) void ringer.ring(callOfNotice(notice))
    })
  }

  /** Until the returned function is called. */
  start(): () => void {
    const { ringer, isHidden } = this.#parts
    void ringer.look()
    return poll(signal => this.#load(signal), { everyMs, hiddenMs, isHidden })
  }

  /** Whether somebody has to acknowledge it; good news do not ask. */
  asks(alert: Alert): boolean {
    const acks = this.#acks.value
    return acks !== undefined && !isQuiet(alert) && !isAcked(acks, alert.n)
  }

  /** Of many, all at once: each time everything that asks is counted anew, here and in other tabs. */
  ack(...numbers: readonly number[]): void {
    if (this.#acks.value !== undefined) this.#keep(withAcks(this.#acks.value, numbers))
  }

  ackAll(): void {
    const last = this.list.value.at(-1)?.n
    if (last !== undefined) this.#keep({ upTo: last, also: [] })
    this.notices.ackAll()
  }

  /** Another tab has changed what the browser keeps. */
  changed(key: string | null): void {
    if (key === acksKey) this.#acks.value = parseAcks(keptText(this.#parts.storage, acksKey)) ?? this.#acks.value
    else if (key === noticesKey) this.notices.read()
    else this.ringer.read()
  }

  async #load(signal: AbortSignal): Promise<void> {
    try {
      const alerts = await this.#read(signal)
      this.fault.value = ''
      this.#add(alerts)
      this.isLoaded.value = true
    } catch (error) {
      if (!signal.aborted) this.fault.value = error instanceof Error ? error.message : String(error)
    }
  }

  /** What is not here yet. */
  async #read(signal: AbortSignal): Promise<Alert[]> {
    const alerts: Alert[] = []
    let after = this.list.value.at(-1)?.n ?? 0
    for (let pages = 0; pages < pagesMax; pages += 1) {
      const path = `/api/v1/alerts?limit=${pageSize}&after=${after}`
      const page = await this.#parts.api.ask<{ alerts: Alert[] }>(path, { signal })
      alerts.push(...page.alerts)
      after = page.alerts.at(-1)?.n ?? after
      if (page.alerts.length < pageSize) break
    }
    return alerts
  }

  #add(alerts: readonly Alert[]): void {
    if (alerts.length > 0) this.list.value = kept([...this.list.value, ...alerts])
    if (this.#acks.value === undefined) this.#keep(firstAcks(this.list.value, this.open.value.toReversed()))
    // What was there when the page was opened is no news.
    if (!this.isLoaded.value) return
    const news = alerts.filter(alert => !isQuiet(alert))
    if (news.length === 0) return
    this.#fresh.value = kept([...this.#fresh.value, ...news])
    const last = news.at(-1)
    if (last !== undefined) void this.ringer.ring(callOfAlerts(last, news))
  }

  /** What another tab has acknowledged meanwhile holds, too. */
  #keep(acks: Acks): void {
    const { storage } = this.#parts
    const kept = parseAcks(keptText(storage, acksKey))
    this.#acks.value = acksOf(kept === undefined ? acks : joinAcks(kept, acks), this.list.value)
    keepText(storage, acksKey, JSON.stringify(this.#acks.value))
  }
}

/** As the server keeps them. */
function kept(alerts: Alert[]): readonly Alert[] {
  while (alerts.length > keptMax) alerts.splice(placeToGo(alerts.map(({ spoke }) => spoke)), 1)
  return alerts
}

function callOfNotice({ guid, room, author, text }: Notice) {
  const href = `#/rooms/${encodeURIComponent(room)}/posts/${encodeURIComponent(guid)}`
  return {
    ...{ sound: 'priority' as const, tag: `post ${guid}`, isUrgent: true, href },
    ...{ title: `PRIORITY in ${room}`, body: `${author}: ${text}` },
  }
}

/** Many that come at once ring once; the newest is told first. */
function callOfAlerts({ n, kind }: Alert, news: readonly Alert[]) {
  const more = news.length > 1 ? ` (and ${news.length - 1} more)` : ''
  const texts = news
    .slice(-toldMax)
    .toReversed()
    .map(({ text }) => sentence(text))
  return {
    ...{ sound: 'alert' as const, tag: `alert ${n}`, isUrgent: false, href: '#/alerts' },
    ...{ title: `${kindWords(kind)}${more}`, body: texts.join('\n') },
  }
}
