// What was written here and is not known to be stored: kept in the browser, sent until the server has it, told by whoever listens.
import { dropPost, type KeptItems, keptPost, keyOfName, loadPosts, readPost, savePost } from './kept-posts.ts'
import {
  afterTry,
  type Draft,
  dueAt,
  firstOfEachRoom,
  type Now,
  type Outcome,
  type OwnPost,
  queuedPost,
  type ServerName,
  triedAnew,
} from './own-post.ts'
import { unreachable } from './post-outcome.ts'

/** Posts that wait or were refused. */
export const unsentMax = 100
/** Posts that are stored are of interest while they go to the cities. */
const storedMax = 20
const storedMs = 24 * 3_600_000
/** A post of another tab is that tab's to send, unless it does not for so long: longer than one try may take. */
const lentMs = 20_000
const lookMsMax = 60_000

export interface OutboxOptions {
  /** Undefined where the browser forbids it. */
  items: KeptItems | undefined
  /** One try; rejects when there was no answer. */
  send: (post: OwnPost, signal: AbortSignal) => Promise<Outcome>
  now: () => Now
  newKey: () => string
  /** The one that this page is of. */
  server: () => ServerName | undefined
  /** Posts, or whether they are kept, have changed. */
  changed: () => void
}

export class Outbox {
  readonly #o: OutboxOptions
  /** The oldest first. */
  #posts: OwnPost[]
  /** Keys of posts that other tabs wrote. */
  readonly #lent = new Set<string>()
  readonly #underWay = new Set<string>()
  readonly #unkept = new Set<string>()
  #wake = () => {}

  constructor(options: OutboxOptions) {
    this.#o = options
    this.#posts = loadPosts(options.items)
    this.#forgetOld()
  }

  get posts(): readonly OwnPost[] {
    return this.#posts
  }

  /** False: something unsent is lost when this page is closed. */
  get isKept(): boolean {
    return this.#posts.every(({ key, sending }) => sending.state === 'stored' || !this.#unkept.has(key))
  }

  get unsent(): number {
    return this.#posts.filter(({ sending }) => sending.state !== 'stored').length
  }

  /** False: too many wait. */
  add(draft: Draft): boolean {
    if (this.unsent >= unsentMax) return false
    const post = this.#forHere(queuedPost(draft, this.#o.newKey(), this.#o.now()))
    this.#posts = [...this.#posts, post]
    this.#save(post)
    this.#wake()
    return true
  }

  /** Also one that was refused: what was wrong may be mended. Whoever asks for it means this server. */
  retry(key: string): void {
    this.#change(key, post => this.#forHere(triedAnew(post, this.#o.now())))
    this.#lent.delete(key)
    this.#wake()
  }

  discard(key: string): void {
    this.#drop(key)
    dropPost(this.#o.items, key)
    this.#o.changed()
  }

  /** The server can be reached, or there is a sign-in: nothing waits any longer. */
  hurry(): void {
    for (const { key, sending } of this.#posts) {
      if (sending.state === 'queued') this.#change(key, post => triedAnew(post, this.#o.now()))
    }
    this.#wake()
  }

  /** Another tab has changed something: `name` and `value` of its storage event. All was cleared: what is unsent is kept anew. */
  heard(name: string | null, value: string | null): void {
    if (name === null) {
      for (const post of this.#posts) if (post.sending.state !== 'stored') this.#save(post)
      return
    }
    const key = keyOfName(name)
    if (key === undefined) return
    const post = readPost(value)
    if (value === null) this.#drop(key)
    else if (post?.key === key) this.#takeOver(post)
    this.#o.changed()
    this.#wake()
  }

  /** Sends what is due until the signal; tries end with it. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const at = this.#o.now().at
      let pauseMs = lookMsMax
      for (const post of firstOfEachRoom(this.#posts)) {
        if (this.#underWay.has(post.key)) continue
        const inMs = this.#dueAt(post, at) - at
        if (inMs <= 0) void this.#try(post, signal)
        else pauseMs = Math.min(pauseMs, inMs)
      }
      await this.#pause(pauseMs, signal)
    }
  }

  #forHere(post: OwnPost): OwnPost {
    const server = this.#o.server()
    return server === undefined || post.sending.state === 'stored' ? post : { ...post, server }
  }

  #dueAt(post: OwnPost, now: number): number {
    const at = dueAt(post, now) ?? Number.POSITIVE_INFINITY
    return this.#lent.has(post.key) ? at + lentMs : at
  }

  async #try(post: OwnPost, signal: AbortSignal): Promise<void> {
    this.#underWay.add(post.key)
    this.#lent.delete(post.key)
    let outcome: Outcome
    try {
      outcome = await this.#o.send(post, signal)
    } catch {
      outcome = unreachable
    }
    this.#underWay.delete(post.key)
    if (signal.aborted && outcome.kind !== 'stored') return
    this.#change(post.key, current => afterTry(current, outcome, this.#o.now()))
    this.#forgetOld()
    this.#o.changed()
    this.#wake()
  }

  #change(key: string, step: (post: OwnPost) => OwnPost): void {
    const known = this.#posts.find(post => post.key === key)
    if (known === undefined) return
    const kept = keptPost(this.#o.items, key)
    const changed = kept?.sending.state === 'stored' ? kept : step(known)
    if (changed === known) return
    this.#posts = this.#posts.map(post => (post.key === key ? changed : post))
    this.#save(changed)
  }

  #save(post: OwnPost): void {
    if (savePost(this.#o.items, post)) this.#unkept.delete(post.key)
    else this.#unkept.add(post.key)
    this.#o.changed()
  }

  #takeOver(post: OwnPost): void {
    const known = this.#posts.find(({ key }) => key === post.key)
    if (known?.sending.state === 'stored') return
    this.#lent.add(post.key)
    this.#posts = [...this.#posts.filter(({ key }) => key !== post.key), post].sort((a, b) => a.writtenAt - b.writtenAt)
  }

  #drop(key: string): void {
    this.#posts = this.#posts.filter(post => post.key !== key)
    this.#lent.delete(key)
    this.#unkept.delete(key)
  }

  #forgetOld(): void {
    const { at } = this.#o.now()
    const stored = this.#posts.filter(({ sending }) => sending.state === 'stored')
    stored.forEach(({ key, sending }, i) => {
      const isOld = sending.state === 'stored' && at - sending.storedAt > storedMs
      if (!isOld && i >= stored.length - storedMax) return
      this.#drop(key)
      dropPost(this.#o.items, key)
    })
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = () => {}
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done)
      this.#wake = done
    })
  }
}

/** 128 bits at random. `crypto.randomUUID` is not there on plain http. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `console-${[...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')}`
}
