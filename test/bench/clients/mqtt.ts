// A light MQTT 5 client: QoS 1 both ways, persistent session, No Local (an author's own posts do not come back).
import type { Access, BenchPost, Client, Spoke, SpokeOptions } from '../broker.ts'
import { within } from '../deadline.ts'
import { readSeq } from '../posts.ts'
import { Wire } from './wire.ts'

const connectMs = 20_000
const qos1NoLocal = 0x05
const type = { connack: 2, publish: 3, puback: 4, suback: 9, disconnect: 14 } as const

export const mqttClient: Client = {
  echoes: false,
  prepare: () => Promise.resolve(),
  spoke: (access, options) => new MqttSpoke(access, options),
}

class MqttSpoke implements Spoke {
  readonly #access: Access
  readonly #options: SpokeOptions
  readonly #seqByPacketId = new Int32Array(65536)
  #packetId = 0
  #wire: Wire | undefined
  #ready: { resolve: () => void; reject: (error: Error) => void } | undefined

  constructor(access: Access, options: SpokeOptions) {
    this.#access = access
    this.#options = options
  }

  async connect(): Promise<void> {
    await within(connectMs, `link of ${this.#options.name}`, this.#open())
  }

  async #open(): Promise<void> {
    const wire = await Wire.open(this.#access)
    this.#wire = wire
    const ready = new Promise<void>((resolve, reject) => {
      this.#ready = { resolve, reject }
    })
    wire.listen(
      (bytes, at) => this.#parse(bytes, at),
      error => this.#ready?.reject(error ?? new Error('closed by the broker')),
    )
    wire.write(connectPacket(this.#options.name))
    await ready
  }

  publish(post: BenchPost): void {
    this.#packetId = (this.#packetId % 65535) + 1
    this.#seqByPacketId[this.#packetId] = post.seq
    this.#wire?.write(publishPacket(post, this.#packetId))
  }

  async disconnect(): Promise<void> {
    await this.#wire?.close()
    this.#wire = undefined
  }

  #parse(bytes: Buffer, at: number): number {
    let pos = 0
    const acks: number[] = []
    for (;;) {
      const packet = nextPacket(bytes, pos)
      if (packet === undefined) break
      const kind = (bytes[pos] ?? 0) >> 4
      if (kind === type.publish) acks.push(this.#onPublish(bytes, packet.start, at))
      else this.#onOther(kind, bytes.subarray(packet.start, packet.end), at)
      pos = packet.end
    }
    if (acks.length > 0) this.#wire?.write(ackPackets(acks))
    return pos
  }

  /** Returns the packet id to acknowledge. */
  #onPublish(bytes: Buffer, start: number, at: number): number {
    const idAt = start + 2 + bytes.readUInt16BE(start)
    const propertiesBytes = bytes[idAt + 2] ?? 0
    this.#options.onDelivery(readSeq(bytes, idAt + 3 + propertiesBytes), at)
    return bytes.readUInt16BE(idAt)
  }

  #onOther(kind: number, body: Buffer, at: number): void {
    if (kind === type.puback) {
      this.#options.onAck(this.#seqByPacketId[body.readUInt16BE(0)] ?? 0, at)
      return
    }
    if (kind === type.disconnect) throw new Error('the broker disconnects')
    const reason = body.at(kind === type.connack ? 1 : -1) ?? 0
    if (reason >= 0x80) throw new Error(`refused with reason ${reason}`)
    const { follows, rooms } = this.#options
    if (kind === type.connack && follows) this.#wire?.write(subscribePacket(rooms))
    else this.#ready?.resolve()
  }
}

/** Where the packet at `pos` has its body, or undefined when it has not all come. */
function nextPacket(bytes: Buffer, pos: number): { start: number; end: number } | undefined {
  let length = 0
  for (let i = 1; i <= 4; i += 1) {
    const byte = bytes[pos + i]
    if (byte === undefined) return undefined
    length += (byte & 127) * 128 ** (i - 1)
    if (byte < 128) {
      const start = pos + i + 1
      return start + length <= bytes.length ? { start, end: start + length } : undefined
    }
  }
  throw new Error('a length of more than 4 bytes')
}

function packet(head: number, body: Buffer): Buffer {
  const length: number[] = []
  for (let rest = body.length; ; ) {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    length.push(rest > 0 ? low + 128 : low)
    if (rest === 0) break
  }
  return Buffer.concat([Buffer.from([head, ...length]), body])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint16(bytes.length), bytes])
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}

/** Version 5, no clean start, keep-alive off; properties: session expiry never, receive maximum 65535. */
function connectPacket(clientId: string): Buffer {
  const properties = Buffer.from([8, 0x11, 255, 255, 255, 255, 0x21, 255, 255])
  return packet(0x10, Buffer.concat([text('MQTT'), Buffer.from([5, 0, 0, 0]), properties, text(clientId)]))
}

function subscribePacket(rooms: readonly string[]): Buffer {
  const topics = rooms.flatMap(room => [text(`room/${room}`), Buffer.from([qos1NoLocal])])
  return packet(0x82, Buffer.concat([uint16(1), Buffer.from([0]), ...topics]))
}

function publishPacket({ room, payload }: BenchPost, packetId: number): Buffer {
  return packet(0x32, Buffer.concat([text(`room/${room}`), uint16(packetId), Buffer.from([0]), payload]))
}

function ackPackets(packetIds: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(packetIds.length * 4)
  packetIds.forEach((id, i) => {
    bytes.writeUInt32BE((0x4002_0000 | id) >>> 0, i * 4)
  })
  return bytes
}
