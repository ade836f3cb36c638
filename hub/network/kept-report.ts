// The parts of what a spoke tells of itself, as they are kept: each by itself, so that no instance has to know the other part.
import { z } from 'zod'
import { fromJson } from '#common/json.ts'
import { type ReportedRoom, type ReportedSelf, type SpokeReport, spokeReportSchema } from '#common/spoke-report.ts'

/** As of a note. Who has the secret may send anything. */
const textBytesMax = 16 * 1024
const partNames = ['rooms', 'self'] as const

/** One part of a report. */
export interface KeptPart extends SpokeReport {
  /** Unix ms of its coming, by the clock of the instance that heard it. */
  at: number
}

export interface PartText {
  key: string
  text: string
  part: KeptPart
}

const keptSchema = spokeReportSchema.extend({ at: z.int().min(0) })

export function partKeys(id: string): string[] {
  return partNames.map(name => `${name}:${id}`)
}

/** The id in a key of partKeys. */
export function idOfKey(key: string): string {
  return key.slice(key.indexOf(':') + 1)
}

/** `at`: Unix ms. */
export function partTexts(id: string, { rooms, self }: SpokeReport, at: number): PartText[] {
  const parts = [...(rooms ? [roomParts(at, rooms)] : []), ...(self ? [selfParts(at, self)] : [])]
  return parts.map(thinner => {
    const fits = thinner.map(part => ({ part, text: JSON.stringify(part) }))
    const chosen = fits.find(({ text }) => Buffer.byteLength(text) <= textBytesMax) ?? fits.at(-1)
    const part = chosen?.part ?? { at }
    return { key: `${part.rooms === undefined ? 'self' : 'rooms'}:${id}`, text: chosen?.text ?? '', part }
  })
}

/** Undefined when it is damaged, or of a version that has it otherwise. */
export function partFromText(text: string): KeptPart | undefined {
  return fromJson(keptSchema, text)
}

/** Ever less of it: the last one always fits. */
function roomParts(at: number, rooms: ReportedRoom[]): KeptPart[] {
  const withAir = (most: number) => ({ at, rooms: rooms.map(room => ({ ...room, air: room.air.slice(-most) })) })
  const withoutAir = rooms.map(room => ({ ...room, air: [] }))
  return [{ at, rooms }, withAir(8), withAir(2), { at, rooms: withoutAir }]
}

function selfParts(at: number, self: ReportedSelf): KeptPart[] {
  return [64, 32, 16, 8].map(most => ({ at, self: { ...self, links: self.links.slice(0, most) } }))
}
