// What an operator should hear of: a line in the log, and a numbered entry in a list that webhooks and the API read on from.
import { z } from 'zod'
import { cursorSchema } from '../cursor.ts'
import { fromJson } from '../json.ts'
import type { Log } from '../log.ts'

/** Which go first says kept-alerts.ts. */
export const alertsMax = 1_000
const textCharsMax = 500

export const alertSchema = z.object({
  /** Increasing, with holes, also when the store has forgotten the ones before. */
  n: z.int().min(1),
  /** Unix ms. */
  at: z.int().min(0),
  kind: z.string(),
  /** Absent in what was kept by an older version. info: good news. */
  level: z.enum(['info', 'warn']).optional(),
  /** Id of the server it is about, if it is about one. */
  spoke: z.string().optional(),
  text: z.string(),
  /** Of a gap: in which room, how many posts are lost, and after which entry of our own log that was found. */
  room: z.string().optional(),
  posts: z.int().min(0).optional(),
  cursor: cursorSchema.optional(),
})
export type Alert = z.infer<typeof alertSchema>
/** As it is kept: the number is its place. */
const newAlertSchema = alertSchema.omit({ n: true })
export type NewAlert = z.infer<typeof newAlertSchema>

/** What some alerts say beside their text. */
export type AlertFacts = Pick<Alert, 'room' | 'posts' | 'cursor'>

/** Both: @throws StoreUnavailableError */
export interface AlertStore {
  /**
   * Gives its number: above all others, and not below `at`. Keeps 1,000. Undefined, and nothing is added, when one with
   * the same `once` is among them.
   */
  add(alert: NewAlert, once?: string): Promise<number | undefined>
  /** At most `limit` with a number above `n`, the oldest first. */
  after(n: number, limit: number): Promise<Alert[]>
}

export interface Raised {
  /** Lower-case words with `-`. */
  kind: string
  spoke?: string
  /** One sentence, without a full stop; it names the spoke. */
  text: string
  /** Default warn; info: good news. */
  level?: 'info' | 'warn'
  /** Names what has happened: whoever raises it again, because it does not know how far it came, changes nothing. */
  once?: string
  facts?: AlertFacts
  /** A line in the log has said it already. */
  isLogged?: boolean
}

export interface AlertsOptions {
  store: AlertStore
  log: Log
  /** Unix ms. */
  now: () => number
}

export class Alerts {
  readonly #o: AlertsOptions
  readonly #listeners = new Set<() => void>()

  constructor(options: AlertsOptions) {
    this.#o = options
  }

  /** @throws StoreUnavailableError; then it is not said either */
  async raise({ kind, spoke, text, level = 'warn', once, facts, isLogged = false }: Raised): Promise<void> {
    const { store, log, now } = this.#o
    const about = { ...(spoke !== undefined && { spoke }), ...facts }
    const alert = { at: now(), kind, level, ...about, text: text.slice(0, textCharsMax) }
    if ((await store.add(alert, once)) === undefined) return
    if (!isLogged) log[level](text)
    for (const listener of this.#listeners) listener()
  }

  /** At most `limit` with a number above `n`, the oldest first. @throws StoreUnavailableError */
  after(n: number, limit: number): Promise<Alert[]> {
    return this.#o.store.after(n, limit)
  }

  /** Calls back when this instance has raised one, until the returned function is called. */
  onRaised(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** An alert as the store kept it; undefined for what somebody else wrote there. */
export function alertFromText(n: number, text: string | undefined): Alert | undefined {
  const alert = fromJson(newAlertSchema, text)
  return alert && { n, ...alert }
}
