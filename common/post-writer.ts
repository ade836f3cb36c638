// Step 1 of a post's way: a draft of a local author becomes a signed post in the log.
import { RequestError } from './errors.ts'
import { guidFromContent, newGuid } from './guid.ts'
import { type Identity, signBytes } from './identity.ts'
import { type Author, authorSchema, encodePost, type Post, type Source, signPost } from './post.ts'
import { LOCAL, type PostLog, type Verdict } from './post-log.ts'
import { textFault } from './post-text.ts'

export interface Draft {
  text: string
  author: Author
  source: Source
  /** Given where a retry must not become a second post; random otherwise. */
  guid?: string
  /** Another server or everybody's channel has it already: nobody would say it again if it were one too many here. */
  wasAccepted?: boolean
}

export interface Written {
  guid: string
  /** Place in this server's log; 0 when the post expired before it could be stored. */
  offset: number
  /** The same GUID was stored before; this call changed nothing. */
  duplicate: boolean
}

/** Decides who may write now, by whatever way the draft came. Posts that come over links do not come here. */
export interface PostGate {
  /** Why the draft is refused; undefined when it may be written, and then it counts. */
  refusal(room: string, draft: Draft): RequestError | undefined
  /** It was admitted, and nothing new was stored: it counts for nothing. */
  takeBack(room: string, draft: Draft): void
}

export interface PostWriterOptions {
  /** Gives the next origin time in Unix ms: strictly increasing for this origin, across restarts and instances. */
  stamp: () => number | Promise<number>
  /** Is told what became of each post. */
  onVerdict?: (verdict: Verdict) => void
  gate?: PostGate
}

export class PostWriter {
  readonly #identity: Identity
  readonly #o: PostWriterOptions

  constructor(identity: Identity, options: PostWriterOptions) {
    this.#identity = identity
    this.#o = options
  }

  /** The id every post written here carries as its origin. */
  get origin(): string {
    return this.#identity.id
  }

  /**
   * The GUID of the post that stands for a client's key: the same at every try, and known to nobody else beforehand, as
   * Ed25519 signatures are deterministic. Another server cannot take it first.
   */
  guidFor(room: string, key: string): string {
    return guidFromContent('mcfed/1/idem', signBytes(this.#identity, Buffer.from(`mcfed/1/idem\0${room}\0${key}`)))
  }

  /**
   * Checks, stamps, signs and stores a draft; resolves when it is on disk.
   * @throws RequestError when the draft is refused, StoreUnavailableError when it is not known to be stored.
   */
  async write(log: PostLog, draft: Draft): Promise<Written> {
    checkDraft(draft)
    const { gate } = this.#o
    const refusal = gate?.refusal(log.room, draft)
    if (refusal !== undefined) return alreadyStored(log, draft, refusal)
    let isNew = false
    try {
      const written = await this.#store(log, draft)
      isNew = !written.duplicate
      return written
    } finally {
      if (!isNew) gate?.takeBack(log.room, draft)
    }
  }

  async #store(log: PostLog, draft: Draft): Promise<Written> {
    const guid = draft.guid ?? newGuid()
    const { author, source, text } = draft
    const unsigned = {
      guid,
      room: log.room,
      origin: this.#identity.id,
      at: await this.#o.stamp(),
      author,
      source,
      text,
    }
    const post: Post = signPost(unsigned, this.#identity)
    const result = await log.append({ from: LOCAL, posts: [{ guid, at: post.at, json: encodePost(post) }] })
    if (result.conflict) throw new Error('an append without a cursor cannot conflict')
    const verdict = result.verdicts[0] ?? 'expired'
    this.#o.onVerdict?.(verdict)
    if (verdict !== 'duplicate') return { guid, offset: result.offsets[0] ?? 0, duplicate: false }
    const stored = await log.find(guid)
    return { guid, offset: stored?.offset ?? 0, duplicate: true }
  }
}

/** Who tries again because the answer was lost is answered as before. @throws RequestError `refusal` for a new post */
async function alreadyStored(log: PostLog, { guid }: Draft, refusal: RequestError): Promise<Written> {
  const stored = guid === undefined ? undefined : await log.find(guid)
  if (guid === undefined || stored === undefined) throw refusal
  return { guid, offset: stored.offset, duplicate: true }
}

function checkDraft(draft: Draft): void {
  const fault = textFault(draft.text)
  if (fault !== undefined) throw new RequestError(400, 'bad_text', `text ${fault}`)
  const author = authorSchema.safeParse(draft.author)
  if (!author.success) {
    const issue = author.error.issues[0]
    throw new RequestError(
      400,
      'bad_author',
      `author.${issue?.path.join('.') || 'name'} ${issue?.message ?? 'is not valid'}`,
    )
  }
}
