// A channel as a place where posts are said: everybody who has its key hears them, and nobody acknowledges.
import { type AirTextContext, quotedText } from '#common/air-text.ts'
import type { Post } from '#common/post.ts'
import type { CompanionRadio } from '../radio/companion-radio.ts'
import { CompanionRefusal } from '../radio/companion-session.ts'
import type { WishedChannel } from '../radio/companion-setup.ts'
import { RadioError } from '../radio/radio.ts'
import { textType } from '../radio/texts.ts'
import type { Air } from '../room-server/air.ts'
import { blankChannelText } from './blank-packets.ts'
import type { AirTarget, OutgoingPart, SendOutcome } from './outgoing.ts'
import type { RadioClock } from './radio-clock.ts'

/** Of the radio's name, ": " and the text (MAX_TEXT_LEN in the firmware's src/helpers/BaseChatMesh.h). */
const lineBytesMax = 160

export interface ChannelTargetParts {
  radio: Pick<CompanionRadio, 'modem' | 'send'>
  channel: WishedChannel
  air: Air
  clock: RadioClock
  texts: AirTextContext
}

export class ChannelTarget implements AirTarget {
  readonly source = 'channel'
  readonly #p: ChannelTargetParts

  constructor(parts: ChannelTargetParts) {
    this.#p = parts
  }

  quote(post: Post): { speaker: string; parts: readonly string[] } | undefined {
    const { radio, texts } = this.#p
    return radio.modem === null ? undefined : quotedText(post, texts, lineBytesMax - this.#headBytes)
  }

  /** Its members may be in reach of another radio of the same channel, or not. */
  isThere(): boolean {
    return false
  }

  async send({ text, airClass, kind, room, author, stamp, stamped }: OutgoingPart): Promise<SendOutcome> {
    const { radio, channel, air, clock } = this.#p
    const index = [...(radio.modem?.channels ?? [])].find(([, one]) => one === channel)?.[0]
    if (index === undefined) return 'unsaid'
    const packet = blankChannelText(this.#headBytes + Buffer.byteLength(text))
    if (!(await air.send({ packet, airClass, delayMs: 0, room, author, kind }).sent))
      return stamp === undefined ? 'unsaid' : 'unknown'
    const timestamp = stamp ?? clock.next()
    stamped(timestamp)
    try {
      return await radio.send({
        command: {
          kind: 'send-channel-text',
          ...{ type: textType.plain, channel: index, timestamp, text: Buffer.from(text) },
        },
        pick: reply => (reply.kind === 'ok' ? 'said' : undefined),
      })
    } catch (error) {
      if (error instanceof CompanionRefusal) return 'unsaid'
      if (error instanceof RadioError) return 'unknown'
      throw error
    }
  }

  get #headBytes(): number {
    return Buffer.byteLength(`${this.#p.radio.modem?.name ?? ''}: `)
  }
}
