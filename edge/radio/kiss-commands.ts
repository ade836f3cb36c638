// What MeshCore's KISS modem is asked, and what it says. Sources: the firmware's examples/kiss_modem/KissModem.{h,cpp}, and
// docs/kiss_modem_protocol.md where it agrees with them.
import { type KissFrame, kissCommand } from './kiss.ts'
import { packetBytesMax } from './packet.ts'
import type { RadioSettings } from './radio.ts'

const noData = new Uint8Array()

/** Sub-commands; the modem's answer bears the same number | 0x80, if it is not a plain OK. */
const hardware = {
  setRadio: 0x09,
  setTxPower: 0x0a,
  getRadio: 0x0b,
  getTxPower: 0x0c,
  getAirtime: 0x0f,
  getNoiseFloor: 0x10,
  getVersion: 0x11,
  getStats: 0x12,
  getBattery: 0x13,
  getTemperature: 0x14,
  getDeviceName: 0x16,
  ping: 0x17,
  setSignalReport: 0x19,
  getSignalReport: 0x1a,
} as const

const answerBit = 0x80
const okCode = 0xf0
const errorCode = 0xf1
const txDoneCode = 0xf8
const rxMetaCode = 0xf9

export const modemError = {
  invalidLength: 1,
  invalidParameter: 2,
  noCallback: 3,
  macFailed: 4,
  unknownCommand: 5,
  encryptFailed: 6,
  /** A packet is pending already, or the modem's two slots of output are full. */
  txBusy: 7,
} as const

/** A question, and how its answer is known and read. */
export interface ModemRequest<T> {
  /** For reasons that an operator reads. */
  name: string
  frame: KissFrame
  /** Sub-command of the answer. */
  answer: number
  /** Undefined when the data is no such answer. */
  read(data: Uint8Array): T | undefined
}

/** All but the power, which has a command of its own. */
export type Modulation = Omit<RadioSettings, 'txPowerDbm'>

export interface ModemStats {
  heard: number
  sent: number
  /** Heard and damaged. */
  damaged: number
}

export type ModemEvent =
  | { kind: 'packet'; packet: Uint8Array }
  | { kind: 'rx-meta'; snrDb: number; rssiDbm: number }
  | { kind: 'tx-done'; isSent: boolean }
  | { kind: 'error'; code: number }
  | { kind: 'answer'; answer: number; data: Uint8Array }

/** Undefined for what is no frame of this modem. */
export function readEvent({ port, command, data }: KissFrame): ModemEvent | undefined {
  if (port !== 0) return undefined
  if (command === kissCommand.setHardware) return readHardware(data)
  const isPacket = command === kissCommand.data && data.length > 0 && data.length <= packetBytesMax
  return isPacket ? { kind: 'packet', packet: data } : undefined
}

function readHardware([code, ...values]: Uint8Array): ModemEvent | undefined {
  const [first, second] = values
  if (code === undefined) return undefined
  if (code === rxMetaCode && first !== undefined && second !== undefined)
    return { kind: 'rx-meta', snrDb: signedByte(first) / 4, rssiDbm: signedByte(second) }
  if (code === txDoneCode && first !== undefined) return { kind: 'tx-done', isSent: first === 1 }
  if (code === errorCode && first !== undefined) return { kind: 'error', code: first }
  return { kind: 'answer', answer: code, data: Uint8Array.from(values) }
}

/** A packet for the air, 1 to 255 bytes: any other the modem drops in silence. */
export function dataFrame(packet: Uint8Array): KissFrame {
  return { port: 0, command: kissCommand.data, data: packet }
}

/** How long the modem waits for the air. It confirms none of this, and cannot be asked. */
export interface CarrierSense {
  /** Between a clear channel and the packet; in steps of 10 ms, at most 2,550. */
  txDelayMs: number
  /** 0 to 255: that of 256 clear channels it takes `persistence` + 1. */
  persistence: number
  /** Before it looks again after a channel that it did not take; in steps of 10 ms, at most 2,550. */
  slotTimeMs: number
}

/** Listening before talking too: another program may have turned it off. */
export function carrierSenseFrames({ txDelayMs, persistence, slotTimeMs }: CarrierSense): KissFrame[] {
  return [
    byteFrame(kissCommand.txDelay, txDelayMs / 10),
    byteFrame(kissCommand.persistence, persistence),
    byteFrame(kissCommand.slotTime, slotTimeMs / 10),
    byteFrame(kissCommand.fullDuplex, 0),
  ]
}

