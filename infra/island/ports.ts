// The radios of an island that programs use: each with its line, which may be unplugged.
import type { RadioIdentity } from '#edge/radio/crypto.ts'
import type { Antenna, Heard, Tuning } from './air.ts'
import { chanceOf } from './chance.ts'
import { CompanionPort } from './companion-port.ts'
import { KissModem } from './kiss-modem.ts'
import type { MeshSender } from './mesh-sender.ts'
import { ModemLine } from './modem-line.ts'
import type { IslandClock } from './time.ts'

/** The [radio] section of an edge. */
export type RadioTable = Readonly<Record<string, string | number>>

/** As everything on an island is set. */
export const tuning: Tuning = { frequencyHz: 869_618_000, bandwidthHz: 62_500, spreadingFactor: 8, codingRate: 5 }
const txPowerDbm = 14

interface IslandModemParts {
  antenna: Antenna
  time: IslandClock
  seed: string
  serialPort: string | undefined
}

/** A modem and its cable. */
export class IslandModem {
  readonly #modem: KissModem
  readonly #line: ModemLine

  constructor({ antenna, time, seed, serialPort }: IslandModemParts) {
    this.#line = new ModemLine({ serialPort, onBytes: bytes => this.#modem.take(bytes) })
    this.#modem = new KissModem({
      antenna,
      time,
      chance: chanceOf(seed),
      name: 'Island',
      write: bytes => this.#line.write(bytes),
      onReboot: () => void this.unplug().then(() => this.replug()),
    })
  }

  /** Where the edge finds it: a device, or `tcp://host:port`. */
  get port(): string {
    return this.#line.port
  }

  /** The [radio] section of its edge. */
  get conf(): RadioTable {
    return {
      port: this.port,
      frequency: tuning.frequencyHz / 1e6,
      bandwidth: tuning.bandwidthHz / 1e3,
      spreading_factor: tuning.spreadingFactor,
      coding_rate: tuning.codingRate,
      tx_power: txPowerDbm,
    }
  }

  hear(heard: Heard): void {
    this.#modem.hear(heard)
  }

  damaged(): void {
    this.#modem.damaged()
  }

  /** The cable is pulled: it has no power either. */
  async unplug(): Promise<void> {
    this.#modem.restart()
    await this.#line.unplug()
  }

  /** It starts anew, at the same port. */
  async replug(): Promise<void> {
    this.#modem.restart()
    await this.#line.plug()
  }
}

interface IslandCompanionParts {
  name: string
  identity: RadioIdentity
  antenna: Antenna
  sender: MeshSender
  serialPort: string | undefined
}

/** A companion radio and its cable. */
export class IslandCompanion {
  readonly #port: CompanionPort
  readonly #line: ModemLine
  readonly #p: IslandCompanionParts

  constructor(parts: IslandCompanionParts) {
    this.#p = parts
    const { name, identity, sender, serialPort } = parts
    this.#line = new ModemLine({ serialPort, onBytes: bytes => this.#port.take(bytes) })
    const write = (bytes: Uint8Array) => this.#line.write(bytes)
    const seconds = () => Date.now() / 1000
    this.#port = new CompanionPort({ name, identity, sender, tuning, txPowerDbm, seconds, write })
  }

  /** Where a program finds it: a device, or `tcp://host:port`. */
  get port(): string {
    return this.#line.port
  }

  /** Public key, hex. */
  get key(): string {
    return Buffer.from(this.#p.identity.publicKey).toString('hex')
  }

  hear(heard: Heard): void {
    this.#port.hear(heard)
  }

  damaged(): void {
    this.#port.damaged()
  }

  /** The cable is pulled: it has no power either, and what nobody has read is gone. */
  async unplug(): Promise<void> {
    this.#p.antenna.isOn = false
    this.#p.sender.forget()
    this.#port.restart()
    await this.#line.unplug()
  }

  async replug(): Promise<void> {
    await this.#line.plug()
    this.#p.antenna.isOn = true
  }
}
