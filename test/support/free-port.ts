// Loopback ports for programs that must keep theirs across a restart.
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the range from which the system takes ports for outgoing connections, so that none of those is in the way at a restart.
const lowest = 15_000
const highest = 30_000
/** Ports that one process takes at once. The first is never given: to listen there is to own them all, as long as the process lives. */
const blockSize = 50
const triesMax = 1000
const left: number[] = []

/** A TCP port free on 127.0.0.1 at this moment, never the same twice from one process, nor from two that run at once. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const port = left.pop()
    if (port === undefined) await takeBlock()
    else if (await isFree(port)) return port
  }
  throw new Error('no free port found')
}

async function takeBlock(): Promise<void> {
  const first = lowest + blockSize * Math.floor(Math.random() * ((highest - lowest) / blockSize))
  const owner = await listening(first)
  if (owner === undefined) return
  owner.unref()
  for (let port = first + blockSize - 1; port > first; port -= 1) left.push(port)
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening(port)
  server?.close()
  return server !== undefined
}

async function listening(port: number) {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return server
  } catch {
    return undefined
  }
}
