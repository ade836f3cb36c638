// A small KISS modem on a byte stream, by the rules of the firmware's KissModem.cpp: answers questions, keeps one packet
// pending, and does what a test tells it. It has its own framing, so that a fault of ours is not its fault too.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { openSerialPort } from '#infra/island/serial-port.ts'

/** What this modem does otherwise than a healthy one; may be changed while it runs. */
export interface ModemFaults {
  /** Takes everything, says nothing. */
  isSilent?: boolean
  /** Keeps what it has, whatever SetRadio says. */
  isDeaf?: boolean
  /** TxDone of every packet: 1, or 0; null for none at all. */
  txDone?: 0 | 1 | null
  /** An earlier program's packet is pending: the first Data is refused, and a TxDone follows. */
  isLeftPending?: boolean
}

export class KissModemScript {
  readonly #server: Server
  readonly faults: ModemFaults
  /** Hex, without delimiters, in the order of arrival. */
  readonly heard: string[] = []
  /** Hex: what went on the air. */
  readonly sent: string[] = []
  opened = 0
  #line: Socket | undefined
  #radio = '00'.repeat(10)
  #power = '00'

  private constructor(server: Server, faults: ModemFaults) {
    this.#server = server
    this.faults = faults
    server.on('connection', socket => this.#serve(socket))
  }

  static async start(faults: ModemFaults = {}): Promise<KissModemScript> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new KissModemScript(server, faults)
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the modem is closed')
    return address.port
  }

  get url(): string {
    return `tcp://127.0.0.1:${this.port}`
  }

  /** Hex of a frame without delimiters, sent escaped. */
  say(...frames: string[]): void {
    this.raw(
      frames.map(frame => `c0${frame.replace(/../g, byte => ({ c0: 'dbdc', db: 'dbdd' })[byte] ?? byte)}c0`).join(''),
    )
  }

  raw(hex: string): void {
    this.#line?.write(Buffer.from(hex, 'hex'))
  }

  /** As after a restart: nothing is set. */
  forget(): void {
    this.#radio = '00'.repeat(10)
    this.#power = '00'
  }

  hangUp(): void {
    this.#line?.destroy()
  }

  async close(): Promise<void> {
    this.hangUp()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.opened += 1
    this.#line = socket
    let rest = ''
    socket.on('error', () => {})
    socket.on('data', bytes => {
      rest += bytes.toString('latin1')
      const parts = rest.split('\xc0')
      rest = parts.pop() ?? ''
      for (const part of parts) if (part !== '') this.#take(unescaped(part))
    })
  }

  #take(frame: string): void {
    this.heard.push(frame)
    if (this.faults.isSilent) return
    if (frame.startsWith('00')) this.#transmit(frame.slice(2))
    else if (frame.startsWith('06')) this.#answer(frame.slice(2, 4), frame.slice(4))
  }

  #transmit(packet: string): void {
    if (this.faults.isLeftPending) {
      this.faults.isLeftPending = false
      this.say('06f107', '06f801')
      return
    }
    const { txDone = 1 } = this.faults
    if (txDone === 1) this.sent.push(packet)
    if (txDone !== null) this.say(`06f80${txDone}`)
  }

  #answer(question: string, data: string): void {
    if (question === '09' && !this.faults.isDeaf) this.#radio = data
    if (question === '0a') this.#power = data
    const answers: Record<string, string> = {
      '09': 'f0',
      '0a': 'f0',
      '0b': `8b${this.#radio}`,
      '0c': `8c${this.#power}`,
      // 1,512 ms for 255 bytes, 201 ms for none: SF8, 62.5 kHz, 4:5.
      '0f': data === 'ff' ? '8fe8050000' : '8fc9000000',
      '10': '9090ff',
      '11': '910100',
      '12': '92010000000200000003000000',
      '13': '930f10',
      '14': '94ff00',
      '16': `96${Buffer.from('Heltec V3').toString('hex')}`,
      '17': '97',
      '19': `9a${data}`,
      '1a': '9a01',
    }
    this.say(`06${answers[question] ?? 'f105'}`)
  }
}

/** The same modem under the name of a serial port, until `unplug`. */
export async function plugIn(modem: KissModemScript, link: string): Promise<{ unplug: () => Promise<void> }> {
  const port = await openSerialPort(link, modem.port)
  return { unplug: () => port.close() }
}

function unescaped(frame: string): string {
  const bytes = frame.replaceAll('\xdb\xdc', '\xc0').replaceAll('\xdb\xdd', '\xdb')
  return Buffer.from(bytes, 'latin1').toString('hex')
}
