// The picture of the net in the browser, kept true by answers that have only what has changed.
import type { City, Network } from '#common/network.ts'

/** A later answer on top of what is known. Cities that have not changed stay the very same objects, so that nothing of them is drawn again. */
export function merged(known: Network | undefined, answer: Network): Network {
  if (known === undefined || known.server.id !== answer.server.id) return answer
  const cityById = new Map(known.cities.map(city => [city.id, city]))
  for (const city of answer.cities) cityById.set(city.id, city)
  const cities = answer.ids.flatMap(id => cityById.get(id) ?? []).sort(byName)
  const isSame = cities.length === known.cities.length && cities.every((city, index) => city === known.cities[index])
  return { ...answer, cities: isSame ? known.cities : cities }
}

/** Ids that the answer names and nobody has told of: then all of it has to be asked for. */
export function hasHoles({ ids, cities }: Network): boolean {
  const told = new Set(cities.map(city => city.id))
  return ids.some(id => !told.has(id))
}

export function byName(a: City, b: City): number {
  return collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1)
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })
