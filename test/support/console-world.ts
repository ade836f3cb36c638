// A small net for people at consoles: a hub on Redis, a city on the air, and one without a radio whose cable can be cut.

import { createToken, type EdgeProgram, type HubProgram, startEdge, startHub } from './programs.ts'
import { type RadioCity, startRadioCity } from './radio-city.ts'
import { RedisServer } from './redis-server.ts'
import { type Relay, startRelay } from './relay.ts'
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
  const [onAir, far, viewer, operator, admin] = await Promise.all([
    startRadioCity({ name: 'Denver', hubs: [hub], conf: room('Denver') }),
    startEdge({
      name: 'Boulder',
      hubs: [cable],
      conf: { ...room('Boulder'), federation: { reconnect_max_seconds: 1 } },
    }),
    ...(['viewer', 'operator', 'admin'] as const).map(role => createToken(hub.dir, role)),
  ])
  parts.use(onAir)
  parts.use(far)
  for (const name of ['Denver', 'Boulder']) await hub.waitForLine(new RegExp(`"${name}" connected`), 20_000)
  const all = parts.move()
  const tokens = { viewer, operator, admin } as ConsoleWorld['tokens']
  return { hub, onAir, far, cable, tokens, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** Of the console of a hub, or of a relay to it. */
export function hubPage({ port }: { port: number }): string {
  return `https://127.0.0.1:${port}/`
}

/** Of the console of an edge on this machine. */
export function edgePage({ ports }: EdgeProgram): string {
  return `http://127.0.0.1:${ports.status}/`
}
