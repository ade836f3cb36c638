// Reads the texts that a companion radio keeps. Reading takes a text away from the radio, and nothing acknowledges it: each
// is stored before the next is asked for.
import { setTimeout as delay } from 'node:timers/promises'
import type { ReceivedText } from './companion-received.ts'
import type { CompanionReply } from './companion-replies.ts'
import type { CompanionSession } from './companion-session.ts'
import type { WishedChannel } from './companion-setup.ts'

/** A text as it was read from the radio. It is nowhere else any more. */
export type HeardText =
  /** `from`: first 6 bytes of the sender's key. */
  | { kind: 'direct'; from: Uint8Array; body: ReceivedText }
  | { kind: 'channel'; channel: WishedChannel; body: ReceivedText }

export interface CompanionReaderParts {
  /** Resolves when it is stored, or of no use. Rejects when it should be tried again. */
  onText: (text: HeardText) => Promise<void>
  /** By the radio's number of the channel. */
  channels: () => ReadonlyMap<number, WishedChannel>
  storeAgainMs: number
}

/**
 * A radio writes a text down as it hears it, in the layout of the app that it knows then: in the old one after a restart,
 * until it is told our version.
 */
type TextReply = Extract<
  CompanionReply,
  { kind: 'contact-text' | 'old-contact-text' | 'channel-text' | 'old-channel-text' }
>

export class CompanionReader {
  readonly #p: CompanionReaderParts
  /** Read, and not stored yet; it outlives a line. */
  readonly #unstored: TextReply[] = []

  constructor(parts: CompanionReaderParts) {
    this.#p = parts
  }

  /** True for what the radio had in its queue, and has no more. It is stored by the next `readAll`. */
  keep(reply: CompanionReply): boolean {
    if (!isText(reply)) return reply.kind === 'channel-data'
    this.#unstored.push(reply)
    return true
  }

  /** Ends when the radio has no more. @throws RadioError when the line ends; what was read is stored the next time */
  async readAll(session: CompanionSession): Promise<void> {
    let isEmpty = false
    while (!isEmpty) {
      await this.#storeAll(session.over)
      isEmpty = await session.ask({
        command: { kind: 'next-text' },
        pick: reply => {
          if (this.keep(reply)) return false
          return reply.kind === 'no-more-texts' ? true : undefined
        },
      })
    }
  }

  async #storeAll(over: AbortSignal): Promise<void> {
    for (let [first] = this.#unstored; first !== undefined; [first] = this.#unstored) {
      const text = this.#heardText(first)
      if (text === undefined || (await this.#isStored(text))) this.#unstored.shift()
      else await delay(this.#p.storeAgainMs, undefined, { signal: over }).catch(() => {})
      over.throwIfAborted()
    }
  }

  async #isStored(text: HeardText): Promise<boolean> {
    return await this.#p.onText(text).then(
      () => true,
      () => false,
    )
  }

  /** Undefined for a text in a channel that is none of ours. */
  #heardText(reply: TextReply): HeardText | undefined {
    if ('from' in reply) return { kind: 'direct', from: reply.from, body: reply.body }
    const channel = this.#p.channels().get(reply.channel)
    return channel && { kind: 'channel', channel, body: reply.body }
  }
}

function isText(reply: CompanionReply): reply is TextReply {
  return ['contact-text', 'old-contact-text', 'channel-text', 'old-channel-text'].includes(reply.kind)
}
