// The client's side of RFC 6455, as much of it as a load generator needs: whole text frames, no extensions.
import { randomBytes } from 'node:crypto'

export const opcode = { text: 1, close: 8, ping: 9, pong: 10 } as const

/** The request that opens a WebSocket. */
export function upgradeRequest(port: number, path: string, subprotocol: string): Buffer {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: localhost:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Protocol: ${subprotocol}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

/** Bytes of the answer to the upgrade, or 0 when it has not all come. @throws Error when it is a refusal */
export function upgradeAnswerBytes(bytes: Buffer): number {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return 0
  const head = bytes.toString('latin1', 0, end)
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`no WebSocket: ${head.split('\r\n')[0]}`)
  return end + 4
}

export interface WsFrame {
  opcode: number
  start: number
  end: number
}

/** The frame at `pos`; where it is not all there, `end` lies behind the bytes, and is exact once the header has come. */
export function readWsFrame(bytes: Buffer, pos: number): WsFrame {
  const have = bytes.length - pos
  const short = have < 2 ? 0 : (bytes[pos + 1] ?? 0) & 127
  const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10
  const code = (bytes[pos] ?? 0) & 15
  if (have < headerBytes) return { opcode: code, start: pos, end: bytes.length + 1 }
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(pos + 2) : Number(bytes.readBigUInt64BE(pos + 2))
  const start = pos + headerBytes
  return { opcode: code, start, end: start + length }
}

/** A whole frame from a client. Its mask is zero, which is allowed, and spares the generator work that measures nothing. */
export function wsFrame(code: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const header = Buffer.alloc(length < 126 ? 6 : length < 65536 ? 8 : 14)
  header[0] = 0x80 | code
  if (length < 126) header[1] = 0x80 | length
  else if (length < 65536) {
    header[1] = 0x80 | 126
    header.writeUInt16BE(length, 2)
  } else {
    header[1] = 0x80 | 127
    header.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([header, ...parts])
}
