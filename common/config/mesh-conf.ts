// How rooms behave on the mesh, of [radio] in the edge's config: regions, adverts, ACKs and path hashes. Limits and
// defaults are the firmware's (src/helpers/CommonCLI.cpp and RegionMap.cpp) unless a comment says otherwise.
import { z } from 'zod'
import { textWith, whole } from './conf-values.ts'
import type { RadioPreset } from './radio-presets.ts'

const regionsMax = 32
const regionBytesMax = 30

const regionName = () =>
  textWith(text => {
    if (text === '*') return 'must name a region: floods of none need none'
    if (text.startsWith('$')) return 'must not begin with $: the firmware has no way yet to give private regions a key'
    // Letters, digits, -, _ and whatever is above ASCII.
    if (!/^#?[-\w\u0080-\u{10ffff}]+$/u.test(text)) return 'must be the name of a region, like "#Denver"'
    return Buffer.byteLength(text) > regionBytesMax ? `must be at most ${regionBytesMax} bytes in UTF-8` : undefined
  })

/** The keys, beside those of the radio itself. */
export const meshKeys = {
  regions: z
    .array(regionName(), { error: 'must be a list of names, like ["#Denver", "#Boulder"]' })
    .max(regionsMax, { error: `must be at most ${regionsMax} regions` })
    .default([]),
  region: regionName().optional(),
  path_hash_bytes: whole(1, 3).optional(),
  extra_acks: whole(0, 1).default(0),
  advert_minutes: whole(0, 240).optional(),
  flood_advert_hours: whole(0, 168).default(47),
}

export interface MeshConf {
  /** Each with its #; requests in them are answered in them. */
  regions: string[]
  /** One of them: of what is flooded unasked. */
  homeRegion?: string | undefined
  /** Of the path hashes in what is flooded unasked. */
  pathHashBytes: 1 | 2 | 3
  extraAcks: 0 | 1
  /** Adverts to those who hear us directly; 0: none; undefined: as often as the firmware, if the duty cycle has room. */
  advertMinutes?: number | undefined
  /** Adverts to all that repeaters reach; 0: none. */
  floodAdvertHours: number
}

const meshSchema = z.object(meshKeys)

export function meshConf(values: z.output<typeof meshSchema>, preset: RadioPreset | undefined): MeshConf {
  const { region, path_hash_bytes, extra_acks, advert_minutes, flood_advert_hours } = values
  const homeRegion = region === undefined ? undefined : withHash(region)
  const names = values.regions.map(withHash)
  return {
    regions: [...new Set(homeRegion === undefined ? names : [homeRegion, ...names])],
    homeRegion,
    pathHashBytes: (path_hash_bytes ?? preset?.pathHashBytes ?? 1) as MeshConf['pathHashBytes'],
    extraAcks: extra_acks === 0 ? 0 : 1,
    advertMinutes: advert_minutes,
    floodAdvertHours: flood_advert_hours,
  }
}

/** "Denver" and "#Denver" are one region. */
function withHash(name: string): string {
  return name.startsWith('#') ? name : `#${name}`
}
