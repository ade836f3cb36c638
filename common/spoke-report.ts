// What an edge tells its hub of itself, for people who look at all cities at once: how far its rooms are, its radio, its links.
import { z } from 'zod'
import { cursorSchema } from './cursor.ts'
import { guidPattern } from './guid.ts'
import { plainName } from './plain-name.ts'
import { idSchema, roomSchema } from './post.ts'
import { statusSchema } from './status.ts'

/** Posts of consoles whose way to the air is told, of one room. */
export const airTold = 32
/** Of one server. */
export const linksTold = 64
export const roomsTold = 64

const count = z.int().min(0)
/** What a link and a radio can be, as in /status. */
const link = statusSchema.shape.peers.element.shape
const radio = statusSchema.shape.radio.unwrap().shape
const shown = z
  .string()
  .regex(/^\P{Cc}{0,128}$/u)
  .transform(plainName)
/** Far above what there is, and below what makes charts and sums of nothing. */
const decibels = z.number().min(-1000).max(1000)

/** `waiting`: the radio has yet to send it. `on-air`: sent to somebody at least once. `passed`: it is not sent any more: too old, the room is off the air, or nobody is there. */
const airStateSchema = z.enum(['waiting', 'on-air', 'passed'])

const reportedRoomSchema = z.object({
  room: roomSchema,
  /** How far the hub's log is stored here; null: nothing of it yet. */
  stored: cursorSchema.nullable(),
  /** May be on the air; null: there is no radio. */
  rf: z.boolean().nullable(),
  /** Nodes logged in by radio. */
  members: count,
  /** Of the newest posts that were written at a console. */
  air: z.array(z.object({ guid: z.string().regex(guidPattern), state: airStateSchema })).max(airTold),
})

const reportedRadioSchema = z.object({
  state: radio.state,
  board: shown.nullable(),
  /** Share of the duty cycle that the last hour has used, 0 to 1, and the duty cycle of one hour in seconds. */
  budgetUsed: z.number().min(0).max(1000),
  budgetSeconds: z.number().min(0).max(3600),
  queued: count,
  heard: count,
  sent: count,
  failed: count,
  noiseFloorDbm: decibels.nullable(),
  lastSnrDb: decibels.nullable(),
  lastRssiDbm: decibels.nullable(),
  batteryMillivolts: count.nullable(),
})

const reportedLinkSchema = z.object({
  id: idSchema,
  name: shown,
  role: link.role,
  state: link.state,
  latencyMs: z.number().min(0).max(86_400_000).nullable(),
  /** Posts of the sender that the other end has yet to acknowledge. */
  toSend: count,
})

const reportedSelfSchema = z.object({
  uptimeSeconds: count,
  /** The time that stamps posts minus the system's clock: positive where that is behind. */
  systemOffMs: z.int(),
  /** Degrees, of the first room in the config that has one. */
  position: z.object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) }).nullable(),
  /** Of its own certificate, where it takes in peers. */
  certificateDays: z.int().nullable(),
  toStore: count,
  radio: reportedRadioSchema.nullable(),
  links: z.array(reportedLinkSchema).max(linksTold),
})

/** Either part may be absent: then what was last said of it still holds. */
export const spokeReportSchema = z.object({
  rooms: z.array(reportedRoomSchema).max(roomsTold).optional(),
  self: reportedSelfSchema.optional(),
})

export type SpokeReport = z.infer<typeof spokeReportSchema>
export type ReportedRoom = z.infer<typeof reportedRoomSchema>
export type ReportedSelf = z.infer<typeof reportedSelfSchema>
export type ReportedRadio = z.infer<typeof reportedRadioSchema>
export type ReportedLink = z.infer<typeof reportedLinkSchema>
export type AirState = z.infer<typeof airStateSchema>
