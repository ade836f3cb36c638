// The air of an island: what is sent takes its time, is heard by who is near and listens, and is lost where two things
// come at once. Nothing of it knows what the bytes mean.
import { airtimeMs } from '#edge/radio/airtime.ts'
import { type Chance, chanceOf } from './chance.ts'
import type { IslandTime } from './time.ts'

/** Who is set otherwise is not heard, and disturbs nobody. */
export interface Tuning {
  frequencyHz: number
  bandwidthHz: number
  spreadingFactor: number
  codingRate: number
}

export interface Heard {
  packet: Uint8Array
  snrDb: number
  rssiDbm: number
}

export interface Station {
  name: string
  /** Along a road; those that are more than 1 apart do not hear each other. */
  place: number
  hear(heard: Heard): void
  /** Something came that could not be read. */
  damaged?(): void
}

/** A packet under way. Times are the island's. */
export interface Flight {
  from: string
  packet: Uint8Array
  startAt: number
  endAt: number
}

/** What became of a flight at one station that is near. `away`: that is off, or tuned to something else. */
export type Fate = 'heard' | 'lost' | 'collided' | 'sending' | 'away'

export interface AirOptions {
  time: IslandTime
  seed: string
  /** Share of the packets that each link loses, 0 to 1. */
  loss?: number
  /** Of two packets that collide, the one that is stronger by so many dB is heard all the same. Default: none ever is. */
  captureDb?: number
  /** Told at the start of each. */
  onFlight?: (flight: Flight) => void
  /** Told at the end of each, for every station near the sender. */
  onFate?: (flight: Flight, to: string, fate: Fate) => void
}

/** A carrier is noticed when some symbols of its preamble are over: who starts before that collides. */
const noticedSymbols = 4

interface Link {
  chance: Chance
  snrDb: number
  rssiDbm: number
}

interface OwnFlight extends Flight {
  sender: Antenna
  tuning: Tuning
  isOver: boolean
}

export class Air {
  /** May be changed at any time. */
  loss: number
  /** A test that loses what it wants: true, and this station does not hear it. */
  loses: (flight: Flight, to: string) => boolean = () => false
  readonly #o: AirOptions
  readonly #antennas: Antenna[] = []
  readonly #links = new Map<string, Link>()
  /** Under way, or over and still in the way of one that is. */
  #flights: OwnFlight[] = []

  constructor(options: AirOptions) {
    this.#o = options
    this.loss = options.loss ?? 0
  }

  get now(): number {
    return this.#o.time.now()
  }

  /** Nobody sends. */
  get isQuiet(): boolean {
    return this.#flights.every(({ isOver }) => isOver)
  }

