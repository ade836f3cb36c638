// How each spoke was in the last day: a sample every five minutes, in blocks of two hours that are written over in turn.
import { type City, type Sample, sampleMs } from '#common/network.ts'
import type { Notes } from '../store/notes.ts'

const keptMs = 24 * 3_600_000
const perBlock = 24
/** One more than a day has: the oldest is thrown away whole. */
const blocks = 13
const spokesPerCommand = 500

/** Writes what holds at `at` (Unix ms), over what was written of the same five minutes. @throws StoreUnavailableError */
export async function writeSamples(notes: Notes, cities: readonly City[], at: number): Promise<void> {
  const slot = Math.floor(at / sampleMs)
  const block = Math.floor(slot / perBlock)
  for (let done = 0; done < cities.length; done += spokesPerCommand) {
    const some = cities.slice(done, done + spokesPerCommand)
    const before = await notes.getMany(some.map(({ id }) => keyOf(id, block)))
    const texts = some.map(city => {
      const key = keyOf(city.id, block)
      const sample = { at: slot * sampleMs, ...factsOf(city) }
      const samples = samplesIn(before.get(key)).filter(old => blockOf(old) === block && old.at !== sample.at)
      return [key, textOf([...samples, sample])] as const
    })
    await notes.setMany(new Map(texts))
  }
}

/** The oldest first, of the 24 hours before `now` (Unix ms). @throws StoreUnavailableError */
export async function readSamples(
  notes: Notes,
  ids: readonly string[],
  now: number,
): Promise<Record<string, Sample[]>> {
  const texts = await notes.getMany(ids.flatMap(sampleKeys))
  const samplesOf = (id: string) =>
    sampleKeys(id)
      .flatMap(key => samplesIn(texts.get(key)))
      .filter(({ at }) => at > now - keptMs && at <= now)
      .sort((a, b) => a.at - b.at)
  return Object.fromEntries(ids.map(id => [id, samplesOf(id)]))
}

/** All keys of a spoke. */
export function sampleKeys(id: string): string[] {
  return Array.from({ length: blocks }, (_, block) => keyOf(id, block))
}

/** Of a radio that nobody hears of it is not known how it is. */
function factsOf({ connected, latencyMs, backlog, self }: City): Omit<Sample, 'at'> {
  return { latencyMs, backlog, budgetUsed: connected ? (self?.radio?.budgetUsed ?? null) : null }
}

function keyOf(id: string, block: number): string {
  return `${block % blocks}:${id}`
}

function blockOf({ at }: Sample): number {
  return Math.floor(at / sampleMs / perBlock)
}

/** `slot latency backlog budget` of each, with commas between: a note of two hours has half a KiB. */
function textOf(samples: readonly Sample[]): string {
  const fields = ({ at, latencyMs, backlog, budgetUsed }: Sample) => {
    const facts = [latencyMs === null ? null : Math.round(latencyMs), backlog, budgetUsed?.toFixed(3) ?? null]
    return [at / sampleMs, ...facts.map(fact => fact ?? '-')].join(' ')
  }
  return samples.map(fields).join()
}

function samplesIn(text = ''): Sample[] {
  return text.split(',').flatMap(fields => {
    const [slot = Number.NaN, latencyMs = null, backlog = null, budgetUsed = null] = fields.split(' ').map(numberIfAny)
    return slot === null || Number.isNaN(slot) ? [] : [{ at: slot * sampleMs, latencyMs, backlog, budgetUsed }]
  })
}

function numberIfAny(text: string): number | null {
  return text === '-' || text === '' ? null : Number(text)
}
