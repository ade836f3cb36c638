// What a light spoke has written into one room: a list, how far it was sent on this link, how far it was acknowledged.
import { postsBytesMax, postsPerFrameMax } from '#common/protocol/frames.ts'
import type { BenchPost } from '../broker.ts'
import { opcode, wsFrame } from './websocket.ts'

const comma = Buffer.from(',')
const frameEnd = Buffer.from(']}')

export class OwnLog {
  readonly #room: string
  readonly #epoch: string
  readonly #posts: BenchPost[] = []
  /** Offset; undefined until the other end has said on this link where it stands. */
  #sent: number | undefined
  #acked = 0

  constructor(room: string, epoch: string) {
    this.#room = room
    this.#epoch = epoch
  }

  get head(): number {
    return this.#posts.length
  }

  add(post: BenchPost): void {
    this.#posts.push(post)
  }

  /** The next frame begins after `offset`; undefined: none yet. */
  goOnAfter(offset: number | undefined): void {
    this.#sent = offset
  }

  /** Calls back for each post that this ack is the first to cover. */
  ackUpTo(offset: number, onAck: (seq: number) => void): void {
    while (this.#acked < offset) {
      const post = this.#posts[this.#acked]
      if (post === undefined) throw new Error(`ack of offset ${offset}, the head is ${this.head}`)
      this.#acked += 1
      onAck(post.seq)
    }
  }

  /** All posts not yet sent on this link as WebSocket frames, as few as the protocol allows. */
  takeFrames(): Buffer[] {
    const frames: Buffer[] = []
    while (this.#sent !== undefined && this.#sent < this.head) {
      const posts = this.#cut(this.#sent)
      const next = this.#sent + posts.length
      const range = `"after":${this.#sent},"next":${next}`
      const head = `{"t":"posts","room":"${this.#room}","epoch":"${this.#epoch}",${range},"posts":[`
      const parts = posts.flatMap((post, i) => (i === 0 ? [post.payload] : [comma, post.payload]))
      frames.push(wsFrame(opcode.text, [Buffer.from(head), ...parts, frameEnd]))
      this.#sent = next
    }
    return frames
  }

  /** Posts for one frame, from index `from` on. */
  #cut(from: number): BenchPost[] {
    let bytes = 256
    let to = from
    for (; to < this.head && to - from < postsPerFrameMax; to += 1) {
      bytes += (this.#posts[to]?.payload.length ?? 0) + 1
      if (bytes > postsBytesMax && to > from) break
    }
    return this.#posts.slice(from, to)
  }
}
