// Writes the config files of the programs under test.

export type TomlValue = string | number | boolean | readonly string[] | TomlTable | readonly TomlTable[] | undefined
export interface TomlTable {
  readonly [key: string]: TomlValue
}

/** A table as TOML. Keys with the value undefined are left out; lists are of texts or of tables. */
export function toToml(table: TomlTable, path = ''): string {
  const entries = Object.entries(table).filter(([, value]) => value !== undefined)
  const plain = entries.flatMap(([key, value]) => (isNested(value) ? [] : [`${key} = ${JSON.stringify(value)}\n`]))
  const nested = entries.flatMap(([key, value]) => (isNested(value) ? [tablesToToml(value, path + key)] : []))
  return [...plain, ...nested].join('')
}

/** `base` with the values of `changes`; tables are merged, everything else is replaced. */
export function merged(base: TomlTable, changes: TomlTable): TomlTable {
  const result: Record<string, TomlValue> = { ...base }
  for (const [key, value] of Object.entries(changes)) {
    const old = base[key]
    result[key] = isTable(old) && isTable(value) ? merged(old, value) : value
  }
  return result
}

function tablesToToml(value: TomlTable | readonly TomlTable[], path: string): string {
  if (isTable(value)) return `\n[${path}]\n${toToml(value, `${path}.`)}`
  return value.map(table => `\n[[${path}]]\n${toToml(table, `${path}.`)}`).join('')
}

function isNested(value: TomlValue): value is TomlTable | readonly TomlTable[] {
  return typeof value === 'object' && !(Array.isArray(value) && typeof value[0] === 'string')
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value)
}
