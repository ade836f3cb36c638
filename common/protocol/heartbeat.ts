// Notices a dead link, and measures the latency of a live one.
import { Latencies } from './latencies.ts'

export interface LinkTimings {
  /** A ping at least this often. */
  pingMs: number
  /** No frame for so long: the link is dead. */
  deadMs: number
}

/** Two pings may go unanswered: 20 s and 45 s by default. */
export function timingsFor(pingMs: number): LinkTimings {
  return { pingMs, deadMs: pingMs * 2.25 }
}

export interface HeartbeatOptions extends LinkTimings {
  /** A round trip that was measured before. */
  firstMs: number
  ping: (n: number) => void
  dead: () => void
}

/** Looks four times per ping interval; every frame heard counts as a sign of life. */
const looksPerPing = 4

export class Heartbeat {
  readonly #o: HeartbeatOptions
  readonly #timer: NodeJS.Timeout
  #heardAt = performance.now()
  /** When the last ping left; undefined while none waits for its pong. */
  #pingedAt: number | undefined
  #looks = 0
  #n = 0
  readonly latencies = new Latencies()

  constructor(options: HeartbeatOptions) {
    this.#o = options
    this.latencies.add(options.firstMs)
    this.#timer = setInterval(() => this.#look(), options.pingMs / looksPerPing)
    this.#timer.unref()
  }

  heard(): void {
    this.#heardAt = performance.now()
  }

  pong(n: number): void {
    if (n !== this.#n || this.#pingedAt === undefined) return
    this.latencies.add(performance.now() - this.#pingedAt)
    this.#pingedAt = undefined
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    if (now - this.#heardAt > this.#o.deadMs) return this.#o.dead()
    this.#looks += 1
    if (this.#looks % looksPerPing !== 0) return
    this.#n += 1
    this.#pingedAt = now
    this.#o.ping(this.#n)
  }
}
