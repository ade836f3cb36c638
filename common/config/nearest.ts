// What somebody may have meant who has mistyped a name.

/** The one of `known` that is written most alike; undefined when none is near. Upper and lower case are the same. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map(one => ({ one, distance: editDistance(name.slice(0, 64).toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, distance }) => distance <= Math.max(2, one.length / 3))
    .sort((a, b) => a.distance - b.distance)
  return nearest?.one
}

/** Levenshtein's distance: how many characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, right] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (left === right ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
