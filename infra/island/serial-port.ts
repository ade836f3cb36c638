// A serial port (a pty) that leads to a TCP port of this machine. It needs socat.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'

export interface SerialPort {
  /** As when it is unplugged. */
  close(): Promise<void>
}

const openDeadlineMs = 10_000

/** `path`: where it is found, a link. @throws Error when there is no socat, or nothing listens at the TCP port */
export async function openSerialPort(path: string, tcpPort: number): Promise<SerialPort> {
  await rm(path, { force: true })
  const args = ['-d', '-d', `pty,raw,echo=0,link=${path}`, `tcp:127.0.0.1:${tcpPort}`]
  const socat = spawn('socat', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    await isOpen(socat, path)
  } catch (error) {
    socat.kill('SIGKILL')
    throw error
  }
  return {
    close: async () => {
      // The system gives the pty to the next who asks: under the old name somebody else's would be found.
      await rm(path, { force: true })
      if (socat.exitCode !== null || socat.signalCode !== null) return
      const gone = once(socat, 'exit')
      socat.kill('SIGKILL')
      await gone
    },
  }
}

async function isOpen(socat: ChildProcess, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let text = ''
  // Read to its end: socat must not die of a full or closed pipe.
  socat.stderr?.on('data', chunk => {
    text = `${text}${chunk}`.slice(-4096)
    if (text.includes('starting data transfer loop')) resolve()
  })
  socat.stderr?.on('end', () => reject(new Error(`socat has ended: ${text}`)))
  socat.on('error', reject)
  const timer = setTimeout(() => reject(new Error(`no serial port at ${path}: ${text}`)), openDeadlineMs)
  try {
    await promise
  } finally {
    clearTimeout(timer)
  }
}
