// A server in the hands of a test that offers posts and ships none.
import type { Cursor } from '#common/cursor.ts'
import type { PostLog } from '#common/post-log.ts'
import { epochs, LinkByHand } from './link-by-hand.ts'

/** A server of a test's hand that offers these as the next of its log, and covers them without a post. */
export class Offerer {
  readonly hand: LinkByHand
  #place: Cursor = { epoch: epochs.peer, offset: 0 }

  constructor(log: PostLog, id: string) {
    this.hand = new LinkByHand({ logs: [log], peer: { id } })
  }

  async start(): Promise<void> {
    this.hand.link.start()
    await this.hand.settle()
    const n = this.hand.named('resume').at(-1)?.n ?? 0
    this.hand.send({ t: 'start', room: 'main', n, epoch: epochs.peer, after: 0, head: 0 })
  }

  async offer(guids: string[]): Promise<void> {
    const { epoch, offset: after } = this.#place
    this.hand.send({ t: 'offer', room: 'main', epoch, after, next: after + guids.length, guids })
    await this.hand.settle()
  }

  async cover(count: number): Promise<void> {
    const { epoch, offset: after } = this.#place
    this.#place = { epoch, offset: after + count }
    this.hand.send({ t: 'posts', room: 'main', epoch, after, next: after + count, posts: [] })
    await this.hand.settle()
  }

  /** How many of its offers were answered. */
  async wants(): Promise<number> {
    await this.hand.settle()
    return this.hand.named('want').length
  }
}
