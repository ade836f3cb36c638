// `federation-hub spokes list | approve | revoke | grant | forget | audit`: the operator's hand on who may do what.
import type { Enrol } from '#common/config/hub-conf.ts'
import { oneLine } from '#common/log.ts'
import { roomSchema } from '#common/post.ts'
import { UsageError } from '#common/program.ts'
import { auditLine, type Decisions } from '../rights/decisions.ts'
import { anyRoom, type Decision, deedsOf, type RoomRight, whySchema } from '../rights/rights.ts'
import { findSpoke, type ListedSpoke, readSpokes, requireSaidById } from '../rights/spoke-list.ts'
import type { OpenRegistry } from '../store/open-registry.ts'
import { type CommandOutput, refusedTo } from './command-output.ts'
import { spokeLine } from './spoke-lines.ts'

const spokesUsage = `usage: federation-hub spokes [list] [--json]
       federation-hub spokes approve ID
       federation-hub spokes revoke ID [--why TEXT]       TEXT is told to the spoke
       federation-hub spokes grant ID ROOM read|write|read,write|none
       federation-hub spokes forget ID                    as if it had never been here
       federation-hub spokes audit [--json]
ID is the id of a spoke, its begin (8 characters or more), or, but for approve, its name. ROOM '*' is every room that is not named.`

/** What the words behind `spokes` ask for. */
export type SpokesArgs =
  | { action: 'list' | 'audit'; json: boolean }
  | { action: 'decide'; spoke: string; decision: Decision }

export interface SpokesParts extends Pick<OpenRegistry, 'registry' | 'rights' | 'audit'> {
  decisions: Decisions
  enrol: Enrol
  /** `cli:<user>`. */
  who: string
}

const auditShown = 1000
const rightsByWord: Record<string, RoomRight> = {
  read: { read: true, write: false },
  write: { read: false, write: true },
  'read,write': { read: true, write: true },
  none: { read: false, write: false },
}
const idPattern = /^[A-Za-z0-9_-]{43}$/

/** The words behind `spokes`, without `--config`. @throws UsageError */
export function parseSpokesArgs(words: readonly string[]): SpokesArgs {
  const { named, json, why } = takeOptions(words)
  const [action = 'list', spoke, ...more] = named
  if (why !== undefined && action !== 'revoke') refuse('--why belongs to "spokes revoke"')
  if (action === 'list' || action === 'audit')
    return spoke === undefined ? { action, json } : refuse(`"${action}" takes no "${spoke}"`)
  if (json) refuse('--json belongs to "spokes list" and "spokes audit"')
  const decision = decisionOf(action, more, why)
  return spoke === undefined
    ? refuse(action === 'approve' ? 'say which spoke: its id' : 'say which spoke: its id or name')
    : { action: 'decide', spoke, decision }
}

/** Carries it out. Gives the exit code: 0, or 1 when it is refused. @throws StoreUnavailableError */
export async function spokesCommand(args: SpokesArgs, parts: SpokesParts, output: CommandOutput): Promise<number> {
  switch (args.action) {
    case 'list':
      return list(args.json, parts, output)
    case 'audit':
      return audit(args.json, parts, output)
    case 'decide':
      return refusedTo(output, () => decide(args, parts, output))
  }
}

interface Options {
  named: string[]
  json: boolean
  why?: string | undefined
}

/** By hand: an id may begin with a dash, and is no option. */
function takeOptions(words: readonly string[]): Options {
  const end = words.includes('--') ? words.indexOf('--') : words.length
  const found: Options = { named: [], json: false }
  const left = words.slice(0, end).flatMap(word => (word.startsWith('--why=') ? ['--why', word.slice(6)] : [word]))
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--json') found.json = true
    else if (word === '--why') found.why = left.shift() ?? ''
    else found.named.push(word)
  }
  const unknown = found.named.find(word => word.startsWith('--') && !idPattern.test(word))
  if (unknown !== undefined) refuse(`unknown option "${unknown}"`)
  return { ...found, named: [...found.named, ...words.slice(end + 1)] }
}

function decisionOf(action: string, more: readonly string[], why?: string): Decision {
  if (action === 'grant') return grantOf(more)
  if (action !== 'approve' && action !== 'revoke' && action !== 'forget')
    return refuse('say list, approve, revoke, grant, forget or audit')
  if (more.length > 0) refuse('one spoke at a time; a name with spaces needs quotes')
  if (why === undefined) return { action }
  const checked = whySchema.safeParse(why)
  return checked.success ? { action: 'revoke', why } : refuse(`--why ${checked.error.issues[0]?.message}`)
}

function grantOf([room, word, ...more]: readonly string[]): Decision {
  const right = rightsByWord[word ?? '']
  if (room === undefined || right === undefined || more.length > 0)
    return refuse('say the spoke, the room, and read, write, read,write or none')
  if (room !== anyRoom && !roomSchema.safeParse(room).success)
    refuse(`"${room}" is no name of a room: it has 1 to 64 of a-z, 0-9 and -, as in federate_as of the cities`)
  return { action: 'grant', room, right }
}

function refuse(fault: string): never {
  throw new UsageError(fault, spokesUsage)
}

async function list(json: boolean, parts: SpokesParts, { out, err }: CommandOutput): Promise<number> {
  const spokes = await readSpokes(parts, parts.enrol)
  if (json) out(`${JSON.stringify(spokes, null, 2)}\n`)
  else if (spokes.length === 0) err('No spoke was ever here.\n')
  else out(spokes.map(spoke => `${oneLine(spokeLine(spoke, Date.now()))}\n`).join(''))
  return 0
}

async function audit(json: boolean, { audit: trail }: SpokesParts, { out, err }: CommandOutput): Promise<number> {
  const entries = await trail.newest(auditShown)
  if (json) out(`${JSON.stringify(entries, null, 2)}\n`)
  else if (entries.length === 0) err('Nothing was decided yet.\n')
  else out(entries.map(entry => `${new Date(entry.at).toISOString()}  ${oneLine(auditLine(entry))}\n`).join(''))
  return 0
}

type Deciding = Extract<SpokesArgs, { action: 'decide' }>

async function decide({ spoke: word, decision }: Deciding, parts: SpokesParts, output: CommandOutput): Promise<number> {
  const spokes = await readSpokes(parts, parts.enrol)
  const spoke = findSpoke(spokes, word)
  if (decision.action === 'approve') requireSaidById(spoke, word)
  await parts.decisions.decide(parts.who, spoke, decision)
  const after = (await readSpokes(parts, parts.enrol)).find(({ id }) => id === spoke.id)
  output.err(`${oneLine(outcome(spoke, decision, after))}\n`)
  return 0
}

function outcome({ id, name }: Pick<ListedSpoke, 'id' | 'name'>, decision: Decision, after?: ListedSpoke): string {
  const who = name === '' ? `Spoke ${id}` : `"${name}" (id ${id})`
  switch (decision.action) {
    case 'approve':
      return `${who} is let in, by every instance within 5 seconds; one that waits asks again by itself.`
    case 'revoke':
      return `${who} is refused by every instance within 5 seconds. It still knows the secret: direct links between cities end with a new one.`
    case 'forget':
      return `${who} is forgotten: what holds for it is what holds for a new one.`
    case 'grant': {
      const still =
        after?.state === 'revoked' || after?.state === 'pending' ? ` It is ${after.state}: approve lets it in.` : ''
      const place = decision.room === anyRoom ? 'in all rooms that are not named' : `in room "${decision.room}"`
      return `${who} ${place}: may ${deedsOf(decision.right)}; so it is at every instance within 5 seconds.${still}`
    }
  }
}
