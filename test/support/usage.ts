// What a running process has used so far, from /proc.
import { readFileSync } from 'node:fs'

export interface Usage {
  /** User and system time, in ms. */
  cpuMs: number
  rssBytes: number
  /** The most it ever had. */
  peakRssBytes: number
}

/** Linux gives the times in /proc in hundredths of a second on every architecture. */
const tickMs = 10

export function usageOf({ pid }: { pid: number }): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024
  const cpuMs = (Number(fields[11]) + Number(fields[12])) * tickMs
  return { cpuMs, rssBytes: bytes('VmRSS'), peakRssBytes: bytes('VmHWM') }
}
