// What a room server does about the words of a member: a post is stored and then acknowledged, a request is answered.
import { randomBytes } from 'node:crypto'
import { speakerOf } from '#common/air-text.ts'
import type { Author } from '#common/post.ts'
import type { PostLog } from '#common/post-log.ts'
import type { PostWriter } from '#common/post-writer.ts'
import { encodeAck, encodeMultipartAck } from '../radio/acks.ts'
import { decodeCutUtf8 } from '../radio/bytes.ts'
import type { RadioIdentity } from '../radio/crypto.ts'
import { encodeLoginAnswer } from '../radio/logins.ts'
import { isFlood, type Packet, payloadType } from '../radio/packet.ts'
import { PacketError } from '../radio/packet-error.ts'
import {
  decodeRequest,
  encodeAccessList,
  encodeAnswer,
  encodeStats,
  keepAliveAck,
  keepAliveSince,
  type Request,
  requestType,
  type ServerStats,
} from '../radio/requests.ts'
import { encodeTelemetry, type Reading } from '../radio/telemetry.ts'
import { ackOf, decodeText, encodeText, type Text, textType } from '../radio/texts.ts'
import type { AirClass, AirOrder } from '../radio/transmit-queue.ts'
import type { Air } from './air.ts'
import { ackPacket, type CameBy, type Correspondence, responsePacket, textPacket } from './answers.ts'
import { heard, isAdmin, isOutOfReach, isWriter, type Member, syncFrom } from './member.ts'
import { storeSaying } from './member-post.ts'
import type { Members, Opened } from './members.ts'
import type { Pushes } from './pushes.ts'
import type { RoomAnswers } from './radio-room.ts'
import type { RoomRules } from './room-rules.ts'

/** The firmware's (SERVER_RESPONSE_DELAY and TXT_ACK_DELAY in MyMesh.h): the node has to listen again first. */
const responseDelayMs = 300
const ackDelayMs = 200
/** The firmware's multi-ack: an ACK is lost more easily than two in a row. */
const betweenAcksMs = 300
/** What fits behind the timestamp of one answer. */
const accessListMax = 20

export interface RoomAnswersParts {
  log: PostLog
  identity: RadioIdentity
  settings: RoomRules
  members: Members
  pushes: Pushes
  writer: PostWriter
  air: Air
  /** Before the ACK of a post, where the way to its author is known. */
  extraAcks: 0 | 1
  stats: () => ServerStats
  readings: () => readonly Reading[]
  /** The answer to a command of the admin with this key. @throws StoreUnavailableError */
  command: (text: string, admin: string) => string
  /** By what name a node has made itself known; undefined when it has not. */
  nameOf: (key: string) => string | undefined
  /** Unix ms. */
  now: () => number
  /** The next second for an answer, each once: two equal answers in one second would be one packet, and the second lost. */
  second: () => number
}

export function roomAnswers(parts: RoomAnswersParts): RoomAnswers {
  return {
    welcome: (member, cameBy) => welcome(parts, member, cameBy),
    text: (opened, cameBy) => hearText(parts, opened, cameBy),
    request: (opened, cameBy) => hearRequest(parts, opened, cameBy),
  }
}

function welcome(parts: RoomAnswersParts, member: Member, cameBy: CameBy): void {
  const words = { now: parts.second(), permission: member.permission, keepAliveSeconds: 0 }
  const answer = encodeLoginAnswer({ ...words, random: randomBytes(4) })
  const to = correspondence(parts, member)
  if (to === undefined) return
  const packet = responsePacket(to, answer, cameBy)
  // Who may only read has needed no password: of such there are as many as somebody makes up keys.
  send(parts, packet, { airClass: isWriter(member) ? 'answer' : 'courtesy', kind: 'login' })
}

/** Older than what the member has said before is a replay: silence. */
async function hearText(parts: RoomAnswersParts, { member, plaintext }: Opened, came: CameBy): Promise<void> {
  const text = decodeText(plaintext)
  if (text.timestamp < member.lastTimestamp || !isHeard(parts, member, text)) return
  const words = decodeCutUtf8(text.text)
  if (words === undefined) throw new PacketError('a text that is not UTF-8')
  const isRetry = text.timestamp === member.lastTimestamp
  const cameBy = withoutDeadWay(member, came, isRetry || text.attempt > 0)
  heardFrom(parts, member, text.timestamp)
  if (text.type === textType.command) {
    if (isAdmin(member) && !isRetry) obey(parts, { member, words, timestamp: text.timestamp }, cameBy)
    return
  }
  if (!isWriter(member)) return
  // Told only when it is on disk; a node that hears nothing says it again.
  const { log, identity, writer } = parts
  const saying = { ...text, words, room: identity.publicKey, author: authorOf(parts, member), source: 'lora' as const }
  if (await storeSaying(writer, log, saying)) {
    acknowledge(parts, member, { ack: ackOf(text, Buffer.from(member.key, 'hex')), cameBy })
  }
}

/** A room off the air takes nothing that it could not acknowledge; its admins can switch it on. */
function isHeard({ settings }: RoomAnswersParts, member: Member, { type }: Text): boolean {
  if (type === textType.command) return settings.isOnAir || isAdmin(member)
  return type === textType.plain && settings.isOnAir
}

