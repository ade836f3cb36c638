// What admins are told of radio and room, in the firmware's forms (src/helpers/StatsFormatHelper.h). What we do not know is
// left out.
import type { AdminContext } from './admin-context.ts'

export function shortStats({ stats }: AdminContext): string {
  const { heard, sent, airtimeSeconds, noiseFloorDbm } = stats()
  return `heard ${heard}, sent ${sent}, on air ${airtimeSeconds} s, noise ${noiseFloorDbm} dBm`
}

export function coreStats({ stats }: AdminContext): string {
  const { batteryMillivolts, uptimeSeconds, faults, queued } = stats()
  return JSON.stringify({
    battery_mv: batteryMillivolts,
    uptime_secs: uptimeSeconds,
    errors: faults,
    queue_len: queued,
  })
}

export function radioStats({ stats }: AdminContext): string {
  const { noiseFloorDbm, lastRssiDbm, lastSnrDb, airtimeSeconds } = stats()
  return JSON.stringify({
    noise_floor: noiseFloorDbm,
    last_rssi: lastRssiDbm,
    last_snr: lastSnrDb,
    tx_air_secs: airtimeSeconds,
  })
}

export function packetStats({ stats }: AdminContext): string {
  const { heard, sent, sentFlood, sentDirect, heardFlood, heardDirect } = stats()
  return JSON.stringify({
    recv: heard,
    sent,
    flood_tx: sentFlood,
    direct_tx: sentDirect,
    flood_rx: heardFlood,
    direct_rx: heardDirect,
  })
}
