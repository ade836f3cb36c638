// The answer of GET /status: the same shape at hub and edge. "Messages" is the word operators know for posts.
import { z } from 'zod'

const count = z.int().min(0)

const certificateSchema = z.object({
  /** `sha256/` and the base64 of the SHA-256 of the public key. */
  pin: z.string(),
  /** ISO times. */
  validFrom: z.string(),
  validTo: z.string(),
  /** 0 on its last day, negative when it has ended. */
  daysLeft: z.int(),
})

const peerRoomSchema = z.object({
  room: z.string(),
  /** Posts of our log the other end has yet to acknowledge; null: not known until there is a link. */
  toSend: count.nullable(),
  /** For how long the oldest of them has been here: 0 when there is none, null: not known. */
  lagSeconds: z.number().min(0).nullable().optional(),
  sent: count,
  received: count,
  caughtUp: z.boolean(),
  /** Of a link: which ways are granted. Our posts of a room that is not sent are kept. */
  sends: z.boolean().optional(),
  receives: z.boolean().optional(),
})

const peerSchema = z.object({
  name: z.string(),
  id: z.string(),
  role: z.enum(['hub', 'edge']),
  /** Empty for who may not know it. */
  address: z.string(),
  direction: z.enum(['in', 'out']),
  /** `standby`: linked, and ships nothing while the hub does. `refused`: it may not link until somebody does something. */
  state: z.enum(['connecting', 'connected', 'standby', 'waiting', 'refused']),
  /**
   * By which federation secret it is linked: `previous`: our previous one, the peer needs the new one; `outdated`: the peer
   * has a newer one than we.
   */
  secret: z.enum(['current', 'previous', 'outdated']).optional(),
  /** ISO time of the last change of state. */
  since: z.string(),
  latencyMs: z.number().nullable(),
  /** Of the last 64 pings of this link. */
  latency: z.object({ lastMs: z.number(), medianMs: z.number(), p90Ms: z.number() }).nullable().optional(),
  /** Over all links since the start of this process. */
  bytesIn: count,
  bytesOut: count,
  /** Why the last link ended or the last try failed, also while there is a link again; and the ISO time of it. */
  lastError: z.string().nullable(),
  lastErrorAt: z.string().nullable().optional(),
  /** What the other end showed; null: none, or TLS does not end here. */
  certificate: certificateSchema.nullable().optional(),
  /** For how long this link had to wait because it brought more than the limits allow. */
  slowedMs: count.optional(),
  rooms: z.array(peerRoomSchema),
})

const roomSchema = z.object({
  room: z.string(),
  epoch: z.string(),
  first: count,
  head: count,
  stored: count,
  /** Of an edge: what its operators have set while it runs. */
  settings: z
    .object({
      /** May be on the air. */
      rf: z.boolean(),
      blocked: count,
      /** Which passwords are others than in the config. */
      passwordsSet: z.array(z.enum(['admin', 'guest'])),
    })
    .optional(),
})

/** For how long links had to wait since the start of this process, by the limit that they met. */
const slowedSchema = z.object({
  spoke: z.number().min(0),
  room: z.number().min(0),
  address: z.number().min(0),
  frames: z.number().min(0),
})

/** Over all links since the start of this process. */
const trafficSchema = z.object({ opened: count, ended: count, bytesIn: count, bytesOut: count })

const serverSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** ISO time of its newest card: it changes its card, or renews it once a week. */
  since: z.string(),
  /** Public keys of its radio identities. */
  gateways: z.array(z.string()),
})

const gapSchema = z.object({
  room: z.string(),
  from: z.string(),
  posts: count,
  why: z.string(),
  at: z.string(),
})

const airUseSchema = z.object({
  packets: count,
  seconds: z.number(),
  /** Seconds. */
  byKind: z.record(z.string(), z.number()),
  byRoom: z.record(z.string(), z.number()),
  /** Of the posts that were pushed or acknowledged: the ten with the most. */
  byAuthor: z.record(z.string(), z.number()),
})

const companionSchema = z.object({
  /** As the radio calls itself, and its public key; null before it was there. */
  name: z.string().nullable(),
  key: z.string().nullable(),
  lastError: z.string().nullable(),
  /** Posts read by radio; those that another server had before; and what was no post, but said by a gateway. */
  heard: z.object({ posts: count, duplicates: count, echoes: count }),
  /** The room server whose client it is. */
  room: z
    .object({
      name: z.string(),
      key: z.string(),
      room: z.string(),
      login: z.enum(['out', 'silent', 'in', 'read-only']),
      /** ISO time of the last try. */
      lastLogin: z.string().nullable(),
      /** Tries in a row that nobody answered. */
      silences: count,
      commandLine: z
        .object({ state: z.enum(['opening', 'ready', 'closed']), lastError: z.string().nullable() })
        .nullable(),
      /** Posts that were not looked at for it. */
      toSay: count,
    })
    .nullable(),
  channels: z.array(z.object({ name: z.string(), room: z.string(), toSay: count })),
})

