// MeshCore's KISS modem, without its line: bytes of the host in, bytes for the host out, and an antenna. It has no crypto
// service. Source of the rules: the firmware's examples/kiss_modem/KissModem.cpp and main.cpp.
import type { Antenna, Heard, Tuning } from './air.ts'
import { type Chance, wholeFrom } from './chance.ts'
import { framed, HostFrames } from './kiss-frames.ts'
import type { IslandTime } from './time.ts'

export interface KissModemParts {
  antenna: Antenna
  time: IslandTime
  chance: Chance
  /** Of the board. */
  name: string
  write: (bytes: Uint8Array) => void
  /** It was told to restart: the line breaks. */
  onReboot: () => void
}

const dataType = 0
const hardwareType = 6
const okCode = 0xf0
const errorCode = 0xf1
const txDoneCode = 0xf8
const rxMetaCode = 0xf9
const errors = { length: 1, unknownCommand: 5, txBusy: 7 }
const packetBytesMax = 255
/** Steps of TXDELAY and SLOTTIME. */
const stepMs = 10
const lookMs = 2

/** What the host may set; gone with the power. */
interface ModemState {
  /** As SetRadio had it: 10 bytes. */
  radio: Buffer
  power: number
  txDelay: number
  persistence: number
  slotTime: number
  fullDuplex: boolean
  signalReport: boolean
}

export class KissModem {
  readonly #p: KissModemParts
  #frames = new HostFrames()
  #state = freshState()
  /** Pending, from its frame to its TxDone. */
  #packet: Uint8Array | undefined
  #cancelStep: () => void = () => {}
  readonly #stats = { heard: 0, sent: 0, damaged: 0 }

  constructor(parts: KissModemParts) {
    this.#p = parts
  }

  /** Bytes of the host, in any cut. */
  take(bytes: Uint8Array): void {
    for (const [type = 0, ...data] of this.#frames.take(bytes)) this.#obey(type, data)
  }

  /** Its power was off: nothing that was set is left, and what is pending is lost. */
  restart(): void {
    this.#frames = new HostFrames()
    this.#state = freshState()
    this.#p.antenna.tuning = undefined
    this.#packet = undefined
    this.#cancelStep()
    Object.assign(this.#stats, { heard: 0, sent: 0, damaged: 0 })
  }

  hear({ packet, snrDb, rssiDbm }: Heard): void {
    this.#stats.heard += 1
    this.#say(dataType, packet)
    if (this.#state.signalReport) this.#answer(rxMetaCode, Math.round(snrDb * 4) & 255, rssiDbm & 255)
  }

  damaged(): void {
    this.#stats.damaged += 1
  }

  #obey(type: number, data: readonly number[]): void {
    // 255 is "return"; the upper half is a port, and there is one only.
    if (type === 255 || type >> 4 !== 0) return
    const [first] = data
    if (type === dataType) this.#takePacket(data)
    else if (first === undefined) return
    else if (type === 1) this.#state.txDelay = first
    else if (type === 2) this.#state.persistence = first
    else if (type === 3) this.#state.slotTime = first
    else if (type === 5) this.#state.fullDuplex = first !== 0
    else if (type === hardwareType) this.#command(first, data.slice(1))
  }

  #takePacket(data: readonly number[]): void {
    if (this.#packet !== undefined) return this.#answer(errorCode, errors.txBusy)
    if (data.length === 0 || data.length > packetBytesMax) return
    this.#packet = Uint8Array.from(data)
    if (this.#state.fullDuplex) this.#delay()
    else this.#waitForClear(this.#p.time.now())
  }

  /** At most for 1.5 times the longest packet; then it sends all the same. */
  #waitForClear(since: number): void {
    const { antenna, time, chance } = this.#p
    if (antenna.isBusy) {
      if (time.now() - since >= 1.5 * antenna.airtimeMs(packetBytesMax)) return this.#delay()
      return this.#stepAfter(lookMs, () => this.#waitForClear(since))
    }
    if (wholeFrom(chance, 0, 256) <= this.#state.persistence) return this.#delay()
    this.#stepAfter(this.#state.slotTime * stepMs, () => this.#waitForClear(time.now()))
  }

  #delay(): void {
    this.#stepAfter(this.#state.txDelay * stepMs, () => this.#transmit())
  }

  #transmit(): void {
    const packet = this.#packet
    if (packet === undefined) return
    const isUnderWay = this.#p.antenna.send(packet, () => {
      // After a restart it is nobody's.
      if (this.#packet === packet) this.#done(true)
    })
    if (!isUnderWay) this.#done(false)
  }

