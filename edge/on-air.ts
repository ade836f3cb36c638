// The edge on the air: its radio, the queue before it, and the room server that nodes log in to.
import type { KissConf } from '#common/config/radio-conf.ts'
import type { Log } from '#common/log.ts'
import type { ReportedRadio } from '#common/spoke-report.ts'
import type { RadioStatus } from '#common/status.ts'
import { advertTimes } from './air-plan.ts'
import { airLine } from './air-report.ts'
import type { EdgeParts } from './edge-parts.ts'
import { KeptBudget } from './kept-budget.ts'
import { linksLine } from './links/links-line.ts'
import { AirLedger } from './radio/air-ledger.ts'
import { keyFromName } from './radio/crypto.ts'
import { KissRadio } from './radio/kiss-radio.ts'
import { TransmitQueue } from './radio/transmit-queue.ts'
import { type AirParts, radioFacts, radioReadings, radioStatus, reportedRadio } from './radio-status.ts'
import { loadRoomIdentity } from './room-identity.ts'
import type { ConsolePosts } from './room-server/console-posts.ts'
import type { RoomDesk } from './room-server/room-desk.ts'
import { type RoomOnRadio, RoomServer } from './room-server/room-server.ts'
import { storedAired } from './room-server/stored-aired.ts'
import { storedFloods } from './room-server/stored-floods.ts'
import { storedMembers } from './room-server/stored-members.ts'
import { storedNames } from './room-server/stored-names.ts'
import { everyHour, sleep } from './waits.ts'

export interface OnAir {
  status(): RadioStatus
  reported(): ReportedRadio
  /** Of a room that is served on the radio. */
  desk?(room: string): RoomDesk | undefined
  /** Of a room that is said on the radio at all. */
  consolePosts(room: string): ConsolePosts | undefined
  stop(): Promise<void>
}

/** @throws Error when a room's key cannot be read or made */
export function startOnAir(parts: EdgeParts, conf: KissConf): OnAir {
  const { port, frequencyHz, bandwidthHz, spreadingFactor, codingRate, txPowerDbm } = conf
  const settings = { frequencyHz, bandwidthHz, spreadingFactor, codingRate, txPowerDbm }
  const radio = new KissRadio({ port, settings })
  const ticks = () => performance.now()
  const { dutyCycle } = conf
  const kept = new KeptBudget({ meta: parts.store.meta, dutyCycle, ticks, log: parts.log })
  const { budget } = kept
  const ledger = new AirLedger()
  const queue = new TransmitQueue({
    radio,
    budget,
    onSent: (order, ms) => ledger.add(order, ms, ticks()),
    keep: ms => kept.keep(ms),
    mayGo: ({ room }) => parts.settings.get(room)?.isOnAir ?? true,
    ticks,
    sleep,
  })
  const air: AirParts = { port, radio, queue, budget, ledger, ticks }
  const server = roomServer(parts, conf, air)
  const stopping = new AbortController()
  radio.listen({
    onPacket: ({ packet }) => void server.hear(packet).catch(error => parts.log.error(`radio: ${String(error)}`)),
    onState: (state, reason) => {
      tellState(parts.log, { port, state, reason })
      queue.ring()
    },
  })
  const tellAir = () =>
    parts.log.info(airLine(ledger.report(ticks()).lastHour, { usedMs: budget.usedMs(ticks()), maxMs: budget.maxMs }))
  // What waits of a room that is switched off is given up at once.
  const unsubscribe = [...parts.settings.values()].map(room => room.subscribe(() => queue.ring()))
  const running = [queue.run(stopping.signal), server.run(stopping.signal), everyHour(tellAir, stopping.signal)]
  return {
    status: () => radioStatus(air),
    reported: () => reportedRadio(air),
    desk: room => server.desk(room),
    consolePosts: room => server.consolePosts(room),
    stop: async () => {
      for (const end of unsubscribe) end()
      stopping.abort()
      await Promise.all(running)
      tellAir()
      kept.close()
      await radio.close()
    },
  }
}

function roomServer(parts: EdgeParts, conf: KissConf, air: AirParts): RoomServer {
  const { writer, clock, log, store, links, servers, texts, ownCard } = parts
  const { mesh } = conf
  const rooms = roomsOnRadio(parts)
  const regions = mesh.regions.map(name => ({ name, key: keyFromName(name) }))
  ownCard.setGateways(
    'rooms',
    rooms.map(({ identity }) => Buffer.from(identity.publicKey).toString('hex')),
  )
  return new RoomServer({
    rooms,
    air: air.queue,
    members: storedMembers(store.meta, key => log.warn(`${key} in the database is damaged: that node logs in again`)),
    names: storedNames(store.meta),
    aired: storedAired(store.meta),
    writer,
    regions: { known: regions, home: regions.find(({ name }) => name === mesh.homeRegion) },
    adverts: advertTimes(conf, rooms.length),
    floods: storedFloods(store.meta),
    extraAcks: mesh.extraAcks,
    radio: conf,
    stats: () => radioFacts(air),
    readings: () => radioReadings(air),
    federation: () => linksLine(links.peers()),
    cityOf: texts.cityOf,
    gateways: { has: key => servers.isGateway(key), subscribe: listener => servers.subscribe(listener) },
    hashBytes: mesh.pathHashBytes,
    rfMaxAgeMs: conf.rfMaxAgeMs,
    pushHoldMs: conf.pushHoldMs,
    pushIntervalMs: conf.pushIntervalMs,
    now: () => clock.now(),
    ticks: air.ticks,
    sleep,
    log,
  })
}

function roomsOnRadio({ conf, logs, settings, log }: EdgeParts): RoomOnRadio[] {
  return conf.rooms.flatMap((room): RoomOnRadio[] => {
    const postLog = logs.find(one => one.room === room.federateAs)
    const ofRoom = settings.get(room.federateAs)
    if (postLog === undefined || ofRoom === undefined) return []
    const { name, position } = room
    return [{ log: postLog, name, identity: loadRoomIdentity(room, log), settings: ofRoom, position }]
  })
}

function tellState(log: Log, { port, state, reason }: { port: string; state: string; reason: string }): void {
  if (state === 'ready') log.info(`Radio at ${port} is ready`)
  else if (state === 'opening') log.warn(`Radio at ${port} is not there: ${reason}`)
}
