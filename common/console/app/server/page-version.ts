// Whether the server still has the files of this page: after an upgrade it has others, and what is loaded later is gone.
import { signal } from '@preact/signals'

export interface PageVersionOptions {
  fetch: (url: string, init: RequestInit) => Promise<Pick<Response, 'ok' | 'status'>>
  /** Of a file under the path that names the version of this page. */
  file: string
}

const deadlineMs = 15_000

export class PageVersion {
  /** The server has another version. */
  readonly isOld = signal(false)
  readonly #o: PageVersionOptions

  constructor(options: PageVersionOptions) {
    this.#o = options
  }

  /** Never throws; who does not answer says nothing of his version. */
  async look(): Promise<void> {
    const init: RequestInit = { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(deadlineMs) }
    const answer = await this.#o.fetch(this.#o.file, init).catch(() => undefined)
    if (answer?.ok || answer?.status === 404) this.isOld.value = !answer.ok
  }
}
