// What the server raised an alert of, the newest last.
import { signal } from '@preact/signals'
import type { Api } from '../server/api.ts'
import { poll } from '../server/poll.ts'

export interface Alert {
  n: number
  at: number
  kind: string
  spoke?: string
  text: string
}

const everyMs = 5000
const hiddenMs = 15_000

export class Alerts {
  readonly list = signal<readonly Alert[]>([])
  readonly #api: Api

  constructor({ api }: { api: Api }) {
    this.#api = api
  }

  /** Until the returned function is called. */
  start(): () => void {
    return poll(signal => this.#load(signal), { everyMs, hiddenMs, isHidden: () => document.hidden })
  }

  async #load(signal: AbortSignal): Promise<void> {
    const newest = this.list.value.at(-1)?.n
    const { alerts } = await this.#api.ask<{ alerts: Alert[] }>(
      `/api/v1/alerts${newest === undefined ? '' : `?after=${newest}`}`,
      { signal },
    )
    if (alerts.length > 0) this.list.value = [...this.list.value, ...alerts].slice(-1000)
  }
}
