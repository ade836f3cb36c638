// Sets a KISS modem as we want it, and looks whether it still is: it forgets everything when it restarts.
import {
  type CarrierSense,
  carrierSenseFrames,
  getAirtime,
  getBattery,
  getDeviceName,
  getNoiseFloor,
  getRadio,
  getSignalReport,
  getStats,
  getTemperature,
  getTxPower,
  getVersion,
  type ModemRequest,
  ping,
  setRadio,
  setSignalReport,
  setTxPower,
} from './kiss-commands.ts'
import { type KissSession, RefusedError } from './kiss-session.ts'
import { packetBytesMax } from './packet.ts'
import { type Modem, RadioError, type RadioSettings, type RadioStats } from './radio.ts'

/** Longer than the slowest settings that LoRa has make the longest packet: what says more counts nonsense. */
const airtimeMaxMs = 300_000

/** A modem that is set, and what it says of itself. */
export interface KnownModem extends Modem {
  /** On the air, of the longest packet. */
  longestMs: number
}

export interface Wishes {
  settings: RadioSettings
  carrierSense: CarrierSense
}

/** What the modem counts and measures; null where it does not. */
export type Health = Pick<RadioStats, 'damaged' | 'noiseFloorDbm' | 'batteryMillivolts' | 'temperatureCelsius'>

/** @throws RadioError when it does not answer, or is not set as we want it */
export async function setUp(session: KissSession, { settings, carrierSense }: Wishes): Promise<KnownModem> {
  await session.ask(ping)
  const version = await session.ask(getVersion)
  const board = await askIfKnown(session, getDeviceName)
  await session.ask(setSignalReport(true))
  await session.ask(setRadio(settings))
  await session.ask(setTxPower(settings.txPowerDbm))
  session.tell(carrierSenseFrames(carrierSense))
  await checkSettings(session, settings)
  const longestMs = await session.ask(getAirtime(packetBytesMax))
  if (longestMs === 0 || longestMs > airtimeMaxMs)
    throw new RadioError(`the radio says that a packet takes ${longestMs} ms: it is not set as we want it`)
  return { board, version, longestMs }
}

/** @throws RadioError when it does not answer, or is no longer set as we want it */
export async function checkUp(session: KissSession, settings: RadioSettings): Promise<Health> {
  await checkSettings(session, settings)
  const stats = await askIfKnown(session, getStats)
  return {
    damaged: stats?.damaged ?? null,
    noiseFloorDbm: await askIfKnown(session, getNoiseFloor),
    // A board that cannot measure it says 0.
    batteryMillivolts: (await askIfKnown(session, getBattery)) || null,
    temperatureCelsius: await askIfKnown(session, getTemperature),
  }
}

async function checkSettings(session: KissSession, wanted: RadioSettings): Promise<void> {
  const modulation = await session.ask(getRadio)
  const actual = { ...modulation, txPowerDbm: await session.ask(getTxPower) }
  if (words(actual) !== words(wanted))
    throw new RadioError(`the radio is set to ${words(actual)} instead of ${words(wanted)}`)
  if (!(await session.ask(getSignalReport))) throw new RadioError('the radio no longer says how packets were heard')
}

async function askIfKnown<T>(session: KissSession, request: ModemRequest<T>): Promise<T | null> {
  try {
    return await session.ask(request)
  } catch (error) {
    if (error instanceof RefusedError) return null
    throw error
  }
}

function words({ frequencyHz, bandwidthHz, spreadingFactor, codingRate, txPowerDbm }: RadioSettings): string {
  return `${frequencyHz} Hz / ${bandwidthHz} Hz / SF${spreadingFactor} / 4:${codingRate} / ${txPowerDbm} dBm`
}
