// Says in time that a certificate ends: 30, 7 and 1 days before, and when it has. Each once, with what to do.
import { type CertificateFacts, daysLeft, soonDays } from './certificate-facts.ts'
import type { Log } from './log.ts'
import { NewestMap } from './newest.ts'

const dayMs = 86_400_000
const lookMs = 3_600_000
/** Whoever was noted first goes first. */
const watchedMax = 512

/** Days before the end; 0: it has ended. The least first, and then the first warning of all. */
const lastSteps = [0, 1, 7]

/** The most urgent warning that is due at `now` (Unix ms), in days before the end; 0: it has ended. */
export function warningDue(
  { validTo }: Pick<CertificateFacts, 'validTo'>,
  now: number,
  firstDays: number = soonDays,
): number | undefined {
  return [...lastSteps, firstDays].find(days => Date.parse(validTo) - now <= days * dayMs)
}

export interface CertificateOwner {
  /** Tells owners apart. */
  id: string
  /** Begins the line, like `the certificate of "City B"`. */
  what: string
  /** Ends it. */
  advice: string
}

interface Watched {
  owner: CertificateOwner
  facts: CertificateFacts
  /** The last warning given for it. */
  said: number | undefined
}

export interface CertificateWatchOptions {
  log: Log
  /** Unix ms; undefined while the clock is known to be wrong: in 1970 nothing ends. */
  now: () => number | undefined
}

export class CertificateWatch {
  readonly #o: CertificateWatchOptions
  readonly #watchedById = new NewestMap<string, Watched>(watchedMax)
  #timer: NodeJS.Timeout | undefined

  constructor(options: CertificateWatchOptions) {
    this.#o = options
  }

  /** This is what `owner` shows now. */
  note(owner: CertificateOwner, facts: CertificateFacts): void {
    const before = this.#watchedById.get(owner.id)
    const isSame = before?.facts.pin === facts.pin && before.facts.validTo === facts.validTo
    const watched = { owner, facts, said: isSame ? before.said : undefined }
    this.#watchedById.set(owner.id, watched)
    this.#look(watched)
  }

  /** Looks again now and then, until `stop`. */
  start(): void {
    this.#timer ??= setInterval(() => this.#lookAtAll(), lookMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #lookAtAll(): void {
    for (const watched of this.#watchedById.values()) this.#look(watched)
  }

  #look(watched: Watched): void {
    const now = this.#o.now()
    const due = now === undefined ? undefined : warningDue(watched.facts, now)
    if (now === undefined || due === undefined || due >= (watched.said ?? Number.POSITIVE_INFINITY)) return
    watched.said = due
    this.#o.log.warn(endingLine(watched.owner, watched.facts, now))
  }
}

/** `now` in Unix ms. */
export function endingLine(
  { what, advice }: Pick<CertificateOwner, 'what' | 'advice'>,
  facts: CertificateFacts,
  now: number,
): string {
  return `${what} ${ending(facts, now)} (${facts.validTo.slice(0, 10)}): ${advice}`
}

function ending(facts: CertificateFacts, now: number): string {
  if (Date.parse(facts.validTo) <= now) return 'has ended'
  const days = daysLeft(facts, now)
  if (days === 0) return 'ends in less than a day'
  return days === 1 ? 'ends in 1 day' : `ends in ${days} days`
}
