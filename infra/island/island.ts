// One radio coverage: an air, modems for edges, nodes with their owners, and repeaters where a node is further away.
import { decodeAdvert, nodeType } from '#edge/radio/adverts.ts'
import { newIdentity, type RadioIdentity } from '#edge/radio/crypto.ts'
import { decodePacket, type Packet, payloadType } from '#edge/radio/packet.ts'
import { Air, type Antenna, type Fate, type Flight, type Heard } from './air.ts'
import { chanceOf } from './chance.ts'
import { MeshSender } from './mesh-sender.ts'
import { IslandNode } from './node.ts'
import { IslandCompanion, IslandModem, type RadioTable, tuning } from './ports.ts'
import { Repeater } from './repeater.ts'
import { IslandClock } from './time.ts'

export interface IslandOptions {
  /** How much faster than ours the time of the air runs. Airtimes that are told are those of the formula all the same. */
  speed?: number
  /** Share of the packets that each link loses, 0 to 1. Two islands with the same seed lose the same. */
  loss?: number
  seed?: string
  /** Of two packets that collide, the one that is stronger by so many dB is heard. Default: none is. */
  captureDb?: number
  /** Keys of the regions whose floods its repeaters repeat. */
  regions?: readonly Uint8Array[]
}

export interface NodeOptions {
  /** Public key of the room server. */
  room: Uint8Array
  /** Repeaters between it and the modem. */
  hops?: number
  identity?: RadioIdentity
  /** Of the path hashes in what it floods. */
  hashBytes?: 1 | 2 | 3
  /** Key of the region in which it floods. */
  region?: Uint8Array
  /** How far its clock is ahead of ours. */
  aheadSeconds?: number
}

/** A packet that was on the air. */
export interface SentPacket {
  /** Name of the station: "modem", "repeater 1", or the node's. */
  who: string
  bytes: Uint8Array
  /** Undefined when the bytes are no packet. */
  packet: Packet | undefined
  /** By the formula, whatever the speed of the island. */
  airtimeMs: number
  /** Unix ms of its start. */
  at: number
}

/** The line to a radio: a serial port with this path, or any free TCP port. */
export type Where = { port: string } | { tcp: true }

const sentMax = 100_000

export class Island {
  readonly air: Air
  /** The newest 100,000, in the order of their starts. */
  readonly sent: SentPacket[] = []
  /** How often what became of a packet at a station. */
  readonly fates: Record<Fate, number> = { heard: 0, lost: 0, collided: 0, sending: 0, away: 0 }
  /** Public keys of the room servers that have made themselves known on the air, by name. */
  readonly rooms = new Map<string, Uint8Array>()
  readonly nodes: IslandNode[] = []
  readonly modems: IslandModem[] = []
  readonly companions: IslandCompanion[] = []
  readonly #o: IslandOptions
  readonly #seed: string
  readonly #time: IslandClock
  #repeaters = 0

  private constructor(options: IslandOptions) {
    const { speed = 1, seed = 'island', loss = 0, captureDb } = options
    this.#o = options
    this.#seed = seed
    this.#time = new IslandClock(speed)
    this.air = new Air({
      time: this.#time,
      seed,
      loss,
      ...(captureDb !== undefined && { captureDb }),
      onFlight: flight => this.#note(flight),
      onFate: (_flight, _to, fate) => {
        this.fates[fate] += 1
      },
    })
  }

  static async start(options: IslandOptions = {}): Promise<Island> {
    return new Island(options)
  }

  /** The [radio] section of the edge at the first modem. */
  get conf(): RadioTable {
    const [modem] = this.modems
    if (modem === undefined) throw new Error('an island without a modem has no edge')
    return modem.conf
  }

