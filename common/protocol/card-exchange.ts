// Server cards on one link: ours and those we know to the other end, a few at a time; theirs checked, and learned.
import { z } from 'zod'
import type { OwnCard } from '../own-card.ts'
import { roomSchema } from '../post.ts'
import { joinCards, type KnownCard, serverCardSchema, verifyCard } from '../server-card.ts'
import type { ServerDirectory } from '../server-directory.ts'
import { firstFault } from './codec.ts'
import { cardsBytesMax, cardsPerFrameMax, type FrameOf, roomsPerLinkMax } from './frames.ts'

/** Between two frames: a slow link has other things to carry, and a card that changes often is sent less often. */
const paceMs = 500
/** Cards to check that a link may bring beyond those it may pass on, and how soon there may be another. */
const changesMax = 100
const changeMs = 10_000
/** A key of a gateway in a frame; and all of a card but keys and rooms, its name with a backslash before every byte. */
const gatewayBytes = 67
const restBytes = 400

const itemSchema = z.object({
  /** Of this link, in which the sender knows the server. */
  rooms: z.array(roomSchema).max(roomsPerLinkMax),
  card: serverCardSchema,
})

export interface LinkCards {
  own: OwnCard
  /** Cards of others than itself that the other end may bring. */
  relayedMax: number
  /** For so long only our own card is told: a hub tells what it knows, and need not hear it again. Default 0. */
  listenMs?: number
}

export interface CardExchangeOptions extends LinkCards {
  peerId: string
  rooms: readonly { log: { room: string }; peerReads: boolean; peerWrites: boolean }[]
  send: (frame: FrameOf<'cards'>) => void
  refused: (reason: string) => void
}

export class CardExchange {
  readonly #o: CardExchangeOptions
  readonly #directory: ServerDirectory
  readonly #readByThem: readonly string[]
  readonly #writtenByThem: readonly string[]
  /** Ids of servers whose cards may be news to the other end. */
  readonly #due = new Set<string>()
  /** What the other end has told while we listen, or just now. Not kept: on a hub it would be all cards for every link. */
  readonly #heard = new Map<string, KnownCard>()
  #timer: NodeJS.Timeout | undefined
  #listening: NodeJS.Timeout | undefined
  #unsubscribe: () => void = () => {}
  #isOver = false
  #checks: number
  #checksAt = performance.now()
  #learning: Promise<void> = Promise.resolve()

  constructor(options: CardExchangeOptions) {
    this.#o = options
    this.#directory = options.own.directory
    const { rooms } = options
    this.#readByThem = rooms.filter(({ peerReads }) => peerReads).map(({ log }) => log.room)
    this.#writtenByThem = rooms.filter(({ peerWrites }) => peerWrites).map(({ log }) => log.room)
    this.#checks = options.relayedMax + changesMax
  }

  start(): void {
    // The handshake may have set our clock right.
    this.#o.own.refresh()
    this.#unsubscribe = this.#directory.subscribe(ids => this.#tell(ids))
    const { listenMs = 0 } = this.#o
    if (listenMs > 0) {
      this.#listening = setTimeout(() => this.#listened(), listenMs)
      this.#listening.unref()
    }
    this.#tell(this.#directory.ids())
  }

  receive({ cards }: FrameOf<'cards'>): void {
    const heard = cards.flatMap(item => this.#read(item) ?? [])
    if (heard.length > 0) this.#learning = this.#learning.then(() => this.#learn(heard))
  }

  stop(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    clearTimeout(this.#listening)
    this.#unsubscribe()
  }

  #tell(ids: readonly string[]): void {
    for (const id of ids) if (!this.#hasTold(id)) this.#due.add(id)
    this.#pump()
  }

  #listened(): void {
    this.#listening = undefined
    for (const id of this.#due) if (this.#hasTold(id)) this.#due.delete(id)
    this.#heard.clear()
    this.#pump()
  }

  #pump(): void {
    if (this.#timer !== undefined || this.#isOver) return
    const cards = this.#nextCards()
    if (cards.length === 0) return
    this.#o.send({ t: 'cards', cards })
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#pump()
    }, paceMs)
    this.#timer.unref()
  }

  #nextCards(): unknown[] {
    const cards: unknown[] = []
    let bytes = 0
    const due = this.#listening === undefined ? this.#due : [this.#directory.selfId].filter(id => this.#due.has(id))
    for (const id of due) {
      const known = this.#forThem(id)
      if (known !== undefined) {
        const { rooms, card } = known
        bytes += bytesMaxOf(known)
        if (bytes > cardsBytesMax || cards.length === cardsPerFrameMax) break
        cards.push({ rooms, card })
      }
      this.#due.delete(id)
    }
    return cards
  }

  /** A card as the other end may see it: only of servers in rooms that it reads here. */
  #forThem(id: string): KnownCard | undefined {
    const known = this.#directory.get(id)
    if (known === undefined) return undefined
    const isOurs = id === this.#directory.selfId
    const rooms = this.#readByThem.filter(room => isOurs || known.rooms.includes(room)).sort()
    return rooms.length === 0 ? undefined : { card: known.card, rooms, from: this.#o.peerId }
  }

  /** True when the other end has said all that we could tell it of a server. */
  #hasTold(id: string): boolean {
    const [heard, ours] = [this.#heard.get(id), this.#forThem(id)]
    return ours === undefined || (heard !== undefined && joinCards(heard, ours) === heard)
  }

  #remember(known: KnownCard): void {
    const heard = this.#heard.get(known.card.id)
    this.#heard.set(known.card.id, heard === undefined ? known : joinCards(heard, known))
  }

  #read(item: unknown): KnownCard | undefined {
    const result = itemSchema.safeParse(item)
    if (!result.success) {
      this.#o.refused(`not valid: ${firstFault(result.error)}`)
      return undefined
    }
    const { card, rooms } = result.data
    const granted = this.#writtenByThem.filter(room => rooms.includes(room)).sort()
    const known = { card, rooms: granted, from: this.#o.peerId }
    if (granted.length === 0) return undefined
    if (this.#listening !== undefined && this.#directory.isKnown(known)) this.#remember(known)
    if (!this.#directory.wants(known)) return undefined
    return this.#directory.isKnown(known) || this.#mayCheck() ? known : undefined
  }

  /** A check costs the processor, and a change costs every other link: a bad server has only so many. */
  #mayCheck(): boolean {
    const now = performance.now()
    const grown = this.#checks + (now - this.#checksAt) / changeMs
    this.#checks = Math.min(this.#o.relayedMax + changesMax, grown)
    this.#checksAt = now
    if (this.#checks < 1) {
      this.#o.refused('too many in a short time')
      return false
    }
    this.#checks -= 1
    return true
  }

  async #learn(heard: readonly KnownCard[]): Promise<void> {
    const good = await Promise.all(heard.map(known => this.#directory.isKnown(known) || verifyCard(known.card)))
    if (this.#isOver) return
    const checked = heard.filter((known, i) => {
      if (!good[i]) this.#o.refused(`not signed by server ${known.card.id}`)
      return good[i]
    })
    for (const known of checked) this.#remember(known)
    const homeless = this.#directory.learn(checked, this.#o.relayedMax)
    if (this.#listening === undefined) this.#heard.clear()
    for (let i = 0; i < homeless; i++) this.#o.refused('there is no place for so many')
  }
}

/** At least what a card takes up in a frame; encoding it twice would cost more. */
function bytesMaxOf({ card, rooms }: KnownCard): number {
  return restBytes + card.gateways.length * gatewayBytes + rooms.reduce((sum, room) => sum + room.length + 3, 0)
}
