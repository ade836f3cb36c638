// The frames of mcfed.1: one JSON object per text frame, `t` names it. See common/README.md.
import { z } from 'zod'
import { cursorSchema, epochSchema, offsetSchema } from '../cursor.ts'
import { idSchema, latestAt, roomSchema } from '../post.ts'

export const subprotocol = 'mcfed.1'
export const frameBytesMax = 256 * 1024
export const postsPerFrameMax = 64
export const postsBytesMax = 64 * 1024
export const guidsPerOfferMax = 1000
export const windowBytes = 256 * 1024
export const roomsPerLinkMax = 256
/** Ended epochs that a log remembers. */
export const endedMax = 64
export const cardsPerFrameMax = 100
export const cardsBytesMax = 64 * 1024
export const reportBytesMax = 32 * 1024

const base64url32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const shownName = z.string().regex(/^\P{Cc}{1,128}$/u, 'must be 1 to 128 characters and no control characters')

const roomGrantSchema = z.object({
  room: roomSchema,
  read: z.boolean(),
  write: z.boolean(),
  /** Why a right was not granted, for the operator of the other end. */
  reason: z.string().max(256).optional(),
})

const helloSchema = z.object({
  t: z.literal('hello'),
  /** Protocol versions spoken, the best first. The acceptor answers with the one chosen. */
  versions: z.array(z.int().min(1)).min(1).max(16),
  id: idSchema,
  name: shownName,
  role: z.enum(['hub', 'edge']),
  software: z.string().regex(/^\P{Cc}{0,64}$/u),
  /** Random per process start: tells a restarted server from a second machine with the same identity. */
  boot: z.string().min(1).max(32),
  nonce: base64url32,
  /** Unix ms. */
  clock: z.int().min(0).max(latestAt),
  /** `exporter`: TLS ends in this process and its exporter is part of the proof. */
  binding: z.enum(['exporter', 'none']),
  /** The dialler's wishes; in the acceptor's hello what is granted. */
  rooms: z
    .array(roomGrantSchema)
    .max(roomsPerLinkMax)
    .refine(rooms => new Set(rooms.map(({ room }) => room)).size === rooms.length, 'must name each room once'),
  limits: z.object({
    windowBytes: z.int().min(postsBytesMax),
    frameBytes: z.int().min(postsBytesMax),
    /** What the sender's line may carry a day, both ways; the other end only warns. */
    wanBytesPerDay: z.int().min(1).optional(),
  }),
})

const proofSchema = z.object({
  t: z.literal('proof'),
  mac: base64url32,
  /** Under further secrets that this side accepts, while the federation changes its secret. */
  also: z.array(base64url32).max(2).optional(),
  sig: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
})

/** Where a reader stands in the sender's log, and the past of the reader's own log: what it sent and has lost since must come back to it. */
const readerPlaceSchema = z.object({
  cursor: cursorSchema.nullable(),
  epoch: epochSchema,
  /** The newest epochs that ended, with the offset at which each did. */
  ended: z
    .record(epochSchema, offsetSchema)
    .refine(ended => Object.keys(ended).length <= endedMax, `must name at most ${endedMax} epochs`),
  /** The reader may have much of it from elsewhere: it wants to be asked by GUID before posts are shipped. */
  offer: z.boolean().optional(),
})
export type ReaderPlace = z.infer<typeof readerPlaceSchema>

const resumeSchema = z.object({
  t: z.literal('resume'),
  /** Counts the resumes of this link, so that what was under way before one can be told from the answer to it. */
  n: z.int().min(1),
  rooms: z.record(roomSchema, readerPlaceSchema),
})

/** The sender's answer to a resume, once per room in it: from here it goes on. Sent again when the sender has to go back. */
const startSchema = z.object({
  t: z.literal('start'),
  room: roomSchema,
  /** Of the resume it answers. */
  n: z.int().min(1),
  epoch: epochSchema,
  after: offsetSchema,
  head: offsetSchema,
})

/** The reader's store does not take this room: until the reader's next resume nothing of it is sent, and none of it takes up the window. */
const holdSchema = z.object({ t: z.literal('hold'), room: roomSchema })

const postsSchema = z.object({
  t: z.literal('posts'),
  room: roomSchema,
  epoch: epochSchema,
  /** The frame covers the sender's log above `after` up to and including `next`, skipped entries too. */
  after: offsetSchema,
  next: offsetSchema,
  posts: z.array(z.unknown()).max(postsPerFrameMax),
})

const ackSchema = z.object({ t: z.literal('ack'), room: roomSchema, epoch: epochSchema, offset: offsetSchema })

const guidRangeSchema = z.object({
  room: roomSchema,
  epoch: epochSchema,
  after: offsetSchema,
  next: offsetSchema,
  /** Packed (guid.ts): a hub that returns is offered the same posts by every city, most of them in vain. */
  guids: z.string(),
})
const offerSchema = guidRangeSchema.extend({ t: z.literal('offer') })
const wantSchema = guidRangeSchema.extend({ t: z.literal('want') })

const gapSchema = z.object({
  t: z.literal('gap'),
  room: roomSchema,
  epoch: epochSchema,
  from: offsetSchema.min(1),
  to: offsetSchema,
  /** `trimmed`: past the sender's retention; cannot be filled from here. */
  why: z.string().max(64),
})

/** Servers that the sender knows of. Each card is checked by itself: one that is not valid does not end the link. */
const cardsSchema = z.object({ t: z.literal('cards'), cards: z.array(z.unknown()).max(cardsPerFrameMax) })

/** What an edge tells its hub of itself (spoke-report.ts). Checked by itself: one that is not valid does not end the link. */
const reportSchema = z.object({ t: z.literal('report'), rooms: z.unknown().optional(), self: z.unknown().optional() })

/** Between edges: true when a hub serves the sender. Until an end says it, it counts as false; a link ships unless both last said true. */
const standbySchema = z.object({ t: z.literal('standby'), on: z.boolean() })

const pingSchema = z.object({ t: z.literal('ping'), n: z.int().min(0) })
const pongSchema = z.object({ t: z.literal('pong'), n: z.int().min(0) })
const byeSchema = z.object({
  t: z.literal('bye'),
  code: z.int().min(1000).max(4999),
  reason: z.string().max(512),
  retryAfterMs: z.int().min(0).max(3_600_000).optional(),
})

export const frameSchema = z.discriminatedUnion('t', [
  helloSchema,
  proofSchema,
  resumeSchema,
  startSchema,
  holdSchema,
  postsSchema,
  ackSchema,
  offerSchema,
  wantSchema,
  gapSchema,
  cardsSchema,
  reportSchema,
  standbySchema,
  pingSchema,
  pongSchema,
  byeSchema,
])

type PackedFrame = z.infer<typeof frameSchema>
type Unpacked<F> = F extends { guids: string } ? Omit<F, 'guids'> & { guids: string[] } : F
export type Frame = Unpacked<PackedFrame>
export type FrameName = Frame['t']
export type FrameOf<T extends FrameName> = Extract<Frame, { t: T }>
export type Hello = FrameOf<'hello'>
export type RoomGrant = z.infer<typeof roomGrantSchema>

export const frameNames: ReadonlySet<string> = new Set(frameSchema.options.map(option => option.shape.t.value))
