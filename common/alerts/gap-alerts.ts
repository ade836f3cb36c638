// Posts that are lost to somebody: each hole that shows on a link is an alert.
import { StoreUnavailableError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { PostLog } from '../post-log.ts'
import type { FoundGap, LiveLinks } from '../protocol/live-links.ts'
import { SaidLately } from '../said-lately.ts'
import type { Alerts, Raised } from './alerts.ts'

/** Of one server and room one an hour: a link that comes and goes must not fill the list. */
const toldMax = 1000

export interface GapAlertsParts {
  links: Pick<LiveLinks, 'onGap'>
  alerts: Pick<Alerts, 'raise'>
  /** Of a room that is open here. */
  logOf: (room: string) => Pick<PostLog, 'head'> | undefined
  log: Log
}

export function tellOfGaps({ links, alerts, logOf, log }: GapAlertsParts): void {
  const toldLately = new SaidLately(toldMax)
  links.onGap(found => {
    const { peer, gap, isOurs } = found
    // Whoever is new has no hole: it only gets what is still kept.
    if (gap.from === 1 || !toldLately.isNews(`${peer.id} ${gap.room} ${isOurs}`)) return
    alerts.raise(raisedOf(found, logOf(gap.room))).catch(error => {
      if (!(error instanceof StoreUnavailableError)) log.error({ err: error }, 'a gap could not be told')
    })
  })
}

function raisedOf({ peer, gap, isOurs }: FoundGap, ours: Pick<PostLog, 'head'> | undefined): Raised {
  const { room, epoch, from, to } = gap
  const posts = to - from + 1
  const once = `gap ${peer.id} ${room} ${epoch} ${from}-${to} ${isOurs}`
  const about = { kind: 'gap', spoke: peer.id, once }
  if (!isOurs)
    return {
      ...about,
      text: `gap in room "${room}": "${peer.name}" lacks ${postWords(posts)}, which ${posts === 1 ? 'is' : 'are'} no longer kept here`,
      facts: { room, posts },
    }
  const cursor = ours && { epoch: ours.head.epoch, offset: ours.head.head }
  return {
    ...about,
    text: `gap in room "${room}": ${postWords(posts)} of "${peer.name}" did not come before ${posts === 1 ? 'it was' : 'they were'} dropped there`,
    isLogged: true,
    facts: { room, posts, ...(cursor && { cursor }) },
  }
}

function postWords(posts: number): string {
  return posts === 1 ? '1 post' : `${posts.toLocaleString('en')} posts`
}
