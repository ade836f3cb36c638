// Packets of a node or repeater that wait for the air: the most urgent first, when they are due, and when nobody else is
// heard. Source of the rules: the firmware's src/Dispatcher.cpp.
import { encodePacket, type Packet } from '#edge/radio/packet.ts'
import type { Antenna } from './air.ts'
import { type Chance, wholeFrom } from './chance.ts'
import type { IslandTime } from './time.ts'

export interface SendWishes {
  /** 0 is the most urgent. */
  priority?: number
  /** Not before so long. */
  delayMs?: number
}

export interface MeshSenderParts {
  antenna: Antenna
  time: IslandTime
  chance: Chance
}

/** The firmware's pool of packets; what finds no place in it is lost. */
const waitingMax = 16
/** Who hears somebody else looks again after 120 to 360 ms, and after 4 s sends all the same. */
const lookAgainMs = 120
const patienceMs = 4000

interface Waiting {
  bytes: Uint8Array
  priority: number
  dueAt: number
}

export class MeshSender {
  readonly #p: MeshSenderParts
  #waiting: Waiting[] = []
  #busySince: number | undefined
  #cancelLook: () => void = () => {}

  constructor(parts: MeshSenderParts) {
    this.#p = parts
  }

  /** Ms on the air of a packet. */
  airtimeMs(packet: Packet): number {
    return this.#p.antenna.airtimeMs(encodePacket(packet).length)
  }

  send(packet: Packet, wishes: SendWishes = {}): void {
    this.sendBytes(encodePacket(packet), wishes)
  }

  sendBytes(bytes: Uint8Array, { priority = 1, delayMs = 0 }: SendWishes = {}): void {
    if (this.#waiting.length >= waitingMax) return
    this.#waiting.push({ bytes, priority, dueAt: this.#p.time.now() + delayMs })
    this.#lookAfter(0)
  }

  /** As a restart does. */
  forget(): void {
    this.#waiting = []
    this.#busySince = undefined
    this.#cancelLook()
  }

  #lookAfter(ms: number): void {
    this.#cancelLook()
    this.#cancelLook = this.#p.time.after(ms, () => this.#look())
  }

  #look(): void {
    const { antenna, time } = this.#p
    if (antenna.isSending || this.#waiting.length === 0) return
    const now = time.now()
    const due = this.#waiting.filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.priority - b.priority)
    const [next] = due
    if (next === undefined) return this.#lookAfter(Math.min(...this.#waiting.map(({ dueAt }) => dueAt)) - now)
    if (antenna.isBusy && this.#isPatient(now)) return this.#lookAfter(lookAgainMs * wholeFrom(this.#p.chance, 1, 4))
    this.#busySince = undefined
    this.#waiting = this.#waiting.filter(one => one !== next)
    if (!antenna.send(next.bytes, () => this.#look())) this.#lookAfter(lookAgainMs)
  }

  #isPatient(now: number): boolean {
    this.#busySince ??= now
    return now - this.#busySince <= patienceMs
  }
}
