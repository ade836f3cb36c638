// How nodes make themselves known. Sources: the firmware's Mesh::createAdvert and src/helpers/AdvertDataHelpers.cpp.
import { cutUtf8 } from '#common/utf8.ts'
import { decodeCutUtf8, take, takeUint32, textUntilNul, uint32 } from './bytes.ts'
import { isSigned, type RadioIdentity, sign } from './crypto.ts'

export const nodeType = { chat: 1, repeater: 2, room: 3, sensor: 4 } as const

const hasPosition = 0x10
const hasFeature1 = 0x20
const hasFeature2 = 0x40
const hasName = 0x80
const appDataBytesMax = 32
const appDataAt = 32 + 4 + 64

/** Degrees. */
export interface Position {
  latitude: number
  longitude: number
}

export interface AdvertWords {
  /** One of nodeType, or one that we do not know. */
  type: number
  position?: Position | undefined
  name: string
}

export interface Advert extends AdvertWords {
  publicKey: Uint8Array
  /** Unix seconds of its clock. */
  timestamp: number
  /** The key's owner has said it. */
  isSigned: boolean
}

/** @throws PacketError */
export function decodeAdvert(payload: Uint8Array): Advert {
  const publicKey = take(payload, 0, 32, 'advert')
  const timestamp = takeUint32(payload, 32, 'advert')
  const signature = take(payload, 36, 64, 'advert')
  const appData = payload.subarray(appDataAt, appDataAt + appDataBytesMax)
  const signed = Buffer.concat([payload.subarray(0, 36), appData])
  return { publicKey, timestamp, ...decodeWords(appData), isSigned: isSigned(publicKey, signed, signature) }
}

/** The name is cut where it does not fit into the 32 bytes that position and name share. */
export function encodeAdvert(identity: RadioIdentity, timestamp: number, words: AdvertWords): Uint8Array {
  const appData = encodeWords(words)
  const head = Buffer.concat([identity.publicKey, uint32(timestamp)])
  return Buffer.concat([head, sign(identity, Buffer.concat([head, appData])), appData])
}

function encodeWords({ type, position, name }: AdvertWords): Uint8Array {
  const place = position === undefined ? new Uint8Array() : encodePosition(position)
  const text = Buffer.from(cutUtf8(name, appDataBytesMax - 1 - place.length))
  const flags = type | (position === undefined ? 0 : hasPosition) | (text.length > 0 ? hasName : 0)
  return Buffer.concat([Uint8Array.of(flags), place, text])
}

function encodePosition({ latitude, longitude }: Position): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeInt32LE(Math.round(latitude * 1e6), 0)
  bytes.writeInt32LE(Math.round(longitude * 1e6), 4)
  return bytes
}

function decodeWords(appData: Uint8Array): AdvertWords {
  const [flags = 0] = take(appData, 0, 1, 'advert')
  const isPlaced = (flags & hasPosition) !== 0
  const position = isPlaced ? decodePosition(take(appData, 1, 8, 'advert')) : undefined
  const features = ((flags & hasFeature1) === 0 ? 0 : 2) + ((flags & hasFeature2) === 0 ? 0 : 2)
  const nameAt = 1 + (isPlaced ? 8 : 0) + features
  // Older firmware cuts names anywhere, and all of it ends them at a NUL.
  const name = (flags & hasName) === 0 ? '' : (decodeCutUtf8(textUntilNul(appData.subarray(nameAt))) ?? '')
  return { type: flags & 15, position, name }
}

function decodePosition(bytes: Uint8Array): Position {
  const view = Buffer.from(bytes)
  return { latitude: view.readInt32LE(0) / 1e6, longitude: view.readInt32LE(4) / 1e6 }
}
