// Which alert is let go where there are too many. Browsers load it as it is; hub/redis/add-alert.lua does the same.

/** Of one server; whoever has more makes place for others. */
export const alertsOfOneMax = 200

/**
 * The place of the one that goes: the oldest; where one server has more than its part, the oldest of the one that has the most, so that
 * a city that comes and goes all day hides no other. `spokes`: of each alert, the oldest first.
 */
export function placeToGo(spokes: readonly (string | undefined)[]): number {
  const countBySpoke = new Map<string, number>()
  for (const spoke of spokes) if (spoke !== undefined) countBySpoke.set(spoke, (countBySpoke.get(spoke) ?? 0) + 1)
  const most = Math.max(0, ...countBySpoke.values())
  if (most <= alertsOfOneMax) return 0
  return spokes.findIndex(spoke => spoke !== undefined && countBySpoke.get(spoke) === most)
}
