// While a federation changes its secret: says in time who still uses the one before, and ends that when its time is over.
import type { Log } from '../log.ts'
import { closeCodes } from './close-codes.ts'
import type { Self } from './handshake.ts'
import type { Link } from './link.ts'
import type { LiveLinks } from './live-links.ts'
import { hasEnded } from './secrets.ts'

const lookMs = 10_000
/** The end itself is not waited for longer than it takes. */
const soonMs = 100
const dayMs = 86_400_000
/** Days before the end, the least first. */
const steps = [1, 7]
const namesShown = 5

export interface PreviousSecretWatchOptions {
  self: Pick<Self, 'previousSecret' | 'now'>
  links: Pick<LiveLinks, 'all'>
  log: Log
}

/** Looks now and then until the function it returns is called. */
export function watchPreviousSecret(options: PreviousSecretWatchOptions): () => void {
  if (options.self.previousSecret === undefined) return () => {}
  const watch = new PreviousSecretWatch(options)
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    watch.look()
    timer = setTimeout(look, watch.nextLookMs()).unref()
  }
  look()
  return () => clearTimeout(timer)
}

class PreviousSecretWatch {
  readonly #o: PreviousSecretWatchOptions
  #saidEnded = false
  /** The last warning given, in days before the end. */
  #said = Number.POSITIVE_INFINITY

  constructor(options: PreviousSecretWatchOptions) {
    this.#o = options
  }

  look(): void {
    const { self, links } = this.#o
    const { previousSecret } = self
    if (previousSecret?.until === undefined) return
    const users = links.all().filter(({ peer }) => peer.secret === 'previous')
    if (hasEnded(previousSecret, self.now())) this.#end(users)
    else this.#warn(users, previousSecret.until)
  }

  nextLookMs(): number {
    const { previousSecret, now } = this.#o.self
    const left = (previousSecret?.until ?? Number.POSITIVE_INFINITY) - now()
    return left > 0 ? Math.min(lookMs, Math.max(soonMs, left)) : lookMs
  }

  /** Also those that were proved in the last moment. */
  #end(users: readonly Link[]): void {
    for (const link of users) link.close(closeCodes.proof, 'the previous federation secret has ended')
    if (this.#saidEnded) return
    this.#saidEnded = true
    const closed = users.length === 0 ? 'no link is by it' : `${linksOf(users)} closed`
    this.#o.log.warn(
      `the previous federation secret has ended: ${closed}; remove federation_secret_previous from the config`,
    )
  }

  #warn(users: readonly Link[], until: number): void {
    const left = until - this.#o.self.now()
    const due = steps.find(days => left <= days * dayMs)
    if (due === undefined || due >= this.#said || users.length === 0) return
    this.#said = due
    const end = `${new Date(until).toISOString().slice(0, 16)}Z`
    this.#o.log.warn(`the previous federation secret ends at ${end}, and ${linksOf(users)} still by it`)
  }
}

/** `2 links ("City A", "City B") are`. */
function linksOf(links: readonly Link[]): string {
  const names = links.slice(0, namesShown).map(({ peer }) => `"${peer.name}"`)
  if (links.length > namesShown) names.push('…')
  return links.length === 1 ? `1 link (${names}) is` : `${links.length} links (${names.join(', ')}) are`
}
