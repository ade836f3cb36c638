// The edge on the air: its radio, the queue before it, and the room server that nodes log in to.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { RadioConf, RoomConf } from '#common/config/edge-conf.ts'
import { makeDataFolder } from '#common/data-folder.ts'
import type { Log } from '#common/log.ts'
import type { PeerStatus, RadioStatus } from '#common/status.ts'
import type { EdgeParts } from './edge.ts'
import { AirBudget } from './radio/air-budget.ts'
import { AirLedger, type AirLedgerReport, type AirUse } from './radio/air-ledger.ts'
import { identityFromPrivateKey, newIdentity, type RadioIdentity } from './radio/crypto.ts'
import { KissRadio } from './radio/kiss-radio.ts'
import type { Radio } from './radio/radio.ts'
import type { ServerStats } from './radio/requests.ts'
import { TransmitQueue } from './radio/transmit-queue.ts'
import { type RoomOnRadio, RoomServer } from './room-server/room-server.ts'
import { storedMembers } from './room-server/stored-members.ts'
import { storedNames } from './room-server/stored-names.ts'

/** Of what we flood: as stock nodes do. */
const hashBytes = 1
const budgetKey = 'air-budget'
/** Of the budget that is written down before it is used: the more, the fewer writes, and the more a crash costs. */
const aheadShare = 0.02

export interface OnAir {
  status(): RadioStatus
  stop(): Promise<void>
}

/** @throws Error when a room's key cannot be read or made */
export function startOnAir(parts: EdgeParts, conf: RadioConf): OnAir {
  const { port, frequencyHz, bandwidthHz, spreadingFactor, codingRate, txPowerDbm } = conf
  const settings = { frequencyHz, bandwidthHz, spreadingFactor, codingRate, txPowerDbm }
  const radio = new KissRadio({ port, settings })
  const ticks = () => performance.now()
  const budget = restoredBudget(parts, conf, ticks())
  const ledger = new AirLedger()
  const queue = new TransmitQueue({
    radio,
    budget,
    onSent: (order, ms) => ledger.add(order, ms, ticks()),
    keep: ms => keepBudget(parts, budget, ms),
    ticks,
    sleep,
  })
  const stats = () => serverStats({ radio, queue, ledger })
  const server = roomServer(parts, conf, { queue, stats, ticks })
  const stopping = new AbortController()
  radio.listen({
    onPacket: ({ packet }) => void server.hear(packet).catch(error => parts.log.error(`radio: ${String(error)}`)),
    onState: (state, reason) => {
      tellState(parts.log, { port, state, reason })
      queue.ring()
    },
  })
  const running = [queue.run(stopping.signal), server.run(stopping.signal)]
  return {
    status: () => ({
      port,
      state: radio.state,
      ...radio.stats(),
      queued: queue.length,
      airtime: airtimeStatus(ledger.report(ticks())),
      budgetUsed: Math.round((budget.usedMs(ticks()) / budget.maxMs) * 1000) / 1000,
    }),
    stop: async () => {
      stopping.abort()
      await Promise.all(running)
      keepBudget(parts, budget, 0)
      await radio.close()
    },
  }
}

interface Air {
  queue: TransmitQueue
  stats: () => ServerStats
  ticks: () => number
}

function roomServer(parts: EdgeParts, conf: RadioConf, { queue, stats, ticks }: Air): RoomServer {
  const { writer, clock, log, store, links } = parts
  return new RoomServer({
    rooms: roomsOnRadio(parts),
    air: queue,
    members: storedMembers(store.meta, key => log.warn(`${key} in the database is damaged: that node logs in again`)),
    names: storedNames(store.meta),
    writer,
    regions: [],
    stats,
    federation: () => linksLine(links.peers()),
    cityOf: origin => links.peers().find(({ id }) => id === origin)?.name,
    hashBytes,
    rfMaxAgeMs: conf.rfMaxAgeMs,
    now: () => clock.now(),
    ticks,
    sleep,
    log,
  })
}

function linksLine(peers: readonly PeerStatus[]): string {
  const toSend = peers.flatMap(({ rooms }) => rooms).reduce((sum, room) => sum + (room.toSend ?? 0), 0)
  const names = peers.map(({ name }) => name).join(', ')
  return peers.length === 0 ? 'no link' : `linked with ${names}; ${toSend} posts to send`
}