export const ping: ModemRequest<true> = ask('ping', hardware.ping, noData, () => true)

/** Of the modem's protocol, not of the firmware: 1. */
export const getVersion: ModemRequest<number> = ask('version', hardware.getVersion, noData, ([version]) => version)

/** Of the board, as its maker calls it. */
export const getDeviceName: ModemRequest<string> = ask('device name', hardware.getDeviceName, noData, data =>
  Buffer.from(data).toString(),
)

/** Zeros until the modem was first set: it does not know what the radio started with. */
export const getRadio: ModemRequest<Modulation> = ask('radio', hardware.getRadio, noData, data => {
  if (data.length < 10) return undefined
  const bytes = Buffer.from(data)
  return {
    frequencyHz: bytes.readUInt32LE(0),
    bandwidthHz: bytes.readUInt32LE(4),
    spreadingFactor: bytes.readUInt8(8),
    codingRate: bytes.readUInt8(9),
  }
})

/** dBm. */
export const getTxPower: ModemRequest<number> = ask('power', hardware.getTxPower, noData, ([power]) =>
  power === undefined ? undefined : signedByte(power),
)

/** Since the modem started. */
export const getStats: ModemRequest<ModemStats> = ask('stats', hardware.getStats, noData, data => {
  if (data.length < 12) return undefined
  const bytes = Buffer.from(data)
  return { heard: bytes.readUInt32LE(0), sent: bytes.readUInt32LE(4), damaged: bytes.readUInt32LE(8) }
})

/** dBm. */
export const getNoiseFloor: ModemRequest<number> = ask('noise floor', hardware.getNoiseFloor, noData, data =>
  data.length < 2 ? undefined : Buffer.from(data).readInt16LE(),
)

/** Millivolts; 0 where the board cannot measure it. */
export const getBattery: ModemRequest<number> = ask('battery', hardware.getBattery, noData, data =>
  data.length < 2 ? undefined : Buffer.from(data).readUInt16LE(),
)

/** °C, of the board's processor. */
export const getTemperature: ModemRequest<number> = ask('temperature', hardware.getTemperature, noData, data =>
  data.length < 2 ? undefined : Buffer.from(data).readInt16LE() / 10,
)

/** Whether a packet is followed by how it was heard. */
export const getSignalReport: ModemRequest<boolean> = ask('signal report', hardware.getSignalReport, noData, isOn)

/** How long a packet of so many bytes, 0 to 255, is on the air as the radio is set: ms. */
export function getAirtime(bytes: number): ModemRequest<number> {
  return ask('airtime', hardware.getAirtime, Uint8Array.of(bytes), data =>
    data.length < 4 ? undefined : Buffer.from(data).readUInt32LE(),
  )
}

/** The modem takes any values, and says OK. */
export function setRadio({ frequencyHz, bandwidthHz, spreadingFactor, codingRate }: Modulation): ModemRequest<true> {
  const data = Buffer.alloc(10)
  data.writeUInt32LE(frequencyHz, 0)
  data.writeUInt32LE(bandwidthHz, 4)
  data.writeUInt8(spreadingFactor, 8)
  data.writeUInt8(codingRate, 9)
  return { ...ask('radio settings', hardware.setRadio, data, () => true), answer: okCode }
}

export function setTxPower(dbm: number): ModemRequest<true> {
  return { ...ask('power setting', hardware.setTxPower, Uint8Array.of(dbm), () => true), answer: okCode }
}

/** Answered as the question is, and not with OK. */
export function setSignalReport(on: boolean): ModemRequest<boolean> {
  const request = ask('signal report setting', hardware.setSignalReport, Uint8Array.of(on ? 1 : 0), isOn)
  return { ...request, answer: getSignalReport.answer }
}

function ask<T>(
  name: string,
  subCommand: number,
  data: Uint8Array,
  read: (data: Uint8Array) => T | undefined,
): ModemRequest<T> {
  const frame = { port: 0, command: kissCommand.setHardware, data: Buffer.concat([Uint8Array.of(subCommand), data]) }
  return { name, frame, answer: subCommand | answerBit, read }
}

function isOn([status]: Uint8Array): boolean | undefined {
  return status === undefined ? undefined : status !== 0
}

function byteFrame(command: number, value: number): KissFrame {
  return { port: 0, command, data: Uint8Array.of(Math.min(255, Math.round(value))) }
}

function signedByte(byte: number): number {
  return byte > 127 ? byte - 256 : byte
}