function acknowledge(
  parts: RoomAnswersParts,
  member: Member,
  { ack, cameBy }: { ack: Uint8Array; cameBy: CameBy },
): void {
  const words = { ack, rest: new Uint8Array() }
  const author = speakerOf(authorOf(parts, member))
  const extraAcks = cameBy.path === null ? 0 : parts.extraAcks
  if (extraAcks > 0) {
    const packet = { ...ackPacket(encodeMultipartAck({ remaining: 1, ...words }), cameBy), type: payloadType.multipart }
    send(parts, packet, { delayMs: ackDelayMs, author })
  }
  send(parts, ackPacket(encodeAck(words), cameBy), { delayMs: ackDelayMs + betweenAcksMs * extraAcks, author })
}

/** Nothing acknowledges a command but its answer, which is a text of its own second. */
function obey(
  parts: RoomAnswersParts,
  { member, words, timestamp }: { member: Member; words: string; timestamp: number },
  cameBy: CameBy,
): void {
  const to = correspondence(parts, member)
  const second = parts.second()
  const answer: Text = {
    timestamp: second === timestamp ? parts.second() : second,
    type: textType.command,
    attempt: 0,
    text: Buffer.from(parts.command(words, member.key)),
  }
  if (to !== undefined) send(parts, textPacket(to, encodeText(answer), cameBy))
}

function authorOf({ nameOf }: RoomAnswersParts, { key }: Member): Author & { key: string } {
  return { name: nameOf(key) ?? key.slice(0, 8), key }
}

async function hearRequest(parts: RoomAnswersParts, { member, plaintext }: Opened, came: CameBy): Promise<void> {
  const request = decodeRequest(plaintext)
  if (request.timestamp < member.lastTimestamp || !parts.settings.isOnAir) return
  const cameBy = withoutDeadWay(member, came)
  heardFrom(parts, member, request.timestamp)
  if (request.type === requestType.keepAlive && !isFlood(cameBy.packet))
    return keepAlive(parts, member, request, cameBy)
  const data = answerTo(parts, member, request)
  const to = correspondence(parts, member)
  if (data === undefined || to === undefined) return
  const airClass = isAdmin(member) ? 'answer' : 'courtesy'
  send(parts, responsePacket(to, encodeAnswer(request.timestamp, data), cameBy), { airClass })
}

/** Undefined: silence. */
function answerTo(
  { stats, readings, members }: RoomAnswersParts,
  member: Member,
  { type, data }: Request,
): Uint8Array | undefined {
  if (type === requestType.status) return encodeStats(stats())
  // An empty list, too, is an answer: silence would look like a lost packet.
  if (type === requestType.telemetry) return encodeTelemetry(readings())
  if (type !== requestType.accessList || !isAdmin(member) || data[0] !== 0 || data[1] !== 0) return undefined
  const admins = members.all().filter(isAdmin).slice(0, accessListMax)
  return encodeAccessList(admins.map(({ key, permission }) => ({ publicKey: Buffer.from(key, 'hex'), permission })))
}

/** Answered only where the way is known: by flood it would cost more than it is worth. */
async function keepAlive(parts: RoomAnswersParts, member: Member, request: Request, cameBy: CameBy): Promise<void> {
  const since = keepAliveSince(request)
  if (since > 0 && since !== member.syncSince) {
    syncFrom(member, since)
    parts.members.save(member)
    parts.pushes.forget(member.key)
  }
  if (cameBy.path === null) return
  const count = await parts.pushes.unsynced(member)
  const ack = keepAliveAck(request, Buffer.from(member.key, 'hex'))
  const airClass = isWriter(member) ? 'answer' : 'courtesy'
  send(parts, ackPacket(encodeAck({ ack, rest: Uint8Array.of(count) }), cameBy), { airClass })
}

/**
 * Who says something again, and by flood, has not heard the answer by the way that we know; and who had to be left alone
 * is not reached by it. The firmware keeps to the dead way until the next login by flood, and its ACKs are lost till then.
 */
function withoutDeadWay(member: Member, cameBy: CameBy, isAgain = false): CameBy {
  if (!isFlood(cameBy.packet) || !(isAgain || isOutOfReach(member))) return cameBy
  member.path = null
  return { ...cameBy, path: null }
}

function heardFrom({ members, now }: RoomAnswersParts, member: Member, timestamp: number): void {
  heard(member, now())
  member.lastTimestamp = timestamp
  members.save(member)
}

function correspondence({ identity, members }: RoomAnswersParts, { key }: Member): Correspondence | undefined {
  const secret = members.secretWith(key)
  return secret && { room: identity.publicKey, node: Buffer.from(key, 'hex'), secret }
}

function send(
  { air, log }: RoomAnswersParts,
  packet: Packet,
  options: Pick<AirOrder, 'author' | 'kind'> & { airClass?: AirClass; delayMs?: number } = {},
): void {
  air.send({ packet, airClass: 'answer', delayMs: responseDelayMs, room: log.room, ...options })
}
