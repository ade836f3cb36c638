// What is said to a room server by a companion radio, and how its answers are known.
import { decodeAck } from '../radio/acks.ts'
import { takeUint32, uint32 } from '../radio/bytes.ts'
import type { CompanionRadio } from '../radio/companion-radio.ts'
import { type CompanionReply, refusal } from '../radio/companion-replies.ts'
import { CompanionRefusal, type CompanionRequest } from '../radio/companion-session.ts'
import { askOk } from '../radio/companion-setup.ts'
import { decodePacket, type Path, payloadType } from '../radio/packet.ts'
import { PacketError } from '../radio/packet-error.ts'
import { keepAliveAck, requestType } from '../radio/requests.ts'
import { textType } from '../radio/texts.ts'

export interface RoomLineParts {
  radio: Pick<CompanionRadio, 'ask' | 'send' | 'onTold' | 'restoreRoom' | 'known'>
  /** Public key of the room server. */
  key: Uint8Array
  password: string
  /** On top of what the radio says an answer takes. */
  slackMs: number
  sleep: (ms: number, signal: AbortSignal) => Promise<unknown>
}

export type LoginAnswer = Extract<CompanionReply, { kind: 'login-success' }>

export interface SaidText {
  attempt: number
  timestamp: number
  text: Uint8Array
  /** What would acknowledge it, hex: that of this try is added. Any of them counts. */
  acks: string[]
}

export class RoomLine {
  readonly #p: RoomLineParts

  constructor(parts: RoomLineParts) {
    this.#p = parts
  }

  /** Null: only floods reach it. @throws RadioError */
  async wayThere(): Promise<Path | null> {
    const { radio, key } = this.#p
    try {
      const contact = await radio.ask({
        command: { kind: 'get-contact', publicKey: key },
        pick: reply => (reply.kind === 'contact' ? reply : undefined),
      })
      return contact.path
    } catch (error) {
      if (error instanceof CompanionRefusal) return null
      throw error
    }
  }

  /** What comes next goes by flood. @throws RadioError */
  async resetPath(): Promise<void> {
    await askOk(this.#p.radio, { kind: 'reset-path', publicKey: this.#p.key })
  }

  /** Undefined for silence: that is what a wrong password is met with. @throws RadioError */
  async login(signal: AbortSignal): Promise<LoginAnswer | undefined> {
    const { key, password } = this.#p
    const answer = await this.#answerTo(
      {
        command: { kind: 'login', publicKey: key, password },
        pick: reply => (reply.kind === 'sent' ? reply.timeoutMs : undefined),
      },
      reply => (reply.kind === 'login-success' || reply.kind === 'login-failed') && this.#isRoom(reply.from),
      signal,
    )
    return answer?.kind === 'login-success' ? answer : undefined
  }

  /** True when it is acknowledged in time. @throws RadioError */
  async say({ attempt, timestamp, text, acks }: SaidText, signal: AbortSignal): Promise<boolean> {
    const to = this.#p.key.subarray(0, 6)
    const answer = await this.#answerTo(
      {
        command: { kind: 'send-text', type: textType.plain, attempt, timestamp, to, text },
        pick: reply => {
          if (reply.kind !== 'sent') return undefined
          acks.push(hex(reply.tag))
          return reply.timeoutMs
        },
      },
      reply => reply.kind === 'confirmed' && acks.includes(hex(reply.tag)),
      signal,
    )
    return answer !== undefined
  }

  /**
   * The room pushes anew what is later than this second of its clock. It listens only when the way is known. True when it is
   * heard to acknowledge that in time: the radio keeps the answer to itself, but tells every packet that it hears. @throws RadioError
   */
  async pushFrom(second: number, signal: AbortSignal): Promise<boolean> {
    const since = uint32(second)
    const type = requestType.keepAlive
    const ownKey = this.#p.radio.known?.publicKey ?? new Uint8Array()
    let ack = ''
    const answer = await this.#answerTo(
      {
        command: { kind: 'send-request', publicKey: this.#p.key, data: Buffer.concat([Uint8Array.of(type), since]) },
        pick: reply => {
          if (reply.kind !== 'sent') return undefined
          const timestamp = takeUint32(reply.tag, 0, 'tag')
          ack = hex(keepAliveAck({ timestamp, type, data: since }, ownKey))
          return reply.timeoutMs
        },
      },
      reply => reply.kind === 'heard' && ackIn(reply.packet) === ack,
      signal,
    )
    return answer !== undefined
  }

  /** What the radio tells in time; `request` gives how long that is. @throws RadioError */
  async #answerTo(
    request: CompanionRequest<number>,
    isAnswer: (reply: CompanionReply) => boolean,
    signal: AbortSignal,
  ): Promise<CompanionReply | undefined> {
    const { radio, sleep, slackMs } = this.#p
    const woken = new AbortController()
    const answers: CompanionReply[] = []
    const stop = radio.onTold(reply => {
      if (!isAnswer(reply)) return
      answers.push(reply)
      woken.abort()
    })
    try {
      const timeoutMs = await this.#send(request)
      await sleep(timeoutMs + slackMs, AbortSignal.any([signal, woken.signal]))
      return answers[0]
    } finally {
      stop()
    }
  }

  /** The contact may have been removed: with an app, or by newer ones. */
  async #send<T>(request: CompanionRequest<T>): Promise<T> {
    const { radio } = this.#p
    try {
      return await radio.send(request)
    } catch (error) {
      if (!(error instanceof CompanionRefusal) || error.reason !== refusal.notFound) throw error
      await radio.restoreRoom()
      return await radio.send(request)
    }
  }

  #isRoom(from: Uint8Array): boolean {
    return Buffer.from(this.#p.key.subarray(0, from.length)).equals(from)
  }
}

/** Hex; undefined for what is no ACK. */
function ackIn(bytes: Uint8Array): string | undefined {
  try {
    const { type, payload } = decodePacket(bytes)
    return type === payloadType.ack ? hex(decodeAck(payload).ack) : undefined
  } catch (error) {
    if (error instanceof PacketError) return undefined
    throw error
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
