// The [radio] of the edge's config: its keys with their limits, and what each driver needs of them.
import type { z } from 'zod'
import { checkGateway, companionKeys, type GatewayConf } from './companion-conf.ts'
import type { RuleContext } from './conf-rules.ts'
import { decimal, devicePort, section, textWith, whole } from './conf-values.ts'
import { type MeshConf, meshConf, meshKeys } from './mesh-conf.ts'
import { nearestName } from './nearest.ts'
import { presetNamed, type RadioPreset, radioPresets } from './radio-presets.ts'

const drivers = ['kiss', 'companion', 'none']

export const radioSection = section({
  driver: textWith(text =>
    drivers.includes(text)
      ? undefined
      : 'must be "kiss" (MeshCore\'s KISS modem firmware), "companion" (its companion firmware) or "none"',
  ).default('kiss'),
  port: devicePort().optional(),
  preset: textWith(text => (presetNamed(text) === undefined ? noPreset(text) : undefined)).optional(),
  frequency: decimal(137, 2500).optional(),
  bandwidth: decimal(7.8, 500).optional(),
  spreading_factor: whole(5, 12).optional(),
  coding_rate: whole(5, 8).optional(),
  tx_power: whole(-9, 30).optional(),
  duty_cycle: decimal(0.1, 100).default(10),
  rf_max_age_minutes: whole(1, 100_000).default(120),
  push_hold_seconds: whole(0, 60).default(6),
  push_interval_ms: whole(100, 60_000).default(1200),
  ...meshKeys,
  ...companionKeys,
})

type RadioValues = z.output<typeof radioSection>

interface AnyRadioConf {
  /** `/dev/…` or `tcp://host:port`. */
  port: string
  /** Share of the time, 0 to 1. */
  dutyCycle: number
  /** Older posts of other cities are not pushed to those who did not ask for them. */
  rfMaxAgeMs: number
}

export interface KissConf extends AnyRadioConf {
  driver: 'kiss'
  frequencyHz: number
  bandwidthHz: number
  spreadingFactor: number
  /** Denominator: 5 for 4/5. */
  codingRate: number
  txPowerDbm: number
  /** So long a post lies before it is pushed. */
  pushHoldMs: number
  /** Between two pushes of a room. */
  pushIntervalMs: number
  /** Whose settings stand where none are given. */
  preset?: string | undefined
  mesh: MeshConf
}

/** A stock radio keeps its own settings. */
export interface CompanionConf extends AnyRadioConf, GatewayConf {
  driver: 'companion'
}

export type RadioConf = KissConf | CompanionConf

const settings = ['frequency', 'bandwidth', 'spreading_factor', 'coding_rate', 'tx_power'] as const
/** Of a radio whose room server we are; those that have a default say nothing. */
const forKiss = ['preset', ...settings, 'region', 'path_hash_bytes', 'advert_minutes'] as const
const forCompanion = Object.keys(companionKeys) as (keyof typeof companionKeys)[]

/** `rooms`: ids of the rooms that this server has. */
export function checkRadio(
  context: RuleContext,
  radio: RadioValues | undefined,
  rooms: readonly string[],
): RadioConf | undefined {
  // Of a driver that is mistyped nobody knows what it needs.
  if (radio === undefined || radio.driver === 'none' || context.faults.has(['radio', 'driver'])) return undefined
  const { port = '', duty_cycle, rf_max_age_minutes } = radio
  if (radio.port === undefined) context.faults.add(['radio', 'port'], `is required with driver = "${radio.driver}"`)
  const any = { port, dutyCycle: duty_cycle / 100, rfMaxAgeMs: rf_max_age_minutes * 60_000 }
  if (radio.driver === 'companion') {
    refuse(context, radio, forKiss, 'is not set from here with driver = "companion": set it in the radio, with an app')
    return { driver: 'companion', ...any, ...checkGateway(context, radio, rooms) }
  }
  refuse(context, radio, forCompanion, 'needs driver = "companion"')
  return { driver: 'kiss', ...any, ...checkSettings(context, radio) }
}

function refuse(
  { faults }: RuleContext,
  radio: RadioValues,
  keys: readonly (keyof RadioValues)[],
  reason: string,
): void {
  for (const key of keys) if (radio[key] !== undefined) faults.add(['radio', key], reason)
}

/** But for a preset nothing of it has a default: a radio that sends where it may not is worse than none. */
function checkSettings({ faults }: RuleContext, radio: RadioValues) {
  const preset = radio.preset === undefined ? undefined : presetNamed(radio.preset)
  const given: Partial<RadioValues> = preset === undefined ? radio : { ...settingsOf(preset), ...radio }
  // Of a preset that is mistyped nobody knows what it would have had.
  const isKnown = !faults.has(['radio', 'preset'])
  for (const key of settings)
    if (given[key] === undefined && (isKnown || key === 'tx_power'))
      faults.add(['radio', key], `is required with driver = "${radio.driver}"${hint(key)}`)
  const { frequency = 0, bandwidth = 0, spreading_factor = 0, coding_rate = 0, tx_power = 0 } = given
  return {
    frequencyHz: Math.round(frequency * 1e6),
    bandwidthHz: Math.round(bandwidth * 1e3),
    spreadingFactor: spreading_factor,
    codingRate: coding_rate,
    txPowerDbm: tx_power,
    pushHoldMs: radio.push_hold_seconds * 1000,
    pushIntervalMs: radio.push_interval_ms,
    preset: preset?.name,
    mesh: meshConf(radio, preset),
  }
}

function settingsOf({ frequency, bandwidth, spreadingFactor, codingRate }: RadioPreset) {
  return { frequency, bandwidth, spreading_factor: spreadingFactor, coding_rate: codingRate }
}

function hint(key: (typeof settings)[number]): string {
  return key === 'tx_power' ? ', in dBm: no preset has it' : '; or a preset that has it, as in the MeshCore apps'
}

function noPreset(name: string): string {
  const names = radioPresets.map(preset => preset.name)
  const nearest = nearestName(name, names)
  const question = nearest === undefined ? '.' : `; did you mean "${nearest}"?`
  return `is no preset of the MeshCore apps${question} There are ${names.map(one => `"${one}"`).join(', ')}`
}
