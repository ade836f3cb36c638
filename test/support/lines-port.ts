// The lines port over one room in memory, and a script that talks to it over a real socket.
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { z } from 'zod'
import { createLog } from '#common/log.ts'
import type { RoomAccess } from '#edge/clients/join-rights.ts'
import { createLinesServer, type LinesLimits } from '#edge/clients/lines-server.ts'
import { roomAndWriter } from './room-and-writer.ts'
import { waitFor } from './wait-for.ts'

const log = createLog({ json: false, level: 'silent' })
const lineSchema = z.looseObject({ t: z.string() })
export const join = { t: 'join', room: 'frontrange', name: 'Script' }

/** The lines port over one room: admin password `root`, guest password `guest`. */
export async function startLines(t: TestContext, limits: Partial<LinesLimits> = {}, access: Partial<RoomAccess> = {}) {
  const room = roomAndWriter()
  const rooms: RoomAccess[] = [
    {
      room: 'frontrange',
      log: room.log,
      adminPassword: 'root',
      guestPassword: 'guest',
      allowReadOnly: false,
      ...access,
    },
  ]
  const quick = { wrongPasswordMs: 20, ...limits }
  const server = await createLinesServer({ host: '127.0.0.1', port: 0, rooms, writer: room.writer, log, limits: quick })
  t.after(() => server.close())
  return { ...room, server, open: () => new Client(t, server.port) }
}

/** A script: sends lines, and keeps the lines it gets. */
export class Client {
  readonly socket: Socket
  readonly lines: z.infer<typeof lineSchema>[] = []
  isClosed = false
  #rest = ''

  constructor(t: TestContext, port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.setEncoding('utf8')
    this.socket.on('data', (text: string) => this.#take(text))
    this.socket.on('end', () => this.socket.end())
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.isClosed = true
    })
    t.after(() => this.socket.destroy())
  }

  send(...lines: unknown[]): void {
    for (const line of lines) this.socket.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
  }

  /** The first line of this kind after the first `skip` of them. */
  next(t: string, skip = 0) {
    return waitFor(() => this.lines.filter(line => line.t === t)[skip], { what: `a line "${t}"` })
  }

  closed() {
    return waitFor(() => this.isClosed, { what: 'the connection to close', deadlineMs: 5000 })
  }

  texts() {
    return this.lines.flatMap(line => (line.t === 'post' ? [line.text] : []))
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.lines.push(lineSchema.parse(JSON.parse(line)))
  }
}
