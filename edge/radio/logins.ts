// What a node says to come into a room, and what it is told. Source: the firmware's examples/simple_room_server/MyMesh.cpp.
import { decodeUtf8, take, takeUint32, textUntilNul, uint32 } from './bytes.ts'
import { PacketError } from './packet-error.ts'

const passwordBytesMax = 15

export interface LoginWords {
  /** Unix seconds of the node's clock. */
  timestamp: number
  /** It has the posts of the room up to this second. */
  syncSince: number
  /** At most 15 bytes. */
  password: string
}

/** From the opened bytes. @throws PacketError */
export function decodeLogin(bytes: Uint8Array): LoginWords {
  const timestamp = takeUint32(bytes, 0, 'login')
  const syncSince = takeUint32(bytes, 4, 'login')
  const password = decodeUtf8(textUntilNul(bytes.subarray(8)).subarray(0, passwordBytesMax))
  if (password === undefined) throw new PacketError('a password that is not UTF-8')
  return { timestamp, syncSince, password }
}

export function encodeLogin({ timestamp, syncSince, password }: LoginWords): Uint8Array {
  return Buffer.concat([uint32(timestamp), uint32(syncSince), Buffer.from(password)])
}

export interface LoginAnswer {
  /** Unix seconds of the room's clock. */
  now: number
  permission: number
  /** How often the node shall show that it is there, in steps of 16 s; 0: the room does not ask for it. */
  keepAliveSeconds: number
  /** 4 bytes: they make each answer another packet. */
  random: Uint8Array
}

const ok = 0
const firmwareLevel = 1
const answerBytes = 13

/** 13 bytes. The flag in the seventh is for apps that know nothing else: 1 admin, 2 may read only. */
export function encodeLoginAnswer({ now, permission, keepAliveSeconds, random }: LoginAnswer): Uint8Array {
  const legacyFlag = permission === 3 ? 1 : permission === 0 ? 2 : 0
  return Buffer.concat([
    uint32(now),
    Uint8Array.of(ok, keepAliveSeconds / 16, legacyFlag, permission),
    random,
    Uint8Array.of(firmwareLevel),
  ])
}

/** @throws PacketError when it is none, or no success */
export function decodeLoginAnswer(bytes: Uint8Array): LoginAnswer {
  const answer = take(bytes, 0, answerBytes, 'login answer')
  if (answer[4] !== ok) throw new PacketError('a login that was not granted')
  const [keepAlive = 0, , permission = 0] = answer.subarray(5)
  return {
    now: takeUint32(answer, 0, 'login answer'),
    permission,
    keepAliveSeconds: keepAlive * 16,
    random: answer.subarray(8, 12),
  }
}
