// A small net for people at consoles: a hub on Redis, a city on the air, and one without a radio whose cable can be cut.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createToken, type EdgeProgram, freeEdgePorts, type HubProgram, startEdge, startHub } from './programs.ts'
import { type RadioCity, startRadioCity } from './radio-city.ts'
import { RedisServer } from './redis-server.ts'
import { type Relay, startRelay } from './relay.ts'
import { clockAt } from './system-clock.ts'
import type { TomlTable } from './toml.ts'

export interface ConsoleWorld extends AsyncDisposable {
  hub: HubProgram
  /** Denver: a radio and an island. */
  onAir: RadioCity
  /** Boulder: no radio; linked through `cable`. */
  far: EdgeProgram
  cable: Relay
  tokens: Record<'viewer' | 'operator' | 'admin', string>
}

export interface ConsoleWorldOptions {
  /** Changes to the config of the hub. */
  hubConf?: TomlTable
}

/** As Promise.all, but rejects only when all have ended. */
async function settled<T extends readonly unknown[]>(starting: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(starting)
  return (await Promise.all(starting)) as unknown as T
}

export interface LateCity {
  name: string
  texts: readonly string[]
  agoMs: number
}

const places = {
  Denver: { latitude: 39.7392, longitude: -104.9903 },
  Boulder: { latitude: 40.015, longitude: -105.2705 },
}

/** Resolves when both cities are linked; ends with `await using`. */
export async function startConsoleWorld({ hubConf = {} }: ConsoleWorldOptions = {}): Promise<ConsoleWorld> {
  await using parts = new AsyncDisposableStack()
  const redis = await RedisServer.start({ after: end => parts.defer(end) })
  const hub = parts.use(await startHub({ redisUrl: redis.url, conf: hubConf }))
  const cable = parts.use(await startRelay(hub))
  const room = (name: keyof typeof places) => ({ room: { name, ...places[name] } })
  // One that fails must not leave the others behind.
  const [onAir, far] = await settled([
    startRadioCity({ name: 'Denver', hubs: [hub], conf: room('Denver') }).then(city => parts.use(city)),
    startEdge({
      name: 'Boulder',
      hubs: [cable],
      conf: { ...room('Boulder'), federation: { reconnect_max_seconds: 1 } },
    }).then(edge => parts.use(edge)),
  ])
  const [viewer, operator, admin] = await Promise.all([
    createToken(hub.dir, 'viewer'),
    createToken(hub.dir, 'operator'),
    createToken(hub.dir, 'admin'),
  ])
  for (const name of ['Denver', 'Boulder']) await hub.waitForLine(new RegExp(`"${name}" connected`), 20_000)
  const all = parts.move()
  const tokens = { viewer, operator, admin }
  return { hub, onAir, far, cable, tokens, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** A city that wrote while it was cut off, so long ago, and is linked now: its posts come late. */
export async function startLateCity(hub: HubProgram, { name, texts, agoMs }: LateCity): Promise<EdgeProgram> {
  await using parts = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'mcfed-late-'))
  parts.defer(() => rm(dir, { recursive: true, force: true }))
  const options = { name, dir, ports: await freeEdgePorts(), conf: { federation: { reconnect_max_seconds: 1 } } }
  const then = new Date(Date.now() - agoMs).toISOString().slice(0, 19).replace('T', ' ')
  {
    await using alone = await startEdge({ ...options, env: clockAt(then) })
    for (const text of texts) await alone.post(text, { author: 'Pia' })
  }
  const edge = await startEdge({ ...options, hubs: [hub] })
  const all = parts.move()
  const end = edge[Symbol.asyncDispose].bind(edge)
  return Object.assign(edge, {
    [Symbol.asyncDispose]: async () => {
      await end()
      await all.disposeAsync()
    },
  })
}

/** Of the console of a hub, or of a relay to it. */
export function hubPage({ port }: { port: number }): string {
  return `https://127.0.0.1:${port}/`
}

/** Of the console of an edge on this machine. */
export function edgePage({ ports }: EdgeProgram): string {
  return `http://127.0.0.1:${ports.status}/`
}
