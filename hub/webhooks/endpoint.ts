// A webhook's endpoint during one run: sends to it, remembers how it does, and says once when it begins to fail and when it works again.
import type { WebhookConf } from '#common/config/webhooks-conf.ts'
import type { Log } from '#common/log.ts'
import { version } from '#common/version.ts'
import { durationWords } from '#common/words.ts'
import type { Outcome } from './answers.ts'
import { afterFailure, afterRefusal, afterSuccess, type Moment } from './health.ts'
import type { Sending } from './send.ts'
import { signedHeaders } from './signature.ts'
import type { Health, WebhookNotes } from './webhook-notes.ts'

export interface EndpointParts {
  conf: WebhookConf
  notes: WebhookNotes
  log: Log
  send: (sending: Sending) => Promise<Outcome>
  /** Unix ms. */
  now: () => number
  random: () => number
}

/** What one run may take. */
export interface RunLimits {
  /** Unix ms: nothing is begun after it. */
  until: number
  signal: AbortSignal
}

const deadlineMs = 10_000

export class Endpoint {
  readonly #parts: EndpointParts
  #health: Health
  #isSaved = true

  constructor(parts: EndpointParts, health: Health) {
    this.#parts = parts
    this.#health = health
  }

  get health(): Health {
    return this.#health
  }

  /** For steps of health.ts. */
  moment(): Moment {
    const { now, random, conf } = this.#parts
    return { now: now(), random, retryMaxMs: conf.retryMaxMs }
  }

  /** `isRetry`: this failed before, and the log has said so. @throws StoreUnavailableError, or the signal's reason */
  async deliver(
    id: string,
    body: string,
    { isRetry, signal }: { isRetry: boolean; signal: AbortSignal },
  ): Promise<Outcome> {
    const { conf, send, now } = this.#parts
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': `federation-hub/${version}`,
      ...signedHeaders(conf.key, { id, at: now(), body }),
    }
    const { url, allowPrivate } = conf
    const outcome = await send({ url, headers, body, allowPrivate, deadlineMs, signal })
    // Whoever goes on in our place keeps the notes now.
    if (outcome.kind !== 'delivered') signal.throwIfAborted()
    if (outcome.kind === 'delivered') await this.#succeeded()
    else if (outcome.kind === 'failed') await this.#failed(outcome, isRetry)
    else this.change(afterRefusal(this.#health, outcome.error, now()))
    return outcome
  }

  /** Kept with the next `save`. */
  change(health: Health): void {
    this.#health = health
    this.#isSaved = false
  }

  async save(): Promise<void> {
    if (this.#isSaved) return
    await this.#parts.notes.setHealth(this.#health)
    this.#isSaved = true
  }

  async #succeeded(): Promise<void> {
    const { conf, log, now } = this.#parts
    const { failing } = this.#health
    this.change(afterSuccess(this.#health, now()))
    if (failing === null) return
    await this.save()
    if (failing.isTold) log.info(`Webhook "${conf.name}" works again, after ${durationWords(now() - failing.since)}`)
  }

  /** Another instance may have to go on from here at any time. */
  async #failed({ error, retryAfterMs }: Extract<Outcome, { kind: 'failed' }>, isRetry: boolean): Promise<void> {
    const { conf, log } = this.#parts
    const isNews = this.#health.failing === null && !isRetry
    this.change(afterFailure(this.#health, { error, retryAfterMs, isTold: isNews }, this.moment()))
    await this.save()
    if (isNews)
      log.warn(`Webhook "${conf.name}" cannot be delivered to ${hostOf(conf)}: ${error}; it is tried again and again`)
  }
}

/** What of the URL may be seen: path and query often are secrets. */
function hostOf({ url }: WebhookConf): string {
  return new URL(url).host
}
