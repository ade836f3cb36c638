// A repeater: says every flood once more, with its own hash at the end of the path, and passes on what names it as the
// next hop. Source of the rules: the firmware's src/Mesh.cpp and examples/simple_repeater/MyMesh.cpp.
import { decodeMultipartAck, encodeAck } from '#edge/radio/acks.ts'
import { type RadioIdentity, transportCode } from '#edge/radio/crypto.ts'
import { decodePacket, isFlood, type Packet, payloadType } from '#edge/radio/packet.ts'
import { PacketError } from '#edge/radio/packet-error.ts'
import { type Chance, wholeFrom } from './chance.ts'
import type { MeshSender, SendWishes } from './mesh-sender.ts'
import { Seen } from './seen.ts'

export interface RepeaterParts {
  identity: RadioIdentity
  sender: Pick<MeshSender, 'send' | 'airtimeMs'>
  chance: Chance
  /** Keys of the regions whose floods it repeats, beside those of no region. */
  regions?: readonly Uint8Array[]
}

const pathBytesMax = 64
/** Default tx_delay_factor and direct_tx_delay_factor: of a packet's airtime, in up to five steps. */
const floodDelayFactor = 0.5
const directDelayFactor = 0.3
/** So long apart are the ACKs that are sent twice. */
const multiAckMs = 300

const neverFlooded: readonly number[] = [payloadType.raw, payloadType.multipart, payloadType.control]

export class Repeater {
  readonly #p: RepeaterParts
  readonly #seen = new Seen()

  constructor(parts: RepeaterParts) {
    this.#p = parts
  }

  hear(bytes: Uint8Array): void {
    try {
      const packet = decodePacket(bytes)
      if (isFlood(packet)) this.#repeat(packet)
      else this.#passOn(packet)
    } catch (error) {
      if (!(error instanceof PacketError)) throw error
    }
  }

  #repeat(packet: Packet): void {
    const { hashBytes, hops } = packet.path
    if (neverFlooded.includes(packet.type) || !this.#isOfRegion(packet)) return
    if (hops.length + hashBytes > pathBytesMax || !this.#seen.isNew(packet)) return
    const own = this.#p.identity.publicKey.subarray(0, hashBytes)
    const path = { hashBytes, hops: Buffer.concat([hops, own]) }
    const priority = path.hops.length / hashBytes
    this.#send({ ...packet, path }, { priority, delayMs: this.#delay(packet, floodDelayFactor) })
  }

  #passOn(packet: Packet): void {
    const { hashBytes, hops } = packet.path
    const own = this.#p.identity.publicKey.subarray(0, hashBytes)
    if (hops.length === 0 || !own.every((byte, i) => byte === hops[i])) return
    const onward = { ...packet, path: { hashBytes, hops: hops.subarray(hashBytes) } }
    if (packet.type === payloadType.multipart) return this.#passOnPart(onward)
    if (!this.#seen.isNew(packet)) return
    const delayMs = packet.type === payloadType.ack ? 0 : this.#delay(packet, directDelayFactor)
    this.#send(onward, { priority: 0, delayMs })
  }

  /** Goes on as a plain ACK, at the time at which the last of its parts would. */
  #passOnPart(packet: Packet): void {
    const { remaining, ...ack } = decodeMultipartAck(packet.payload)
    const plain = { ...packet, type: payloadType.ack, payload: encodeAck(ack) }
    if (this.#seen.isNew(plain)) this.#send(plain, { priority: 0, delayMs: (remaining + 1) * multiAckMs })
  }

  #isOfRegion({ transportCodes, type, payload }: Packet): boolean {
    if (transportCodes === undefined) return true
    const { regions = [] } = this.#p
    return regions.some(key => transportCode(key, type, payload) === transportCodes[0])
  }

  #delay(packet: Packet, factor: number): number {
    return wholeFrom(this.#p.chance, 0, 5 * Math.floor(this.#p.sender.airtimeMs(packet) * factor) + 1)
  }

  #send(packet: Packet, wishes: SendWishes): void {
    this.#p.sender.send(packet, wishes)
  }
}
