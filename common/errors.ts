// The errors that both programs tell apart. Each knows what the caller should do next; expected outcomes are values instead.

/** One fault of a config file, printed as `file:line: key: reason`. */
export interface Fault {
  file: string
  line: number
  key: string
  reason: string
}

/** The config cannot be used; carries every fault at once. The program ends with exit code 78 (EX_CONFIG, sysexits.h). */
export class ConfigError extends Error {
  readonly faults: readonly Fault[]
  constructor(faults: readonly Fault[]) {
    super(faults.map(f => `${f.file}:${f.line}: ${f.key}: ${f.reason}`).join('\n'))
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/** The store did not answer in time or is away; nothing was acknowledged. Try again later. */
export class StoreUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreUnavailableError'
  }
}

export interface LinkErrorOptions {
  told?: string
  retryAfterMs?: number | undefined
}

/** A link must end with this close code (see protocol/close-codes.ts); `message` goes to the other end and to the log. */
export class LinkError extends Error {
  readonly code: number
  /** What the other end is told: what to do is another thing there. */
  readonly told: string
  /** When to come back, where that is not as the code says. */
  readonly retryAfterMs: number | undefined
  constructor(code: number, message: string, { told = message, retryAfterMs }: LinkErrorOptions = {}) {
    super(message)
    this.name = 'LinkError'
    this.code = code
    this.told = told
    this.retryAfterMs = retryAfterMs
  }
}

/** A client's request is refused: `code` is for programs, `message` says what to do, `status` is the HTTP status. */
export class RequestError extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'RequestError'
    this.status = status
    this.code = code
  }
}

/** Too much of something in too little time; later it will do. `message` says what, and how long to wait. */
export class RateLimitError extends RequestError {
  readonly retryAfterMs: number
  constructor(code: string, message: string, retryAfterMs: number) {
    super(429, code, message)
    this.name = 'RateLimitError'
    this.retryAfterMs = retryAfterMs
  }
}
