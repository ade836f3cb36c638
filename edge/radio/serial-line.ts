// The line to a radio: a serial port, or a TCP port that carries one. The only file that knows serialport.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { SerialPort } from 'serialport'
import { RadioError } from './radio.ts'

const baudRate = 115_200
const connectMaxMs = 10_000

export interface Line {
  /** Without a wait: who writes has little to write, and awaits answers. */
  write(bytes: Uint8Array): void
  /** Ends once the port is given back. */
  close(): Promise<void>
  /** Must be called in the same turn in which the line came. */
  onBytes(listener: (bytes: Uint8Array) => void): void
  /** Called once, by whom ever the line is closed, and also when it was before. */
  onClose(listener: (reason: string) => void): void
}

/**
 * Opens `/dev/…` (best one of /dev/serial/by-id, which is the same after a replug) or `tcp://host:port`.
 * @throws RadioError when nothing is there, or `signal` came first. Its message, as that of a close, leaves out the port:
 * whoever tells it names that.
 */
export async function openLine(port: string, signal: AbortSignal): Promise<Line> {
  const line = port.startsWith('tcp://') ? await openTcp(port, signal) : await openSerial(port)
  if (!signal.aborted) return line
  await line.close()
  throw new RadioError('not wanted any more')
}

async function openSerial(path: string): Promise<Line> {
  // No lock: after a replug the kernel may still hold that of the port which is gone.
  const port = new SerialPort({ path, baudRate, lock: false, autoOpen: false })
  await new Promise<void>((resolve, reject) => {
    // What serialport says begins with "Error: ".
    port.open(error => (error === null ? resolve() : reject(new RadioError(error.message.replace(/^Error: /, '')))))
  })
  const closed = Promise.withResolvers<string>()
  const close = async () => {
    // Bytes that a silent radio does not take would hold the port for half a minute.
    await new Promise(resolve => port.flush(resolve))
    await new Promise(resolve => port.close(resolve))
    closed.resolve('closed')
  }
  // A write that went wrong: the port is then closed by itself, or its radio does not answer.
  port.on('error', () => {})
  port.once('end', () => {
    closed.resolve('unplugged')
    void close()
  })
  port.once('close', (error: Error | null) => closed.resolve(error?.message ?? 'closed'))
  return {
    write: bytes => void port.write(Buffer.from(bytes)),
    close,
    onBytes: listener => void port.on('data', listener),
    onClose: listener => void closed.promise.then(listener),
  }
}

async function openTcp(address: string, signal: AbortSignal): Promise<Line> {
  const socket = connect({ ...tcpAddress(address), noDelay: true })
  await connected(socket, signal)
  const closed = Promise.withResolvers<string>()
  socket.once('error', error => closed.resolve(error.message))
  socket.once('close', () => closed.resolve('closed'))
  return {
    write: bytes => void socket.write(bytes),
    close: async () => {
      socket.destroy()
      await closed.promise
    },
    onBytes: listener => void socket.on('data', listener),
    onClose: listener => void closed.promise.then(listener),
  }
}

/** @throws RadioError, and the socket is destroyed */
async function connected(socket: Socket, signal: AbortSignal): Promise<void> {
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(connectMaxMs)]) })
  } catch (error) {
    // Destroyed by us or by the system, it may still say why.
    socket.on('error', () => {}).destroy()
    const isOurs = error instanceof Error && error.name === 'AbortError'
    throw new RadioError(isOurs || !(error instanceof Error) ? 'no connection in time' : error.message)
  }
}

/** @throws RadioError when it names no port */
function tcpAddress(address: string): { host: string; port: number } {
  const url = URL.parse(address)
  if (url === null || url.hostname === '' || url.port === '') throw new RadioError('not tcp://host:port')
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) }
}
