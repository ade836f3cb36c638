// A city on the air: the real edge, with the modem of a virtual island at a serial port.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { payloadType } from '#edge/radio/packet.ts'
import { Island, type IslandOptions, type NodeOptions } from '#infra/island/island.ts'
import type { IslandNode, Push } from '#infra/island/node.ts'
import type { IslandModem } from '#infra/island/ports.ts'
import { type EdgeOptions, type EdgeProgram, startEdge } from './programs.ts'
import { roomKey } from './room-key.ts'
import { merged, type TomlTable } from './toml.ts'
import { waitFor } from './wait-for.ts'

/** Of every room, unless the conf says otherwise. */
export const guestPassword = 'hello'
/** For what takes its time on the air and may take longer on a busy machine. */
export const airDeadlineMs = 90_000

export interface RadioCityOptions extends Omit<EdgeOptions, 'conf'> {
  /** Changes to the usual config. */
  conf?: TomlTable
  /** One that is there already, and ends by itself; or how it is made. Its air is 20 times as fast as ours by default. */
  island?: Island | IslandOptions
}

/** Its room is the city's first one by default. */
export type MemberOptions = Partial<NodeOptions>

export interface RadioCity extends AsyncDisposable {
  island: Island
  modem: IslandModem
  edge: EdgeProgram
  /** Public key of its first room. */
  room: Uint8Array
  /** A node that has made itself known and has logged in. */
  member(name: string, options?: MemberOptions): Promise<IslandNode>
}

/** Resolves when the radio is ready; ends with `await using`. */
export async function startRadioCity(options: RadioCityOptions = {}): Promise<RadioCity> {
  await using parts = new AsyncDisposableStack()
  const { island: given, conf = {}, ...edgeOptions } = options
  const island = given instanceof Island ? given : parts.use(await Island.start({ speed: 20, ...given }))
  const folder = await mkdtemp(join(tmpdir(), 'mcfed-radio-'))
  parts.defer(() => rm(folder, { recursive: true, force: true }))
  const modem = await island.modem({ port: join(folder, 'tty') })
  const usual = {
    room: { admin_password: 'master', guest_password: guestPassword, author_posts_per_minute: 0 },
    // Three times as prompt as the firmware: nobody wants to wait for a test.
    radio: { ...modem.conf, push_hold_seconds: 2, push_interval_ms: 400 },
    federation: { reconnect_max_seconds: 1 },
  }
  const edge = parts.use(await startEdge({ ...edgeOptions, conf: merged(usual, conf) }))
  await edge.waitForLine(/Radio at .* is ready/, airDeadlineMs)
  const room = await roomKey(edge)
  const all = parts.move()
  return {
    island,
    modem,
    edge,
    room,
    member: (name, options) => member(island, name, { room, ...options }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Says who it is until every modem has heard it: an advert may collide, and nobody acknowledges it. */
export async function makeKnown(island: Island, node: IslandNode, route: 'direct' | 'flood' = 'direct'): Promise<void> {
  const { air, modems } = island
  const before = air.loses
  const heardBy = new Set<string>()
  air.loses = (flight, to) => {
    const isLost = before(flight, to)
    if (!isLost && to.startsWith('modem') && isAdvertOf(node, flight.packet)) heardBy.add(to)
    return isLost
  }
  const says = () => {
    node.advertise(route)
    const isKnown = () => heardBy.size === modems.length
    return waitFor(isKnown, { what: 'every modem to hear it', deadlineMs: 2000 }).catch(() => false)
  }
  try {
    await waitFor(says, { what: `an advert of ${node.name} that is heard`, deadlineMs: airDeadlineMs })
  } finally {
    air.loses = before
  }
}

function isAdvertOf({ identity }: IslandNode, packet: Uint8Array): boolean {
  const type = ((packet[0] ?? 0) >> 2) & 15
  return type === payloadType.advert && Buffer.from(packet).includes(Buffer.from(identity.publicKey))
}

/** Logged in, and the way is known at both ends: only then is a keep-alive answered. */
async function member(island: Island, name: string, options: NodeOptions): Promise<IslandNode> {
  const node = island.node(name, options)
  await makeKnown(island, node, options.hops ? 'flood' : 'direct')
  const isIn = async () => {
    const before = island.sent.length
    node.resetPath()
    if ((await node.login(guestPassword)) === undefined) return false
    const hasToldWay = () =>
      island.sent.slice(before).some(({ who, packet }) => who === name && packet?.type === payloadType.path)
    await waitFor(hasToldWay, { what: `${name} to tell the way to it`, deadlineMs: 5000 })
    return (await node.keepAlive()) !== undefined
  }
  await waitFor(isIn, { what: `${name} to be let in`, deadlineMs: airDeadlineMs })
  return node
}

/** What the node was pushed, in the order in which it came. A push whose ACK was lost comes again, and counts once. */
export function heardBy({ pushes }: IslandNode): Push[] {
  return pushes.filter((push, i) => pushes.findIndex(({ second }) => second === push.second) === i)
}

export function textsHeardBy(node: IslandNode): string[] {
  return heardBy(node).map(({ text }) => text)
}

/** Resolves when the node was pushed so many posts. */
export async function pushed(node: IslandNode, count: number): Promise<void> {
  const hasHeard = () => heardBy(node).length >= count
  await waitFor(hasHeard, { what: `${count} posts at ${node.name}`, deadlineMs: airDeadlineMs })
}

export async function textsAt(edge: EdgeProgram, room?: string): Promise<string[]> {
  return (await edge.posts(room)).map(({ text }) => text)
}
