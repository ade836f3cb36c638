// How long a packet is on the air: the LoRa formula of Semtech's SX126x data sheet (rev. 2.1, section 6.1.4; the same as
// in AN1200.13), with an explicit header and a CRC, as the firmware sends.
import type { RadioSettings } from './radio.ts'

export interface LoraSettings extends Pick<RadioSettings, 'spreadingFactor' | 'bandwidthHz' | 'codingRate'> {
  /** Where it is not the firmware's: older versions sent 16 always. */
  preambleSymbols?: number | undefined
}

/** Bits in front of the payload, and of the CRC behind it. */
const headerBits = 20
const crcBits = 16
/** Low data rate optimisation: the firmware's RadioLib has it from this length of a symbol on. */
const longSymbolMs = 16

/** Symbols before the first of the packet. The firmware (RadioLibWrappers.h) sends more where a symbol is short. */
export function preambleSymbols(spreadingFactor: number): number {
  return spreadingFactor <= 8 ? 32 : 16
}

/** Ms, not rounded: the modem's GetAirtime cuts off the fraction. `packetBytes`: 0 to 255. */
export function airtimeMs(packetBytes: number, settings: LoraSettings): number {
  const { spreadingFactor, bandwidthHz, codingRate } = settings
  const symbolMs = (2 ** spreadingFactor / bandwidthHz) * 1000
  // SF5 and SF6 are sent with a longer sync, and with their header among the payload.
  const isShort = spreadingFactor <= 6
  const syncSymbols = isShort ? 6.25 : 4.25
  const bits = 8 * packetBytes + crcBits + headerBits - 4 * spreadingFactor + (isShort ? 0 : 8)
  const bitsPerBlock = 4 * (symbolMs >= longSymbolMs ? spreadingFactor - 2 : spreadingFactor)
  const payloadSymbols = Math.ceil(Math.max(0, bits) / bitsPerBlock) * codingRate
  const preamble = settings.preambleSymbols ?? preambleSymbols(spreadingFactor)
  return (preamble + syncSymbols + 8 + payloadSymbols) * symbolMs
}
