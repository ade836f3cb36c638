// One island on the air, as an edge meets it: a KISS modem at a serial port, and nodes that hear it and are heard.
import { decodePacket, encodePacket } from '#edge/radio/packet.ts'
import { KissModemScript, plugIn } from './kiss-modem-script.ts'
import { fromHex, toHex } from './meshcore-vectors.ts'
import { RadioNode } from './radio-node.ts'
import type { TomlTable } from './toml.ts'
import { waitFor } from './wait-for.ts'

/** How often what the modem has sent is given to the nodes. */
const airMs = 10

export class RadioIsland {
  readonly modem: KissModemScript
  readonly nodes: RadioNode[] = []
  readonly #port: string
  #cable: { unplug: () => Promise<void> }
  #delivered = 0
  #timer: NodeJS.Timeout

  private constructor(modem: KissModemScript, port: string, cable: { unplug: () => Promise<void> }) {
    this.modem = modem
    this.#port = port
    this.#cable = cable
    this.#timer = setInterval(() => this.#deliver(), airMs)
  }

  /** `port`: where the radio is found, as a serial port. */
  static async start(port: string): Promise<RadioIsland> {
    const modem = await KissModemScript.start()
    return new RadioIsland(modem, port, await plugIn(modem, port))
  }

  /** The [radio] section of an edge on this island. */
  get conf(): TomlTable {
    const settings = { frequency: 869.618, bandwidth: 62.5, spreading_factor: 8, coding_rate: 5, tx_power: 14 }
    return { port: this.#port, ...settings }
  }

  /** A node whose contact is the room with this key. */
  node(name: string, room: Uint8Array): RadioNode {
    const send = (packet: Parameters<typeof encodePacket>[0]) => this.modem.say(`00${toHex(encodePacket(packet))}`)
    const node = new RadioNode({ name, room, send, clock: () => Math.floor(Date.now() / 1000) })
    this.nodes.push(node)
    return node
  }

  /** Resolves when the node is welcome, and the room knows the way to it. Asks again, as its owner would. */
  async logIn(node: RadioNode, password: string): Promise<void> {
    const count = node.welcomes.length
    node.login(password)
    await waitFor(() => node.welcomes.length > count, { what: 'the welcome', deadlineMs: 15_000 })
  }

  async unplug(): Promise<void> {
    await this.#cable.unplug()
  }

  async replug(): Promise<void> {
    this.#cable = await plugIn(this.modem, this.#port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#cable.unplug()
    await this.modem.close()
  }

  #deliver(): void {
    const sent = this.modem.sent.slice(this.#delivered)
    this.#delivered += sent.length
    for (const hex of sent) for (const node of this.nodes) node.hear(decodePacket(fromHex(hex)))
  }
}
