// What a server is called that is not in the config: as it calls itself, unless that looks like the name of another.

const idShown = 8

/** `taken`: the names of others. What looks the same on a screen is the same: spaces and what is not seen do not count. */
export function strangerName(ownName: string, id: string, taken: readonly string[]): string {
  const look = lookOf(ownName)
  const isPlain = look !== '' && !taken.some(name => lookOf(name) === look)
  return isPlain ? ownName : `${ownName} (${id.slice(0, idShown)})`
}

function lookOf(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{Default_Ignorable_Code_Point}\p{White_Space}]/gu, '')
}