  #done(isSent: boolean): void {
    if (isSent) this.#stats.sent += 1
    this.#packet = undefined
    this.#answer(txDoneCode, isSent ? 1 : 0)
  }

  #stepAfter(ms: number, step: () => void): void {
    this.#cancelStep = this.#p.time.after(ms, step)
  }

  #command(command: number, data: readonly number[]): void {
    const answer = commands.get(command)?.(this.#state, data, {
      antenna: this.#p.antenna,
      name: this.#p.name,
      stats: this.#stats,
    })
    if (answer === undefined) return this.#answer(errorCode, errors.unknownCommand)
    this.#answer(...answer)
    if (command === rebootCommand) this.#p.onReboot()
  }

  #answer(code: number, ...data: readonly number[]): void {
    this.#say(hardwareType, Uint8Array.of(code, ...data))
  }

  #say(type: number, data: Uint8Array): void {
    this.#p.write(framed(type, data))
  }
}

interface Surroundings {
  antenna: Antenna
  name: string
  stats: { heard: number; sent: number; damaged: number }
}

type Answer = [code: number, ...data: number[]]
type Command = (state: ModemState, data: readonly number[], around: Surroundings) => Answer

const rebootCommand = 0x18
const tooShort: Answer = [errorCode, errors.length]

/** By their numbers. The answer bears the number with its top bit set, if it is not a plain OK. */
const commands = new Map<number, Command>([
  [0x09, setRadio],
  [0x0a, setTxPower],
  [0x0b, ({ radio }) => [0x8b, ...radio]],
  [0x0c, ({ power }) => [0x8c, power]],
  [0x0d, () => [0x8d, -114 & 255]],
  [0x0e, (_, __, { antenna }) => [0x8e, antenna.isBusy ? 1 : 0]],
  // The formula's, however fast the time of the island runs; cut as the firmware cuts it.
  [0x0f, (_, [bytes], { antenna }) => (bytes === undefined ? tooShort : [0x8f, ...le32(antenna.airtimeMs(bytes))])],
  [0x10, () => [0x90, -112 & 255, 255]],
  [0x11, () => [0x91, 1, 0]],
  [0x12, (_, __, { stats }) => [0x92, ...le32(stats.heard), ...le32(stats.sent), ...le32(stats.damaged)]],
  [0x13, () => [0x93, 4111 & 255, 4111 >> 8]],
  [0x14, () => [0x94, 255, 0]],
  [0x15, () => [0x95]],
  [0x16, (_, __, { name }) => [0x96, ...Buffer.from(name)]],
  [0x17, () => [0x97]],
  [rebootCommand, () => [okCode]],
  [0x19, setSignalReport],
  [0x1a, ({ signalReport }) => [0x9a, signalReport ? 1 : 0]],
])

function setRadio(state: ModemState, data: readonly number[], { antenna }: Surroundings): Answer {
  if (data.length < 10) return tooShort
  state.radio = Buffer.from(data.slice(0, 10))
  antenna.tuning = tuningFrom(state.radio)
  return [okCode]
}

function setTxPower(state: ModemState, [power]: readonly number[]): Answer {
  if (power === undefined) return tooShort
  state.power = power
  return [okCode]
}

function setSignalReport(state: ModemState, [on]: readonly number[]): Answer {
  if (on === undefined) return tooShort
  state.signalReport = on !== 0
  return [0x9a, on === 0 ? 0 : 1]
}

/** Undefined for what no radio can do: the modem says OK all the same. */
function tuningFrom(radio: Buffer): Tuning | undefined {
  const [spreadingFactor = 0, codingRate = 0] = radio.subarray(8)
  const bandwidthHz = radio.readUInt32LE(4)
  const isPossible =
    spreadingFactor >= 5 && spreadingFactor <= 12 && codingRate >= 5 && codingRate <= 8 && bandwidthHz > 0
  return isPossible ? { frequencyHz: radio.readUInt32LE(0), bandwidthHz, spreadingFactor, codingRate } : undefined
}

function freshState(): ModemState {
  const radio = Buffer.alloc(10)
  return { radio, power: 0, txDelay: 50, persistence: 63, slotTime: 10, fullDuplex: false, signalReport: true }
}

function le32(value: number): number[] {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(Math.floor(value))
  return [...bytes]
}
