// Where a server or a room stands, in degrees: two keys, both or none.
import type { RuleContext } from './conf-rules.ts'
import { decimal } from './conf-values.ts'
import type { KeyPath } from './toml.ts'

export const positionKeys = { latitude: decimal(-90, 90).optional(), longitude: decimal(-180, 180).optional() }

interface PositionValues {
  latitude?: number | undefined
  longitude?: number | undefined
}

/** Undefined when none is given; adds a fault to the section at `path` when only one is. */
export function checkPosition({ faults }: RuleContext, path: KeyPath, { latitude, longitude }: PositionValues) {
  if (latitude !== undefined && longitude !== undefined) return { latitude, longitude }
  if (latitude === undefined && longitude === undefined) return undefined
  const missing = latitude === undefined ? 'latitude' : 'longitude'
  faults.add([...path, missing], 'is required where the other of latitude and longitude is given')
  return undefined
}