  /** Names must differ: the loss between two stations depends on the seed and their names. */
  join(station: Station): Antenna {
    if (this.#antennas.some(({ name }) => name === station.name)) throw new Error(`two stations named ${station.name}`)
    const antenna = new Antenna(this, station)
    this.#antennas.push(antenna)
    return antenna
  }

  /** For antennas. */
  launch(sender: Antenna, tuning: Tuning, packet: Uint8Array, done: () => void): void {
    const startAt = this.now
    const endAt = startAt + airtimeMs(packet.length, tuning)
    const flight: OwnFlight = { from: sender.name, sender, tuning, packet, startAt, endAt, isOver: false }
    this.#flights.push(flight)
    this.#o.onFlight?.(flight)
    this.#o.time.after(flight.endAt - startAt, () => {
      this.#land(flight)
      done()
    })
  }

  /** For antennas: a carrier of somebody else, that was on long enough to be noticed. */
  hasCarrier(antenna: Antenna): boolean {
    const { now } = this
    return this.#flights.some(
      flight =>
        flight.startAt + noticedMs(flight.tuning) <= now && flight.endAt > now && this.#reaches(flight, antenna),
    )
  }

  #land(flight: OwnFlight): void {
    for (const antenna of this.#antennas) {
      if (antenna === flight.sender || !isNear(antenna, flight.sender)) continue
      const link = this.#link(flight.sender.name, antenna.name)
      // Drawn for every flight, so that what a link loses does not depend on what collides.
      const isLost = link.chance() < this.loss
      const fate = this.#fate(flight, antenna, isLost)
      this.#o.onFate?.(flight, antenna.name, fate)
      if (fate === 'heard') antenna.hear({ packet: flight.packet, snrDb: link.snrDb, rssiDbm: link.rssiDbm })
      else if (fate === 'collided') antenna.damaged()
    }
    flight.isOver = true
    const underWay = this.#flights.filter(({ isOver }) => !isOver)
    this.#flights = this.#flights.filter(one => !one.isOver || underWay.some(other => overlap(one, other)))
  }

  #fate(flight: OwnFlight, antenna: Antenna, isLost: boolean): Fate {
    if (!this.#reaches(flight, antenna)) return 'away'
    const others = this.#flights.filter(one => one !== flight && overlap(one, flight))
    if (others.some(({ sender }) => sender === antenna)) return 'sending'
    if (others.some(one => this.#reaches(one, antenna) && !this.#isStronger(flight, one, antenna))) return 'collided'
    return isLost || this.loses(flight, antenna.name) ? 'lost' : 'heard'
  }

  #isStronger(flight: OwnFlight, other: OwnFlight, { name }: Antenna): boolean {
    const { captureDb = Number.POSITIVE_INFINITY } = this.#o
    return this.#link(flight.from, name).rssiDbm - this.#link(other.from, name).rssiDbm >= captureDb
  }

  #reaches({ sender, tuning }: OwnFlight, antenna: Antenna): boolean {
    return sender !== antenna && isNear(sender, antenna) && antenna.isOn && isSame(antenna.tuning, tuning)
  }

  #link(from: string, to: string): Link {
    const name = `${from}\0${to}`
    const known = this.#links.get(name)
    if (known !== undefined) return known
    const chance = chanceOf(`${this.#o.seed}\0${name}`)
    const rssiDbm = -60 - Math.floor(chance() * 45)
    const link = { chance, rssiDbm, snrDb: Math.min(12, (rssiDbm + 120) / 4) }
    this.#links.set(name, link)
    return link
  }
}

/** A station's place on the air. It sends one packet at a time, and hears nothing meanwhile. */
export class Antenna {
  /** Undefined: it neither sends nor hears. */
  tuning: Tuning | undefined
  isOn = true
  readonly #air: Air
  readonly #station: Station
  #isSending = false

  constructor(air: Air, station: Station) {
    this.#air = air
    this.#station = station
  }

  get name(): string {
    return this.#station.name
  }

  get place(): number {
    return this.#station.place
  }

  get isSending(): boolean {
    return this.#isSending
  }

  /** Somebody else is heard to send. */
  get isBusy(): boolean {
    return this.#air.hasCarrier(this)
  }

  /** Ms on the air, not rounded; 0 while it is not tuned. */
  airtimeMs(bytes: number): number {
    return this.tuning === undefined ? 0 : airtimeMs(bytes, this.tuning)
  }

  /** `done` at its end. False when it cannot: it is off, not tuned, or sends already. */
  send(packet: Uint8Array, done: () => void): boolean {
    if (!this.isOn || this.tuning === undefined || this.#isSending) return false
    this.#isSending = true
    this.#air.launch(this, this.tuning, packet, () => {
      this.#isSending = false
      done()
    })
    return true
  }

  hear(heard: Heard): void {
    this.#station.hear(heard)
  }

  damaged(): void {
    this.#station.damaged?.()
  }
}

function isNear(a: Antenna, b: Antenna): boolean {
  return Math.abs(a.place - b.place) <= 1
}

function isSame(a: Tuning | undefined, b: Tuning): boolean {
  return (
    a !== undefined &&
    a.frequencyHz === b.frequencyHz &&
    a.bandwidthHz === b.bandwidthHz &&
    a.spreadingFactor === b.spreadingFactor
  )
}

function overlap(a: Flight, b: Flight): boolean {
  return a.startAt < b.endAt && b.startAt < a.endAt
}

function noticedMs({ spreadingFactor, bandwidthHz }: Tuning): number {
  return ((noticedSymbols * 2 ** spreadingFactor) / bandwidthHz) * 1000
}
