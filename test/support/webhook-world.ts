// A webhook over logs in memory, an endpoint that answers as it is told, and a clock in the hands of the test.
import type { WebhookConf } from '#common/config/webhooks-conf.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import type { Notes } from '#hub/store/notes.ts'
import type { NumberedAlert } from '#hub/webhooks/alert-courier.ts'
import type { Outcome } from '#hub/webhooks/answers.ts'
import type { Sending } from '#hub/webhooks/send.ts'
import { Webhook } from '#hub/webhooks/webhook.ts'
import { webhookStatus } from '#hub/webhooks/webhook-status.ts'
import { fill } from './link-by-hand.ts'
import { MemoryLog } from './memory-log.ts'
import { memoryNotes } from './memory-notes.ts'

export interface Told {
  id: string
  type: 'posts' | 'alerts'
  room: string
  epoch: string
  posts: { offset: number; guid: string; text: string }[]
  alerts: NumberedAlert[]
  gap?: { from: number; to: number }
  /** What it was answered. */
  kind: Outcome['kind']
}

export const usualConf: WebhookConf = {
  name: 'bot',
  url: 'https://hooks.example.com/secret-path?secret-query',
  key: Buffer.from('key'),
  posts: true,
  alerts: false,
  allowPrivate: false,
  giveUpMs: 72 * 3_600_000,
  retryMaxMs: 600_000,
}

export class WebhookWorld {
  /** Of the notes. */
  reads = 0
  readonly notes = this.#counted(memoryNotes())
  /** The store cannot open it. */
  closedRoom: string | undefined
  /** From 0 up to 1. */
  random = 0.999_999
  readonly lines: string[] = []
  /** Everything that was sent. */
  readonly told: Told[] = []
  readonly alerts: NumberedAlert[] = []
  /** How the endpoint answers. */
  answer: (told: Omit<Told, 'kind'>) => Outcome | Promise<Outcome> = () => ({ kind: 'delivered' })
  now = Date.UTC(2026, 0, 1)
  /** Unix ms at which the webhook last wanted to run again. */
  wakeAt = 0
  readonly #logsByRoom = new Map<string, MemoryLog>()

  /** A room that exists from now on. */
  room(name: string): MemoryLog {
    const known = this.#logsByRoom.get(name)
    if (known !== undefined) return known
    const log = new MemoryLog(name, { now: () => this.now })
    this.#logsByRoom.set(name, log)
    return log
  }

  /** Posts that are received now. */
  async post(room: string, count: number): Promise<void> {
    await fill(this.room(room), count)
  }

  /** As another instance, or after a restart, has it. */
  webhook(conf: Partial<WebhookConf> = {}): Webhook {
    return new Webhook({
      conf: { ...usualConf, ...conf },
      store: {
        notes: this.notes,
        rooms: async () => [...this.#logsByRoom.keys()],
        log: async name => {
          if (name === this.closedRoom) throw new StoreUnavailableError('away')
          return this.room(name)
        },
      },
      log: createLog({ json: false, level: 'info', write: line => this.lines.push(line.trim()) }),
      alerts: { after: async (n, limit) => this.alerts.filter(alert => alert.n > n).slice(0, limit) },
      send: sending => this.#send(sending),
      now: () => this.now,
      random: () => this.random,
      wakeAt: at => {
        if (Number.isFinite(at)) this.wakeAt = at
      },
    })
  }

  run(webhook: Webhook): Promise<void> {
    return webhook.run(new AbortController().signal)
  }

  status(webhook: Webhook) {
    return webhookStatus(webhook)
  }

  /** Offsets by batch, of those that were delivered. */
  delivered(room: string): string[] {
    return this.told.filter(told => told.kind === 'delivered' && told.room === room).map(rangeOf)
  }

  #counted(notes: Notes): Notes {
    const get = (key: string) => {
      this.reads += 1
      return notes.get(key)
    }
    return { ...notes, get }
  }

  async #send({ headers, body }: Sending): Promise<Outcome> {
    const told = { id: headers['webhook-id'], ...JSON.parse(body) }
    const outcome = await this.answer(told)
    this.told.push({ ...told, kind: outcome.kind })
    return outcome
  }
}

/** `1-50`. */
export function rangeOf({ posts }: Pick<Told, 'posts'>): string {
  return `${posts[0]?.offset}-${posts.at(-1)?.offset}`
}