function roomsOnRadio({ conf, logs, log }: EdgeParts): RoomOnRadio[] {
  return conf.rooms.flatMap((room): RoomOnRadio[] => {
    const postLog = logs.find(one => one.room === room.federateAs)
    if (postLog === undefined) return []
    const { name, adminPassword, guestPassword, allowReadOnly, rf } = room
    const rules = { adminPassword, guestPassword, allowReadOnly }
    return [{ log: postLog, name, identity: roomIdentity(room, log), rules, isOn: () => rf }]
  })
}

/** The room's key on the radio: members keep their contact as long as it stays. Made at the first start. */
function roomIdentity({ identityPath, federateAs }: RoomConf, log: Log): RadioIdentity {
  if (!existsSync(identityPath)) {
    makeDataFolder(dirname(identityPath), 'room.identity')
    const { privateKey } = newIdentity()
    writeFileSync(identityPath, `${Buffer.from(privateKey).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
    log.info(`A new key for room "${federateAs}" on the radio was made: ${identityPath}; keep a copy`)
  }
  const text = readFileSync(identityPath, 'utf8').trim()
  try {
    return identityFromPrivateKey(/^[0-9a-f]{128}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.alloc(0))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`room.identity: ${identityPath} must hold 128 hex digits, as a room server shows them: ${reason}`)
  }
}

function tellState(log: Log, { port, state, reason }: { port: string; state: string; reason: string }): void {
  if (state === 'ready') log.info(`Radio at ${port} is ready`)
  else if (state === 'opening') log.warn(`Radio at ${port} is not there: ${reason}`)
}

function serverStats({ radio, queue, ledger }: { radio: Radio; queue: TransmitQueue; ledger: AirLedger }): ServerStats {
  const { heard, sent, noiseFloorDbm, failed } = radio.stats()
  const unknown = { sentFlood: 0, sentDirect: 0, heardFlood: 0, heardDirect: 0, directTwice: 0, floodTwice: 0 }
  return {
    ...unknown,
    batteryMillivolts: 0,
    queued: queue.length,
    noiseFloorDbm: noiseFloorDbm ?? 0,
    lastRssiDbm: 0,
    lastSnrDb: 0,
    heard,
    sent,
    airtimeSeconds: Math.round(ledger.report(performance.now()).sinceStart.ms / 1000),
    uptimeSeconds: Math.round(process.uptime()),
    faults: failed,
    posts: 0,
    pushes: 0,
  }
}

/** A restart gives no new budget. What was saved counts as if it had been just now: a clock may have been set since. */
function restoredBudget({ store }: EdgeParts, { dutyCycle }: RadioConf, now: number): AirBudget {
  const budget = new AirBudget({ dutyCycle })
  const saved: unknown = JSON.parse(store.meta.get(budgetKey) ?? '[]')
  const isSpell = (value: unknown): value is [number, number] =>
    Array.isArray(value) && value.length === 2 && value.every(Number.isFinite)
  if (Array.isArray(saved)) budget.restore(saved.filter(isSpell), now, 0)
  return budget
}

/** On disk before the air is used: who is killed and starts again has no more of it. */
function keepBudget({ store, log }: EdgeParts, budget: AirBudget, ms: number): void {
  const aheadMs = ms === 0 ? 0 : Math.max(ms, budget.maxMs * aheadShare)
  try {
    const spells = budget
      .save(performance.now(), aheadMs)
      .map(([agoMs, spentMs]) => [Math.floor(agoMs), Math.ceil(spentMs)])
    store.meta.set(budgetKey, JSON.stringify(spells))
  } catch (error) {
    log.warn(`The airtime used could not be saved: ${String(error)}`)
  }
}

function airtimeStatus({ lastHour, sinceStart }: AirLedgerReport): RadioStatus['airtime'] {
  return { lastHour: useStatus(lastHour), sinceStart: useStatus(sinceStart) }
}

function useStatus({ packets, ms, byKind, byRoom }: AirUse): RadioStatus['airtime']['lastHour'] {
  const seconds = (value: number) => Math.round(value) / 1000
  const inSeconds = (shares: Record<string, { ms: number }>) =>
    Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, seconds(share.ms)]))
  return { packets, seconds: seconds(ms), byKind: inSeconds(byKind), byRoom: inSeconds(byRoom) }
}

function sleep(ms: number, signal: AbortSignal): Promise<unknown> {
  return delay(ms, undefined, { signal, ref: false }).catch(() => undefined)
}
