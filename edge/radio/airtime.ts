// How long a packet is on the air: the LoRa formula of Semtech's SX126x data sheet (rev. 2.1, section 6.1.4), with an
// explicit header and a CRC, as the firmware sends.
import type { RadioSettings } from './radio.ts'

type LoraSettings = Pick<RadioSettings, 'spreadingFactor' | 'bandwidthHz' | 'codingRate'>

/** Bits in front of the payload, and of the CRC behind it. */
const headerBits = 20
const crcBits = 16
/** Low data rate optimisation: the chip needs it from this length of a symbol on. */
const longSymbolMs = 16.38

/** Symbols before the first of the packet. The firmware (RadioLibWrappers.cpp) sends more where a symbol is short. */
export function preambleSymbols(spreadingFactor: number): number {
  return spreadingFactor <= 8 ? 32 : 16
}

/** `packetBytes`: 0 to 255. */
export function airtimeMs(packetBytes: number, { spreadingFactor, bandwidthHz, codingRate }: LoraSettings): number {
  const symbolMs = (2 ** spreadingFactor / bandwidthHz) * 1000
  // SF5 and SF6 are sent with a longer sync, and with their header among the payload.
  const isShort = spreadingFactor <= 6
  const syncSymbols = isShort ? 6.25 : 4.25
  const bits = 8 * packetBytes + crcBits + headerBits - 4 * spreadingFactor + (isShort ? 0 : 8)
  const bitsPerBlock = 4 * (symbolMs >= longSymbolMs ? spreadingFactor - 2 : spreadingFactor)
  const payloadSymbols = Math.ceil(Math.max(0, bits) / bitsPerBlock) * codingRate
  return (preambleSymbols(spreadingFactor) + syncSymbols + 8 + payloadSymbols) * symbolMs
}
