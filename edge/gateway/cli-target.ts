// The two-radio set-up: posts are written on the room server's own command line, and the companion radio only reads.
import { type AirTextContext, quotedText } from '#common/air-text.ts'
import type { Post } from '#common/post.ts'
import { RadioError } from '../radio/radio.ts'
import { type RoomCli, roomPostBytesMax } from '../radio/room-cli.ts'
import { isFromRoomServer } from './heard-posts.ts'
import type { AirTarget, OutgoingPart, SendOutcome } from './outgoing.ts'

export interface CliTargetParts {
  cli: Pick<RoomCli, 'state' | 'post'>
  /** Public key of the room server. */
  key: Uint8Array
  texts: AirTextContext
  rfMaxAgeMs: number
}

export class CliTarget implements AirTarget {
  readonly source = 'lora'
  readonly #p: CliTargetParts

  constructor(parts: CliTargetParts) {
    this.#p = parts
  }

  quote(post: Post): { speaker: string; parts: readonly string[] } | undefined {
    const { cli, texts } = this.#p
    return cli.state === 'ready' ? quotedText(post, texts, roomPostBytesMax) : undefined
  }

  isThere(post: Post): boolean {
    return isFromRoomServer(post, this.#p.key, this.#p.rfMaxAgeMs)
  }

  /** The command line knows no retries: what was written when the line broke may be there twice. */
  async send({ text }: OutgoingPart): Promise<SendOutcome> {
    try {
      return (await this.#p.cli.post(text)) ? 'said' : 'unsaid'
    } catch (error) {
      if (error instanceof RadioError) return 'unsaid'
      throw error
    }
  }
}
