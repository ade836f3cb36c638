// The server's API: JSON over fetch with a deadline, and every fault as an error that says what to do.
export interface ApiOptions {
  fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Origin of the server, without a slash at the end. */
  base: string
  /** Default 15 s. */
  deadlineMs?: number
}

export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** `status` 0: the server could not be asked, or did not answer in time. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  /** When the server would like to be asked again; 0: it did not say. */
  readonly retryAfterMs: number

  constructor(
    message: string,
    { status, code, retryAfterMs = 0 }: { status: number; code: string; retryAfterMs?: number },
  ) {
    super(message)
    this.status = status
    this.code = code
    this.retryAfterMs = retryAfterMs
  }

  /** The same once more may go well. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export class Api {
  readonly #o: Required<ApiOptions>
  readonly #listeners = new Set<() => void>()

  constructor(options: ApiOptions) {
    this.#o = { deadlineMs: 15_000, ...options }
  }

  /** Calls back when the server says that nobody is signed in any more. */
  onSignedOut(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** `path` begins with a slash. @throws ApiError */
  async ask<T>(path: string, { method = 'GET', body, headers, signal }: Ask = {}): Promise<T> {
    const { fetch, base, deadlineMs } = this.#o
    const deadline = AbortSignal.timeout(deadlineMs)
    const init: RequestInit = {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      signal: signal === undefined ? deadline : either(signal, deadline),
      credentials: 'same-origin',
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }
    const response = await fetch(base + path, init).catch(error => {
      throw new ApiError(`the server does not answer (${reasonOf(error)})`, { status: 0, code: 'no_answer' })
    })
    if (response.ok) return response.status === 204 ? (undefined as T) : (response.json() as Promise<T>)
    if (response.status === 401) for (const listener of this.#listeners) listener()
    throw await faultOf(response)
  }
}

/** Aborts when one of them does, as AbortSignal.any: phones of some years ago do not have it. The second must abort some time. */
function either(one: AbortSignal, deadline: AbortSignal): AbortSignal {
  const ends = new AbortController()
  for (const signal of [one, deadline]) {
    const end = () => ends.abort(signal.reason)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { signal: ends.signal })
  }
  return ends.signal
}

async function faultOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined)
  const { error, message } = (body ?? {}) as { error?: unknown; message?: unknown }
  const words = typeof message === 'string' ? message : `the server answered ${response.status}`
  const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1000 || 0
  return new ApiError(words, {
    status: response.status,
    code: typeof error === 'string' ? error : 'failed',
    retryAfterMs,
  })
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'no answer in time'
  return error instanceof Error ? error.message : String(error)
}
