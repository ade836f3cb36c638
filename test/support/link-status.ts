// What tests look at from outside: who is linked since when, how much is stored and acknowledged, how much memory it takes.
import { readFile } from 'node:fs/promises'
import type { PeerStatus } from '#common/status.ts'
import { type EdgeProgram, type ServerProgram, testRoom } from './programs.ts'
import { waitFor } from './wait-for.ts'

/** Since when each server is linked, by name. The same answer again means that no link has ended meanwhile. */
export async function linksOf(server: ServerProgram): Promise<Record<string, string>> {
  const { peers } = await server.status()
  const linked = peers.filter(isLinked)
  return Object.fromEntries(linked.map(({ name, since }) => [name, since]))
}

/** Whether there is a link, be it one that stands by. */
export function isLinked({ state }: PeerStatus): boolean {
  return state === 'connected' || state === 'standby'
}

/** Waits until so many servers are linked. */
export async function waitForLinks(server: ServerProgram, count: number): Promise<void> {
  const names = async () => Object.keys(await linksOf(server))
  await waitFor(names, { what: `${count} links at ${server.name}`, until: ({ length }) => length === count })
}

/** Waits until exactly so many posts are stored in `testRoom`. */
export async function waitForStored(server: ServerProgram, count: number, deadlineMs = 30_000): Promise<void> {
  const stored = async () => (await server.status()).rooms.find(({ room }) => room === testRoom)?.stored ?? 0
  await waitFor(stored, { what: `${count} posts at ${server.name}`, deadlineMs, until: number => number === count })
}

/** The offset in an edge's log up to which its hub has acknowledged everything. */
export async function ackedByHub(edge: EdgeProgram): Promise<number> {
  const { rooms, peers } = await edge.status()
  const head = rooms.find(({ room }) => room === testRoom)?.head
  const toSend = peers[0]?.rooms.find(({ room }) => room === testRoom)?.toSend
  if (head === undefined || toSend === undefined || toSend === null) throw new Error(`${edge.name} is not linked`)
  return head - toSend
}

/** Resident memory of the process, in bytes. */
export async function memoryOf({ pid }: ServerProgram): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}