  /** A KISS modem at a serial port, which needs socat, or at a TCP port of this machine. Several hear each other. */
  async modem(where: Where): Promise<IslandModem> {
    const name = this.modems.length === 0 ? 'modem' : `modem ${this.modems.length + 1}`
    const antenna = this.#join(name, 0, { hear: heard => modem.hear(heard), damaged: () => modem.damaged() })
    antenna.tuning = undefined
    const line = { serialPort: serialPortOf(where) }
    const modem = new IslandModem({ antenna, time: this.#time, seed: `${this.#seed} ${name}`, ...line })
    await modem.replug()
    this.modems.push(modem)
    return modem
  }

  /** A stock companion radio with this name, at a port as a modem's, beside the modem on the air. */
  async companion(name: string, where: Where, identity = newIdentity()): Promise<IslandCompanion> {
    const ears = { hear: (heard: Heard) => radio.hear(heard), damaged: () => radio.damaged() }
    const antenna = this.#join(name, 0, ears)
    const sender = this.#sender(name, antenna)
    const radio = new IslandCompanion({ name, identity, sender, antenna, serialPort: serialPortOf(where) })
    await radio.replug()
    this.companions.push(radio)
    return radio
  }

  /** A node whose contact is the room with this key. */
  node(name: string, options: NodeOptions): IslandNode {
    const { room, hops = 0, identity = newIdentity(), hashBytes = 1, region, aheadSeconds = 0 } = options
    while (this.#repeaters < hops) this.#addRepeater()
    const antenna = this.#join(name, hops + 1, { hear: ({ packet }) => node.hear(packet) })
    const sender = this.#sender(name, antenna)
    const node: IslandNode = new IslandNode({
      name,
      identity,
      room,
      hashBytes,
      region,
      sender,
      clock: () => Math.floor(Date.now() / 1000) + aheadSeconds,
      time: this.#time,
      power: isOn => {
        antenna.isOn = isOn
        if (!isOn) sender.forget()
      },
    })
    this.nodes.push(node)
    return node
  }

  /** Any other radio, beside the modem: hears every packet that reaches it, and sends bytes as they are. */
  station(name: string, hear: (heard: Heard) => void): { send: (packet: Uint8Array) => void } {
    const sender = this.#sender(name, this.#join(name, 0, { hear }))
    return { send: packet => sender.sendBytes(packet) }
  }

  /** By the formula, of all that this station has sent since that Unix ms. */
  airtimeMs(who: string, since = 0): number {
    return this.sent
      .filter(one => one.who === who && one.at >= since)
      .reduce((sum, { airtimeMs }) => sum + airtimeMs, 0)
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) node.end()
    this.#time.stop()
    await Promise.all([...this.modems, ...this.companions].map(radio => radio.unplug()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #addRepeater(): void {
    this.#repeaters += 1
    const name = `repeater ${this.#repeaters}`
    const antenna = this.#join(name, this.#repeaters, { hear: ({ packet }) => repeater.hear(packet) })
    const { regions = [] } = this.#o
    const chance = chanceOf(`${this.#seed} ${name} delays`)
    const repeater = new Repeater({ identity: newIdentity(), sender: this.#sender(name, antenna), chance, regions })
  }

  #join(name: string, place: number, ears: { hear: (heard: Heard) => void; damaged?: () => void }): Antenna {
    const antenna = this.air.join({ name, place, ...ears })
    antenna.tuning = tuning
    return antenna
  }

  #sender(name: string, antenna: Antenna): MeshSender {
    return new MeshSender({ antenna, time: this.#time, chance: chanceOf(`${this.#seed} ${name} sender`) })
  }

  #note({ from, packet: bytes, startAt, endAt }: Flight): void {
    const packet = packetOf(bytes)
    this.sent.push({ who: from, bytes, packet, airtimeMs: endAt - startAt, at: Date.now() })
    const room = packet && roomIn(packet)
    if (room !== undefined) this.rooms.set(room.name, room.publicKey)
    if (this.sent.length > sentMax) this.sent.shift()
  }
}

function serialPortOf(where: Where): string | undefined {
  return 'port' in where ? where.port : undefined
}

/** The room server that makes itself known with this packet. */
function roomIn({ type, payload }: Packet): { name: string; publicKey: Uint8Array } | undefined {
  if (type !== payloadType.advert) return undefined
  try {
    const advert = decodeAdvert(payload)
    return advert.isSigned && advert.type === nodeType.room ? advert : undefined
  } catch {
    return undefined
  }
}

function packetOf(bytes: Uint8Array): Packet | undefined {
  try {
    return decodePacket(bytes)
  } catch {
    return undefined
  }
}
