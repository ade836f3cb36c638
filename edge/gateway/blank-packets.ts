// What a companion radio sends at our word, with blank contents: as long as the real packets, to know what they cost on the
// air. Source: the firmware's src/helpers/BaseChatMesh.cpp and src/Utils.cpp.
import { noPath, type Packet, type Path, payloadType } from '../radio/packet.ts'

const macBytes = 2
const keyBytes = 32
/** To and from, by their hashes. */
const addressBytes = 2
const blockBytes = 16

/** `path`: to the room server; null: by flood. */
export function blankLogin(passwordBytes: number, path: Path | null): Packet {
  return blank(payloadType.anonymousRequest, 1 + keyBytes + sealedBytes(4 + 4 + passwordBytes), path)
}

export function blankText(textBytes: number, path: Path | null): Packet {
  return blank(payloadType.text, addressBytes + sealedBytes(4 + 1 + textBytes), path)
}

/** A keep-alive: when, what, since when, and four bytes that make it another packet. */
export function blankKeepAlive(path: Path): Packet {
  return blank(payloadType.request, addressBytes + sealedBytes(4 + 1 + 4 + 4), path)
}

/** By flood, with the sender's name before the text. */
export function blankChannelText(lineBytes: number): Packet {
  return blank(payloadType.groupText, 1 + sealedBytes(4 + 1 + lineBytes), null)
}

/** Of what a room server pushes. By flood it is inside a path. */
export function blankAck(path: Path | null): Packet {
  return path === null ? blankPath() : blank(payloadType.ack, 4, path)
}

/** Short ones, and whatever else is in it, fit one block of the cipher. */
export function blankPath(): Packet {
  return blank(payloadType.path, addressBytes + sealedBytes(1 + 1 + 4), null)
}

function sealedBytes(bytes: number): number {
  return macBytes + Math.ceil(bytes / blockBytes) * blockBytes
}

function blank(type: number, bytes: number, path: Path | null): Packet {
  return { route: path === null ? 'flood' : 'direct', type, path: path ?? noPath, payload: new Uint8Array(bytes) }
}
