// Which version of the protocol two servers speak with each other: the highest that both know.

/** Of this program. */
export const spokenVersions: readonly number[] = [1]

/** Undefined when they have none in common. */
export function commonVersion(ours: readonly number[], theirs: readonly number[]): number | undefined {
  const common = ours.filter(version => theirs.includes(version))
  return common.length === 0 ? undefined : Math.max(...common)
}

export interface Speaker {
  name: string
  versions: readonly number[]
}

/** Why two servers without a common version do not link, and which of them is to be upgraded; in the same words at both ends. */
export function versionFault(one: Speaker, other: Speaker): string {
  const older = Math.max(...one.versions) < Math.max(...other.versions) ? one : other
  const words = [one, other].map(({ name, versions }) => `"${name}" speaks ${versions.join(', ')}`)
  return `no version of the protocol in common: ${words.join(', ')}; upgrade "${older.name}"`
}
