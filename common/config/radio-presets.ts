// The radio settings that the MeshCore apps suggest, by the names they have there. Source: suggested_radio_settings in
// https://api.meshcore.nz/api/v1/config, which the apps read, as of 2026-10-09; path hash sizes as of 2026-09-25. It has
// no power: that depends on the antenna and the law.

export interface RadioPreset {
  name: string
  /** MHz. */
  frequency: number
  /** kHz. */
  bandwidth: number
  spreadingFactor: number
  /** Denominator. */
  codingRate: number
  /** Where the mesh has agreed on one. */
  pathHashBytes?: 1 | 2 | 3
}

type Row = [name: string, frequency: number, bandwidth: number, factor: number, rate: number, hashBytes?: 1 | 2 | 3]

const rows: readonly Row[] = [
  ['Australia', 915.8, 250, 10, 5],
  ['Australia (Narrow)', 916.575, 62.5, 7, 7],
  ['Australia (Mid)', 915.075, 125, 9, 5],
  ['Australia: SA, WA', 923.125, 62.5, 8, 8],
  ['Australia: QLD', 923.125, 62.5, 8, 5],
  ['Brazil', 923.125, 62.5, 8, 8],
  ['Canada', 910.525, 62.5, 7, 5, 3],
  ['Costa Rica', 910.525, 125, 11, 5],
  ['EU/UK (Narrow)', 869.618, 62.5, 8, 8],
  ['EU/UK (Deprecated)', 869.525, 250, 11, 5],
  ['Czech Republic (Narrow)', 869.432, 62.5, 7, 5, 2],
  ['EU 433MHz (Long Range)', 433.65, 250, 11, 5],
  ['EU 433MHz (Narrow)', 433.65, 62.5, 8, 8],
  ['Hungary', 869.618, 62.5, 7, 5, 2],
  ['Netherlands', 869.618, 62.5, 7, 5],
  ['Netherlands (Limburg)', 869.618, 62.5, 8, 8, 2],
  ['New Zealand (Narrow)', 917.375, 62.5, 7, 5, 2],
  ['New Zealand (Gisborne)', 917.375, 250, 11, 5, 1],
  ['Portugal 433', 433.375, 62.5, 9, 6],
  ['Portugal 868', 869.618, 62.5, 7, 6],
  ['Slovakia', 869.618, 62.5, 7, 5, 2],
  ['Switzerland', 869.618, 62.5, 8, 8],
  ['USA', 910.525, 62.5, 7, 5],
  ['USA - Southern California', 927.875, 62.5, 7, 5, 3],
  ['Vietnam (Narrow)', 920.25, 62.5, 8, 5],
  ['Vietnam (Deprecated)', 920.25, 250, 11, 5],
]

export const radioPresets: readonly RadioPreset[] = rows.map(
  ([name, frequency, bandwidth, spreadingFactor, codingRate, pathHashBytes]) => ({
    name,
    frequency,
    bandwidth,
    spreadingFactor,
    codingRate,
    ...(pathHashBytes === undefined ? {} : { pathHashBytes }),
  }),
)

/** By its name; upper and lower case are the same. */
export function presetNamed(name: string): RadioPreset | undefined {
  const wanted = name.trim().toLowerCase()
  return radioPresets.find(preset => preset.name.toLowerCase() === wanted)
}
