// The spokes as operators see them: whom the hub has seen, who waits, and about whom somebody has decided.
import type { Enrol } from '#common/config/hub-conf.ts'
import { RequestError } from '#common/errors.ts'
import { oneLine } from '#common/log.ts'
import { idSchema } from '#common/post.ts'
import { byName, type Registry, type SpokeRecord } from '../registry/registry.ts'
import { anyRoom, isGone, type RoomRight, rightIn, type SpokeRights, type Standing, standingOf } from './rights.ts'
import type { RightsStore } from './rights-store.ts'

export interface ListedSpoke extends Omit<SpokeRecord, 'lastSeenAt'> {
  state: Standing
  /** Why it is revoked. */
  why?: string
  /** `*` is for every room that is not named. */
  rooms: Record<string, RoomRight>
  /** Unix ms, of a link or of a try; null when it was never here. */
  lastSeenAt: number | null
}

export interface ListParts {
  seen: readonly SpokeRecord[]
  pending: readonly SpokeRecord[]
  rights: readonly SpokeRights[]
  enrol: Enrol
}

/** Which spoke is meant, and as what it is known; '' when it was never here. */
export type SpokeName = Pick<ListedSpoke, 'id' | 'name'>

const prefixMin = 8
const candidatesShown = 10
const unseen = { connected: false, lastSeenAt: null, address: '', software: '', instance: '' }

/** Where they are kept. */
export interface SpokeSources {
  registry: Pick<Registry, 'spokes' | 'pending'>
  rights: Pick<RightsStore, 'all'>
}

/** @throws StoreUnavailableError */
export async function readSpokes({ registry, rights }: SpokeSources, enrol: Enrol): Promise<ListedSpoke[]> {
  const [seen, pending, records] = await Promise.all([registry.spokes(), registry.pending(), rights.all()])
  return listSpokes({ seen, pending, rights: records, enrol })
}

/** By name. */
export function listSpokes({ seen, pending, rights, enrol }: ListParts): ListedSpoke[] {
  const rightsById = new Map(rights.map(record => [record.id, record]))
  const known = new Map([...pending, ...seen].map(spoke => [spoke.id, spoke]))
  const shown = [...known.values()].filter(spoke => !isForgotten(spoke, rightsById.get(spoke.id)))
  const neverSeen = rights.filter(record => !isGone(record) && !known.has(record.id))
  const rows = [...shown, ...neverSeen.map(({ id, name }) => ({ id, name, ...unseen }))]
  return rows.map(row => ({ ...row, ...decidedAbout(rightsById.get(row.id), enrol) })).sort(byName)
}

/** It was not here since then. */
function isForgotten({ lastSeenAt }: SpokeRecord, rights: SpokeRights | undefined): boolean {
  return rights?.state === 'forgotten' && lastSeenAt <= rights.at
}

function decidedAbout(record: SpokeRights | undefined, enrol: Enrol): Pick<ListedSpoke, 'state' | 'why' | 'rooms'> {
  const rights = isGone(record) ? undefined : record
  const rooms = { [anyRoom]: rightIn(rights, anyRoom), ...rights?.rooms }
  return { state: standingOf(rights, enrol), rooms, ...(rights?.why && { why: rights.why }) }
}

/**
 * The spoke that an operator means by its id, by the begin of it (8 characters or more), or by its name. By its whole id also
 * one that was never here. @throws RequestError when there is none, or may be several
 */
export function findSpoke(spokes: readonly ListedSpoke[], word: string): SpokeName {
  const exact = spokes.find(({ id }) => id === word)
  if (exact !== undefined) return exact
  // Somebody may call himself so.
  if (isCanonicalId(word)) return { id: word, name: '' }
  // A name is what a spoke says of itself: it may be that of another, or look like the begin of an id.
  const meant = spokes.filter(({ id, name }) => name === word || isBeginOf(id, word))
  const [only] = meant
  if (only !== undefined && meant.length === 1) return only
  if (meant.length > 1)
    throw new RequestError(409, 'ambiguous', `"${word}" may mean several spokes; say which by its id:\n${rows(meant)}`)
  const short = word.length < prefixMin ? `; the begin of an id has ${prefixMin} characters or more` : ''
  throw new RequestError(
    404,
    'unknown_spoke',
    `there is no spoke with the id or name "${word}"${short}; see: spokes list`,
  )
}

/**
 * Whoever is let in must be said by its id: the one who has this name on the list need not be the one who is expected, and with
 * many identities he can push that one off the list. @throws RequestError
 */
export function requireSaidById({ id, name }: SpokeName, word: string): void {
  if (id === word || isBeginOf(id, word)) return
  const row = oneLine(`  ${id}  "${name}"`)
  const words =
    'a name is what anybody may call itself; approve by the id that its own log and doctor say, if it is this:'
  throw new RequestError(409, 'by_id_only', `${words}\n${row}`)
}

function isBeginOf(id: string, word: string): boolean {
  return word.length >= prefixMin && id.startsWith(word)
}

/** Of a key there is one text only: others would be other ids of the same spoke. */
export function isCanonicalId(id: string): boolean {
  return idSchema.safeParse(id).success && Buffer.from(id, 'base64url').toString('base64url') === id
}

function rows(spokes: readonly ListedSpoke[]): string {
  const lines = spokes
    .slice(0, candidatesShown)
    .map(({ id, name, address }) => oneLine(`  ${id}  "${name}"  ${address}`))
  const rest = spokes.length - lines.length
  return [...lines, ...(rest > 0 ? [`  and ${rest} more`] : [])].join('\n')
}