const radioSchema = z.object({
  port: z.string(),
  state: z.enum(['opening', 'ready', 'closed']),
  /** What the radio says of itself; null while it is not ready. */
  modem: z.object({ board: z.string().nullable(), version: z.number() }).nullable(),
  heard: count,
  sent: count,
  failed: count,
  /** Heard and damaged; null where the radio does not say. */
  damaged: count.nullable(),
  noiseFloorDbm: z.number().nullable(),
  /** Of the radio's board. */
  batteryMillivolts: count.nullable(),
  temperatureCelsius: z.number().nullable(),
  /** Of the last packet heard. */
  lastSnrDb: z.number().nullable(),
  lastRssiDbm: z.number().nullable(),
  reopened: count,
  /** Packets that wait for the air. */
  queued: count,
  /** Who was on the air, and what for. */
  airtime: z.object({ lastHour: airUseSchema, sinceStart: airUseSchema }),
  /** Share of the duty cycle that the last hour has used, 0 to 1. */
  budgetUsed: z.number(),
  /** The duty cycle of one hour. */
  budgetSeconds: z.number(),
  /** Of a stock companion radio. */
  companion: companionSchema.optional(),
})

const jobSchema = z.object({
  name: z.string(),
  /** Over all instances, as long as the store remembers. */
  runs: count,
  failures: count,
  /** ISO times; null: not yet. */
  lastSuccess: z.string().nullable(),
  lastError: z.string().nullable(),
  lastErrorAt: z.string().nullable(),
  /** Of the last run, in ms. */
  durationMs: z.number().nullable(),
})

const webhookSchema = z.object({
  name: z.string(),
  /** Posts that are not delivered yet. */
  waitingPosts: count,
  /** ISO times; null: never, or not now. */
  failingSince: z.string().nullable(),
  nextTry: z.string().nullable(),
  lastSuccess: z.string().nullable(),
  lastError: z.string().nullable(),
  lastErrorAt: z.string().nullable(),
  /** Given up: what can be sent again, and how many posts it ever were. */
  dead: z.object({ ranges: count, posts: count, total: count }),
})

export const statusSchema = z.object({
  name: z.string(),
  role: z.enum(['hub', 'edge']),
  id: z.string(),
  version: z.string(),
  uptimeSeconds: count,
  /** ISO time as stamped on posts, and how far the system clock is from it. */
  clock: z.object({ now: z.string(), systemOffMs: z.int() }),
  ready: z.boolean(),
  /** Why it is not ready, or what part of it is not; empty when all is well. */
  reasons: z.array(z.string()),
  /** Of this server, where others dial it over TLS. */
  certificate: certificateSchema.optional(),
  peers: z.array(peerSchema),
  traffic: trafficSchema.optional(),
  slowedMs: slowedSchema.optional(),
  /** Other servers of our rooms, linked or not, and the cards that failed a check since the start of this process. */
  servers: z.array(serverSchema).optional(),
  refusedCards: count.optional(),
  rooms: z.array(roomSchema),
  /** Since the start of this process. */
  messages: z.object({ stored: count, duplicates: count, expired: count, refused: count, sent: count }),
  queues: z.object({ toStore: count, toSend: count }),
  /** `apps`: of an edge that serves MeshCore apps. */
  clients: z.object({ live: count, lines: count, apps: count.optional() }),
  /** Upkeep of a hub, the same at each of its instances. */
  jobs: z.array(jobSchema).optional(),
  /** Of a hub, since the start: proved spokes that were kept out, as copies of another or because no operator lets them in. */
  refusedSpokes: z.object({ clones: count, notAllowed: count }).optional(),
  /** Of a hub, the same at each of its instances. */
  webhooks: z.array(webhookSchema).optional(),
  /** Of an edge with a radio. */
  radio: radioSchema.optional(),
  /** The newest 100 holes reported on links. */
  gaps: z.array(gapSchema),
})

export type Status = z.infer<typeof statusSchema>
export type PeerStatus = z.infer<typeof peerSchema>
export type CertificateStatus = z.infer<typeof certificateSchema>
export type PeerRoomStatus = z.infer<typeof peerRoomSchema>
export type ServerStatus = z.infer<typeof serverSchema>
export type RadioStatus = z.infer<typeof radioSchema>
export type CompanionStatus = z.infer<typeof companionSchema>
export type Traffic = z.infer<typeof trafficSchema>
export type JobStatus = z.infer<typeof jobSchema>
export type WebhookStatus = z.infer<typeof webhookSchema>
export type GapReport = z.infer<typeof gapSchema>
export type MessageCounts = Status['messages']

/** Proved and alive, whether it ships or stands by. */
export function isUp({ state }: Pick<PeerStatus, 'state'>): boolean {
  return state === 'connected' || state === 'standby'
}
