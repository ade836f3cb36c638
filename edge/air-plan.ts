// What a radio can carry with its settings: how often its rooms are made known, and what is left for posts.
import type { KissConf } from '#common/config/radio-conf.ts'
import { airtimeMs } from './radio/airtime.ts'
import { airShares } from './radio/transmit-queue.ts'
import type { AdvertTimes } from './room-server/room-adverts.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** Bytes of packets by the shortest way: a push of 150 bytes of text, an ACK, an advert with all it may hold. */
const pushBytes = 166
const ackBytes = 6
const advertBytes = 134
/** The firmware's, on new installs. */
const zeroHopMinutes = 2
/** Of the duty cycle, for adverts whose times nobody has set. */
const advertShare = 0.1
const membersShown = [1, 10, 50]

/** The times given, or the firmware's; but adverts that nobody asked for take at most a tenth of the duty cycle. */
export function advertTimes(conf: KissConf, rooms: number): AdvertTimes {
  const { advertMinutes, floodAdvertHours } = conf.mesh
  const cheapMs = (airtimeMs(advertBytes, conf) * rooms) / (conf.dutyCycle * advertShare)
  const minutes = advertMinutes ?? Math.max(zeroHopMinutes, Math.ceil(cheapMs / minuteMs))
  return { zeroHopMs: minutes * minuteMs, floodMs: floodAdvertHours * hourMs }
}

/** For the operator, a line each. */
export function airPlan(conf: KissConf, rooms: number): string[] {
  const { frequencyHz, bandwidthHz, spreadingFactor, codingRate, txPowerDbm, dutyCycle, preset } = conf
  const settings = `${frequencyHz / 1e6} MHz, ${bandwidthHz / 1e3} kHz, SF${spreadingFactor}, 4/${codingRate}, ${txPowerDbm} dBm`
  const budgetMs = dutyCycle * hourMs
  const [pushMs, ackMs, advertMs] = [pushBytes, ackBytes, advertBytes].map(bytes => airtimeMs(bytes, conf))
  const advertsMs = advertsOfAnHour(conf, rooms) * (advertMs ?? 0)
  const leftMs = Math.max(0, budgetMs * airShares.local - advertsMs)
  const posts = membersShown.map(members => {
    const count = Math.floor(leftMs / ((ackMs ?? 0) + members * (pushMs ?? 0)))
    return `${count} to ${members === 1 ? 'one member' : `${members} members`}`
  })
  return [
    `radio: ${settings}${preset === undefined ? '' : ` (preset "${preset}")`}`,
    `air: ${seconds(budgetMs)} s an hour (${dutyCycle * 100} %); a push of 150 bytes takes ${seconds(pushMs)} s, an ACK ${seconds(ackMs)} s, adverts ${seconds(advertsMs)} s an hour`,
    `air: that is, of posts of 150 bytes, ${posts.join(', ')} an hour, where no repeater is needed`,
  ]
}

function advertsOfAnHour(conf: KissConf, rooms: number): number {
  const { zeroHopMs } = advertTimes(conf, rooms)
  return zeroHopMs === 0 ? 0 : (rooms * hourMs) / zeroHopMs
}

function seconds(ms = 0): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 2 : 0)
}
