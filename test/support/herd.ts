// Very many light spokes of one hub, in processes of their own: how many are live, and what they got.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { testAuthority } from './certificates.ts'
import { testRoom, testSecret } from './programs.ts'
import type { Cleanup } from './redis-server.ts'

export interface HerdOrder {
  /** Of the hub or its balancer, on 127.0.0.1. */
  port: number
  /** PEM. */
  ca: string
  secret: string
  room: string
  spokes: number
  /** Number of the first of them. */
  first: number
}

export interface HerdState {
  /** Linked, and told by the hub from where it goes on. */
  live: number
  fewestPosts: number
  mostPosts: number
  /** How many links ended or failed, by why. */
  ends: Record<string, number>
}

const program = fileURLToPath(new URL('./herd-program.ts', import.meta.url))
const perProcess = 1000
const answerDeadlineMs = 30_000

export class Herd {
  readonly #children: readonly ChildProcess[]

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children
  }

  /** They begin to dial, as spokes do: after 0 to 3 s. They end with the test. */
  static start(test: Cleanup, { port, spokes }: Pick<HerdOrder, 'port' | 'spokes'>): Herd {
    const order = { port, ca: testAuthority().cert, secret: testSecret, room: testRoom }
    const children: ChildProcess[] = []
    for (let first = 0; first < spokes; first += perProcess) {
      const child = fork(program)
      children.push(child)
      child.send({ ...order, first, spokes: Math.min(perProcess, spokes - first) } satisfies HerdOrder)
    }
    test.after(async () => {
      for (const child of children) child.kill('SIGKILL')
    })
    return new Herd(children)
  }

  async state(): Promise<HerdState> {
    const states = await Promise.all(this.#children.map(ask))
    const ends: Record<string, number> = {}
    for (const [why, count] of states.flatMap(state => Object.entries(state.ends))) ends[why] = (ends[why] ?? 0) + count
    return {
      live: states.reduce((sum, { live }) => sum + live, 0),
      fewestPosts: Math.min(...states.map(({ fewestPosts }) => fewestPosts)),
      mostPosts: Math.max(...states.map(({ mostPosts }) => mostPosts)),
      ends,
    }
  }
}

async function ask(child: ChildProcess): Promise<HerdState> {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(answerDeadlineMs) })
  child.send('state')
  const [state] = await answer
  return state
}
