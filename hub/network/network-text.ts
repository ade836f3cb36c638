// GET /api/v1/network of a hub, written from a picture: of each city the text is made once, whoever asks.
import type { Network, NetworkServer } from '#common/network.ts'
import type { ServerDirectory } from '#common/server-directory.ts'
import type { Picture } from './network-picture.ts'

/** Another instance may have seen so much later what a client asks for by the `at` of this one's clock. */
const overlapMs = 10_000
/** What is asked for by a time so far ahead was told by a clock that has been set back since: all of it may be news. */
const aheadMaxMs = 5 * 60_000

export interface NetworkTextParts {
  server: NetworkServer
  directory: ServerDirectory
  /** Unix ms. */
  since: number | undefined
}

/** JSON of a Network. */
export function networkText(picture: Picture, { server, directory, since }: NetworkTextParts): string {
  const { at, cities } = picture
  const after = since === undefined || since > at + aheadMaxMs ? Number.NEGATIVE_INFINITY : since - overlapMs
  const changed = cities.flatMap(({ changedAt, text }) => (changedAt > after ? [text()] : []))
  const ids = cities.map(({ city }) => city.id)
  const rest: Pick<Network, 'ids' | 'names'> = { ids, names: namesOf(picture, directory) }
  return `{"at":${at},"server":${JSON.stringify(server)},"cities":[${changed.join()}],${JSON.stringify(rest).slice(1)}`
}

/** Of cities as they call themselves on their links, and of servers further away by their cards. */
function namesOf({ cities }: Picture, directory: ServerDirectory): Record<string, string> {
  const far = directory.ids().map(id => [id, directory.cityOf(id) ?? ''])
  return Object.fromEntries(
    [...far, ...cities.map(({ city }) => [city.id, city.name])].filter(([, name]) => name !== ''),
  )
}
