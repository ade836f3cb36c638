// What is remembered of a webhook, for all instances: where it stands in each room, how its endpoint does, what was given up.
import { z } from 'zod'
import { epochSchema, offsetSchema } from '#common/cursor.ts'
import { fromJson } from '#common/json.ts'
import { roomSchema } from '#common/post.ts'
import type { Notes } from '../store/notes.ts'

/** Unix ms. */
const atSchema = z.int().min(0)

/** A batch that was begun: it stays the same until it is delivered or given up. */
const pendingSchema = z.object({
  to: offsetSchema,
  /** When it was first tried. */
  since: atSchema,
  /** Failures while other rooms were delivered, and how often the endpoint refused it as bad. */
  strikes: z.int(),
  refusals: z.int(),
  /** Not before this. */
  nextTryAt: atSchema,
})
export type Pending = z.infer<typeof pendingSchema>

const placeSchema = z.object({
  /** A cursor in the room's log: everything up to it was delivered, or is among the given up. */
  epoch: epochSchema,
  offset: offsetSchema,
  pending: pendingSchema.optional(),
})
export type Place = z.infer<typeof placeSchema>

const healthSchema = z.object({
  /** The rooms of the config when it was last looked at; null: all. */
  rooms: z.array(roomSchema).nullable(),
  lastSuccessAt: atSchema.nullable(),
  /** While nothing can be delivered at all. */
  failing: z.object({ since: atSchema, tries: z.int(), nextTryAt: atSchema, isTold: z.boolean() }).nullable(),
  lastError: z.string().nullable(),
  lastErrorAt: atSchema.nullable(),
  /** Posts given up since the webhook began. */
  deadTotal: z.int(),
  /** The number of the last alert delivered. */
  alerts: z.object({ offset: offsetSchema, pending: pendingSchema.optional() }),
})
export type Health = z.infer<typeof healthSchema>

const deadRangeSchema = z.object({
  room: roomSchema,
  epoch: epochSchema,
  from: offsetSchema,
  to: offsetSchema,
  at: atSchema,
  error: z.string(),
})
/** Posts given up: where they are in the room's log, never what they say. */
export type DeadRange = z.infer<typeof deadRangeSchema>

/** Keeps the note within 16 KiB. */
export const deadRangesMax = 50

export const newHealth: Health = {
  rooms: [],
  lastSuccessAt: null,
  failing: null,
  lastError: null,
  lastErrorAt: null,
  deadTotal: 0,
  alerts: { offset: 0 },
}

/** All methods: @throws StoreUnavailableError. A note that cannot be read is as none. */
export class WebhookNotes {
  readonly #notes: Notes
  readonly #name: string

  constructor(notes: Notes, name: string) {
    this.#notes = notes
    this.#name = name
  }

  health(): Promise<Health | undefined> {
    return this.#read(this.#key('health'), healthSchema)
  }

  setHealth(health: Health): Promise<void> {
    return this.#notes.set(this.#key('health'), JSON.stringify(health))
  }

  place(room: string): Promise<Place | undefined> {
    return this.#read(this.#key(`room:${room}`), placeSchema)
  }

  setPlace(room: string, place: Place): Promise<void> {
    return this.#notes.set(this.#key(`room:${room}`), JSON.stringify(place))
  }

  async dead(): Promise<DeadRange[]> {
    return (await this.#read(this.#key('dead'), z.array(deadRangeSchema))) ?? []
  }

  setDead(ranges: readonly DeadRange[]): Promise<void> {
    const key = this.#key('dead')
    return ranges.length === 0 ? this.#notes.remove(key) : this.#notes.set(key, JSON.stringify(ranges))
  }

  /** When an operator asked for the dead ones to be sent again (Unix ms), while that is not done. */
  retryAskedAt(): Promise<number | undefined> {
    return this.#read(this.#key('retry'), atSchema)
  }

  askForRetry(now: number): Promise<void> {
    return this.#notes.set(this.#key('retry'), String(now))
  }

  retryDone(): Promise<void> {
    return this.#notes.remove(this.#key('retry'))
  }

  #key(what: string): string {
    return `webhook:${this.#name}:${what}`
  }

  async #read<T>(key: string, schema: z.ZodType<T>): Promise<T | undefined> {
    return fromJson(schema, await this.#notes.get(key))
  }
}
