// All webhooks of a hub instance: their jobs, what wakes them, and what is known of them.
import { lookup as systemLookup } from 'node:dns'
import type { WebhookConf } from '#common/config/webhooks-conf.ts'
import type { Log } from '#common/log.ts'
import type { WebhookStatus } from '#common/status.ts'
import { briefly } from '../store/brief-read.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Job, Upkeep } from '../upkeep/job.ts'
import { oneAtATime } from './one-lookup.ts'
import { type Sending, send } from './send.ts'
import { Waking } from './waking.ts'
import { Webhook, type WebhookParts } from './webhook.ts'
import { webhookStatus } from './webhook-status.ts'

export interface WebhooksParts {
  confs: readonly WebhookConf[]
  store: Pick<HubStore, 'notes' | 'log' | 'rooms' | 'openLogs'>
  log: Log
  alerts: WebhookParts['alerts'] & { onRaised(listener: () => void): () => void }
  /** Unix ms. */
  now: () => number
  /** Default: by HTTP. */
  send?: WebhookParts['send']
  /** Default Math.random. */
  random?: () => number
}

export class Webhooks {
  readonly #webhooks: readonly Webhook[]
  readonly #parts: WebhooksParts
  #waking: Waking | undefined
  #stopListening = () => {}
  #known: WebhookStatus[] = []
  readonly #learn = briefly(async () => {
    this.#known = await this.read()
  })

  constructor(parts: WebhooksParts) {
    const { confs, store, log, alerts, now, random = Math.random } = parts
    this.#parts = parts
    const lookup = oneAtATime(systemLookup)
    const { send: sendOne = (sending: Sending) => send({ ...sending, lookup }) } = parts
    this.#webhooks = confs.map(conf => {
      const wakeAt = (at: number) => this.#waking?.wakeAt(jobOf(conf), at, now())
      return new Webhook({ conf, store, log, alerts, now, random, send: sendOne, wakeAt })
    })
  }

  get jobs(): readonly Job[] {
    return this.#webhooks
  }

  /** From now on posts and alerts wake them. Nothing is done where there are no webhooks. */
  start(upkeep: Pick<Upkeep, 'wake'>): void {
    const { store, alerts } = this.#parts
    if (this.#webhooks.length === 0) return
    const wake = (job: string) => upkeep.wake(job)
    this.#waking = new Waking({ webhooks: this.#webhooks, openLogs: () => store.openLogs(), wake })
    this.#stopListening = alerts.onRaised(() => {
      for (const { name, conf } of this.#webhooks) if (conf.alerts) wake(name)
    })
    void this.status()
  }

  stop(): void {
    this.#waking?.stop()
    this.#stopListening()
  }

  /** In the order of the config; as last known when the store does not answer soon. */
  async status(): Promise<WebhookStatus[]> {
    if (this.#webhooks.length === 0) return []
    await this.#learn()
    return this.#known
  }

  /** In the order of the config. @throws StoreUnavailableError */
  read(): Promise<WebhookStatus[]> {
    return Promise.all(this.#webhooks.map(webhookStatus))
  }

  /** Asks for what was given up to be sent again. False when there is no such webhook. @throws StoreUnavailableError */
  async retry(name: string): Promise<boolean> {
    const webhook = this.#webhooks.find(({ conf }) => conf.name === name)
    if (webhook === undefined) return false
    await webhook.notes.askForRetry(this.#parts.now())
    this.#waking?.wakeAt(webhook.name, 0, 0)
    return true
  }
}

function jobOf({ name }: WebhookConf): string {
  return `webhook-${name}`
}
