// One machine of a small internet: its namespace, its address, and doors through which the test reaches what listens on its loopback.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { inside } from './net-commands.ts'
import { type Relay, startRelay } from './relay.ts'
import { waitFor } from './wait-for.ts'

export interface NetNodeParts {
  name: string
  namespace: string
  /** As the machine itself knows it. */
  inner: string
  /** As others see it: another one behind NAT. */
  address: string
  /** Directory of the doors. */
  dir: string
}

export class NetNode implements AsyncDisposable {
  readonly name: string
  readonly address: string
  readonly inner: string
  readonly namespace: string
  readonly #dir: string
  readonly #doors = new Map<number, Promise<Relay>>()
  readonly #helpers: ChildProcess[] = []

  constructor({ name, namespace, inner, address, dir }: NetNodeParts) {
    this.name = name
    this.namespace = namespace
    this.inner = inner
    this.address = address
    this.#dir = dir
  }

  /** Goes in front of a command: it runs on this machine then, and keeps its process id. */
  get prefix(): string[] {
    return inside(this.namespace)
  }

  /**
   * A port of the test's own 127.0.0.1 that leads to `port` on 127.0.0.1 of this machine, whatever is cut between machines:
   * through a unix socket, for those belong to no network.
   */
  async door(port: number): Promise<number> {
    const door = this.#doors.get(port) ?? this.#open(port)
    this.#doors.set(port, door)
    return (await door).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const door of this.#doors.values()) await (await door.catch(() => undefined))?.[Symbol.asyncDispose]()
    for (const helper of this.#helpers) {
      if (helper.exitCode !== null || helper.signalCode !== null) continue
      const ended = once(helper, 'exit')
      helper.kill('SIGKILL')
      await ended
    }
  }

  async #open(port: number): Promise<Relay> {
    const path = join(this.#dir, `${this.name}-${port}`)
    const listen = `UNIX-LISTEN:${path},fork,backlog=128,mode=600`
    const [program = '', ...args] = [...this.prefix, 'socat', listen, `TCP4:127.0.0.1:${port}`]
    this.#helpers.push(spawn(program, args, { stdio: 'ignore' }))
    await waitFor(() => isOpen(path), { what: `a door to port ${port} of ${this.name}` })
    return startRelay({ path })
  }
}

/** Whether somebody listens on a unix socket. */
async function isOpen(path: string): Promise<boolean> {
  const socket = connect({ path })
  try {
    await once(socket, 'connect')
    return true
  } finally {
    socket.destroy()
  }
}
