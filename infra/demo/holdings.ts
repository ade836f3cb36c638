// What every server holds in the end, and whether it is the same everywhere: nothing missing, nothing twice, nothing changed.
import type { Api, HeldPost } from './api.ts'
import type { City } from './federation.ts'
import { number, styled, table } from './screen.ts'

export interface Holder {
  name: string
  api: Api
}

export interface HoldingsOptions {
  cities: readonly City[]
  /** Servers to look at beside the cities. */
  others: readonly Holder[]
  /** Of every post that a city said is stored. */
  guids: readonly string[]
}

interface Holding {
  name: string
  posts: readonly HeldPost[]
}

/** Prints what each server holds, per city where it was posted. True when all hold every post, once, and the same. */
export async function showHoldings({ cities, others, guids }: HoldingsOptions): Promise<boolean> {
  const holdings: Holding[] = []
  for (const { name, api } of [...cities, ...others]) holdings.push({ name, posts: await api.allPosts() })
  const origins = await Promise.all(cities.map(async ({ api }) => (await api.status()).id))
  const reference = contentByGuid(holdings[0]?.posts ?? [])
  const faults = holdings.map(holding => faultOf(holding, reference, guids))
  const head = ['held by', ...cities.map(({ name }) => `from ${name}`), 'total', 'identical']
  const rows = holdings.map(({ name, posts }, index) => [
    name,
    ...origins.map(origin => number(posts.filter(post => post.origin === origin).length)),
    number(posts.length),
    faults[index] === undefined ? 'yes' : `no: ${faults[index]}`,
  ])
  table([head, ...rows])
  return faults.every(fault => fault === undefined)
}

/** One line on whether it went well. */
export function verdict(isEqual: boolean, sent: number): string {
  return isEqual
    ? styled('green', `All ${number(sent)} posts are in every city, each of them once.`)
    : styled('red', 'The cities do not hold the same posts.')
}

function faultOf({ posts }: Holding, reference: Map<string, string>, guids: readonly string[]): string | undefined {
  const content = contentByGuid(posts)
  const missing = guids.filter(guid => !content.has(guid)).length
  if (missing > 0) return `${missing} missing`
  if (content.size !== posts.length) return `${posts.length - content.size} twice`
  if (content.size !== guids.length) return `${content.size - guids.length} that nobody posted`
  const changed = guids.filter(guid => content.get(guid) !== reference.get(guid)).length
  return changed > 0 ? `${changed} changed` : undefined
}

/** Everything of a post that must be the same on all servers; its place in a log need not. */
function contentByGuid(posts: readonly HeldPost[]): Map<string, string> {
  return new Map(
    posts.map(({ guid, origin, at, author, source, text }) => [
      guid,
      JSON.stringify([origin, at, author.name, author.key, source, text]),
    ]),
  )
}
