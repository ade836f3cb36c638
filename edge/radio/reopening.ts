// A port that is opened again and again, for ever: a radio may be unplugged, and come back.
import { setTimeout as delay } from 'node:timers/promises'
import { type Line, openLine } from './serial-line.ts'

export interface ReopenTimings {
  reopenMinMs: number
  reopenMaxMs: number
}

export interface PortUse {
  /** `/dev/…` or `tcp://host:port`. */
  port: string
  timings: ReopenTimings
  /** Ends it. */
  signal: AbortSignal
  /** Uses the line until something is wrong with it. @throws always, with what is wrong */
  use: (line: Line) => Promise<never>
  /** `reason` is for the operator. */
  onDown: (reason: string) => void
}

/** Ends with `signal`, never by itself. */
export async function keepOpen(parts: PortUse): Promise<void> {
  const { timings, signal } = parts
  const { reopenMinMs, reopenMaxMs } = timings
  let waitMs = reopenMinMs
  while (!signal.aborted) {
    const startedAt = performance.now()
    await useOnce(parts)
    // One that worked for a while was unplugged; one that never does must not be opened all the time.
    if (performance.now() - startedAt > reopenMaxMs) waitMs = reopenMinMs
    await delay(waitMs, undefined, { signal }).catch(() => {})
    waitMs = Math.min(reopenMaxMs, 2 * waitMs)
  }
}

async function useOnce({ port, signal, use, onDown }: PortUse): Promise<void> {
  let line: Line | undefined
  try {
    line = await openLine(port, signal)
    await use(line)
  } catch (error) {
    if (!signal.aborted) onDown(error instanceof Error ? error.message : String(error))
  } finally {
    await line?.close()
  }
}
