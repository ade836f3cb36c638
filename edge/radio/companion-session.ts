// One opened line to a companion radio. The protocol has no request id: one command at a time, matched to its answer by
// the answer's code; what the radio tells unasked may come between the two, and so may what was asked for before.
import { oneByOne } from '#common/one-by-one.ts'
import { type CompanionCommand, encodeCommand } from './companion-commands.ts'
import { CompanionError } from './companion-error.ts'
import { CompanionFrameDecoder, encodeCompanionFrame } from './companion-frames.ts'
import { type CompanionReply, decodeReply } from './companion-replies.ts'
import { RadioError } from './radio.ts'
import type { Line } from './serial-line.ts'

export interface CompanionSessionParts {
  line: Line
  /** How long an answer may take; of an answer in parts, each of them. */
  answerMs: number
  /** All that no command waits for. */
  onReply: (reply: CompanionReply) => void
}

/** A command, and how its answer is known. */
export interface CompanionRequest<T> {
  command: CompanionCommand
  /** Undefined for what is none of its answers; `more` for a part that others follow. */
  pick: (reply: CompanionReply) => T | typeof more | undefined
  /** May be said twice: a radio that was opened in the middle of a frame misses the first. */
  isRepeatable?: boolean
}

export const more = Symbol('more')

/** The radio is there, and does not do it. */
export class CompanionRefusal extends RadioError {
  override name = 'CompanionRefusal'
  /** One of refusal, or one that we do not know; 0 when the radio did not say. */
  readonly reason: number

  constructor(command: string, reason: number) {
    super(`the radio refuses ${command}: error ${reason}`)
    this.reason = reason
  }
}

const asksMax = 2

type Outcome<T> = { value: T } | { refused: number }

export class CompanionSession {
  readonly #p: CompanionSessionParts
  readonly #decoder = new CompanionFrameDecoder('to-app')
  readonly #over = new AbortController()
  /** Runs one exchange after the other. */
  readonly #inTurn = oneByOne()
  /** True when it has taken the reply. */
  #onReply: ((reply: CompanionReply) => boolean) | undefined

  constructor(parts: CompanionSessionParts) {
    this.#p = parts
    parts.line.onBytes(bytes => this.#take(bytes))
    parts.line.onClose(reason => this.end(reason))
  }

  /** Aborted when nothing comes any more, with a RadioError that says why. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** Closes the line too; who waits for an answer gets `reason` as a RadioError. */
  end(reason: string): void {
    if (this.over.aborted) return
    this.#over.abort(new RadioError(reason))
    void this.#p.line.close()
  }

  /** A radio that is silent is none, and the session over. @throws CompanionRefusal, RadioError, CompanionError */
  async ask<T>(request: CompanionRequest<T>): Promise<T> {
    const content = encodeCommand(request.command)
    return await this.#inTurn(async () => {
      for (let asks = request.isRepeatable ? 0 : asksMax - 1; asks < asksMax; asks += 1) {
        const outcome = await this.#exchange(content, request)
        if (outcome === undefined) continue
        if ('value' in outcome) return outcome.value
        throw new CompanionRefusal(request.command.kind, outcome.refused)
      }
      const reason = `the radio does not answer (asked for: ${request.command.kind})`
      this.end(reason)
      throw new RadioError(reason)
    })
  }

  /** Undefined when no answer comes in time. @throws RadioError when it is over */
  async #exchange<T>(content: Uint8Array, { pick }: CompanionRequest<T>): Promise<Outcome<T> | undefined> {
    this.over.throwIfAborted()
    const { line, answerMs } = this.#p
    const { promise, resolve, reject } = Promise.withResolvers<Outcome<T> | undefined>()
    const onOver = () => reject(this.over.reason)
    const timer = setTimeout(() => resolve(undefined), answerMs)
    this.over.addEventListener('abort', onOver)
    this.#onReply = reply => {
      const outcome = outcomeOf(reply, pick)
      if (outcome === more) timer.refresh()
      else if (outcome !== undefined) resolve(outcome)
      return outcome !== undefined
    }
    line.write(encodeCompanionFrame('to-radio', content))
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.over.removeEventListener('abort', onOver)
      this.#onReply = undefined
    }
  }

  #take(bytes: Uint8Array): void {
    for (const content of this.#decoder.push(bytes)) {
      if (this.over.aborted) return
      const reply = replyIn(content)
      if (reply !== undefined && !this.#onReply?.(reply)) this.#p.onReply(reply)
    }
  }
}

function outcomeOf<T>(reply: CompanionReply, pick: CompanionRequest<T>['pick']): Outcome<T> | typeof more | undefined {
  if (reply.kind === 'error') return { refused: reply.reason ?? 0 }
  if (reply.kind === 'disabled') return { refused: 0 }
  const picked = pick(reply)
  if (picked === undefined || picked === more) return picked as typeof more | undefined
  return { value: picked as T }
}

/** Undefined for what is damaged: there is no checksum that would say so. The bytes are the reply's own. */
function replyIn(content: Uint8Array): CompanionReply | undefined {
  try {
    return decodeReply(content)
  } catch (error) {
    if (error instanceof CompanionError) return undefined
    throw error
  }
}
