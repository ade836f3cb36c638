// GET /api/v1/network of a hub, written from a picture: of each city the text is made once, whoever asks.
import type { Network, NetworkServer } from '#common/network.ts'
import type { ServerDirectory } from '#common/server-directory.ts'
import type { SeenCity } from './cities.ts'
import type { Picture } from './network-picture.ts'

/** Another instance may have seen so much later what a client asks for by the `at` of this one's clock. */
const overlapMs = 10_000
/** What is asked for by a time so far ahead was told by a clock that has been set back since: all of it may be news. */
const aheadMaxMs = 5 * 60_000

/** Those of thousands of cities have megabytes. */
const textsMax = 8
const uptimeStepSeconds = 2

export interface NetworkTextParts {
  server: NetworkServer
  directory: ServerDirectory
  /** Unix ms. */
  since: number | undefined
}

/** JSON of a Network. */
export function networkText(picture: Picture, { server, directory, since }: NetworkTextParts): string {
  const { at, cities } = picture
  const changed = changedSince(picture, since).map(({ text }) => text())
  const ids = cities.map(({ city }) => city.id)
  const names = directory.namesById(cities.map(({ city }) => city))
  const rest: Pick<Network, 'ids' | 'names'> = { ids, names }
  return `{"at":${at},"server":${JSON.stringify(server)},"cities":[${changed.join()}],${JSON.stringify(rest).slice(1)}`
}

function changedSince({ at, cities }: Picture, since: number | undefined): readonly SeenCity[] {
  const after = since === undefined || since > at + aheadMaxMs ? Number.NEGATIVE_INFINITY : since - overlapMs
  return cities.filter(({ changedAt }) => changedAt > after)
}

/** Texts of one picture: all to whom the same is news get the same one, so that it is written, and pressed for the line, once. */
export class NetworkTexts {
  readonly #textByQuestion = new Map<string, string>()
  #picture: Picture | undefined

  get(picture: Picture, parts: NetworkTextParts): string {
    if (picture !== this.#picture || this.#textByQuestion.size >= textsMax) this.#textByQuestion.clear()
    this.#picture = picture
    // It may be asked for long after, while the store is away: then at least what is said of this server is new.
    const { uptimeSeconds } = parts.server
    const server = { ...parts.server, uptimeSeconds: uptimeSeconds - (uptimeSeconds % uptimeStepSeconds) }
    // Of a later time it is less: as many are the same ones.
    const question = JSON.stringify([changedSince(picture, parts.since).length, server])
    const text = this.#textByQuestion.get(question) ?? networkText(picture, { ...parts, server })
    this.#textByQuestion.set(question, text)
    return text
  }
}
