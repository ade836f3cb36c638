// The section [alerts] of hub.conf: what an operator wants to hear of, and when.
import type { z } from 'zod'
import { certificateWarnDays, silentMinutes, wanCapPercent } from '../trouble-limits.ts'
import { decimal, section, whole } from './conf-values.ts'

export interface AlertsConf {
  /** A spoke that is not linked for so long is silent; 0: no alert. */
  silentMs: number
  /** Share of a spoke's own cap, in percent, at which its day's bytes are worth a word; 0: no alert. */
  wanPercent: number
  /** So long before the end of the hub's certificate the first alert is due. */
  certificateDays: number
}

export const alertsSection = section({
  silent_minutes: decimal(0, 43_200).default(silentMinutes),
  wan_percent: whole(0, 100).default(wanCapPercent),
  certificate_days: whole(1, 365).default(certificateWarnDays),
})

export function alertsOf(values: z.output<typeof alertsSection>): AlertsConf {
  return {
    silentMs: Math.round(values.silent_minutes * 60_000),
    wanPercent: values.wan_percent,
    certificateDays: values.certificate_days,
  }
}
