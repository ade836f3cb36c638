// The command line on a room server's serial port, at a TCP port: a small one that does as the firmware's main.cpp.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

const bufferBytes = 151

/** Echoes what it gets, up to its buffer; answers a line when it ends in \r. */
export class RoomConsole implements AsyncDisposable {
  readonly posts: string[] = []
  /** Called with every post that was written here. */
  onPost: (text: string) => void = () => {}
  isSilent = false
  lines = 0
  port = 0
  #socket: Socket | undefined
  #line = Buffer.alloc(0)

  readonly #server = createServer(socket => {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('data', bytes => this.#take(bytes))
  })

  static async start(): Promise<RoomConsole> {
    const console = new RoomConsole()
    console.#server.listen(0, '127.0.0.1')
    await once(console.#server, 'listening')
    const address = console.#server.address()
    console.port = typeof address === 'object' ? (address?.port ?? 0) : 0
    return console
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp()
    this.#server.close()
  }

  hangUp(): void {
    this.#socket?.destroy()
  }

  say(text: string): void {
    this.#socket?.write(text)
  }

  #take(bytes: Buffer): void {
    for (const byte of bytes) {
      if (byte !== 0x0a) this.#line = Buffer.concat([this.#line, Buffer.of(byte)])
      this.#socket?.write(Buffer.of(byte))
      if (this.#line.length === bufferBytes - 1) this.#line[bufferBytes - 2] = 0x0d
      if (this.#line.at(-1) !== 0x0d) continue
      const line = this.#line.subarray(0, -1).toString()
      this.#line = Buffer.alloc(0)
      this.lines += 1
      if (!this.isSilent) this.say(`\n  -> ${this.#answer(line)}\r\n`)
    }
  }

  #answer(line: string): string {
    const [, mark = '', command = ''] = /^(\d\d\|)?(.*)$/s.exec(line) ?? []
    if (command === 'ver') return `${mark}v1.17.1 (Build: 14 Aug 2026)`
    if (!command.startsWith('room.post ')) return `${mark}Unknown command`
    const text = command.slice('room.post '.length)
    this.posts.push(text)
    this.onPost(text)
    return `${mark}OK`
  }
}
