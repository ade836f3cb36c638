// Restarts an edge with a radio, and waits until it is on the air again.
import type { EdgeProgram } from './programs.ts'

const deadlineMs = 30_000

/** The modem must be there. */
export async function restartOnAir(edge: EdgeProgram, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  const after = edge.lineCount
  await edge.restart(signal)
  await edge.waitForLine(/Radio at .* is ready/, deadlineMs, after)
}
