// Who may come in: the firmware's rules for a login, and where ours are kinder.
import { timingSafeEqual } from 'node:crypto'
import { hasGot, type Member, type Permission, permission, syncFrom } from './member.ts'

/** So far ahead of our clock no sane node's clock is: a member's last timestamp beyond it does not lock it out. */
const aheadMaxSeconds = 60

export interface LoginRequest {
  /** Public key, 64 hex digits. */
  key: string
  /** Unix seconds of the node's clock. */
  timestamp: number
  /** It has the posts up to this second of the room. */
  syncSince: number
  password: string
}

export interface LoginRules {
  adminPassword?: string | undefined
  guestPassword?: string | undefined
  allowReadOnly: boolean
}

export type LoginRefusal = 'wrong password' | 'replay'
export type LoginOutcome = { member: Member; isNew: boolean } | { refusal: LoginRefusal }

/**
 * What a login makes of a node; refusals are answered with silence. A blank password lets in who is known, as it is known.
 * `known` is changed and given back where it comes in. Firmware: examples/simple_room_server/MyMesh.cpp, onAnonDataRecv.
 */
export function decideLogin(
  request: LoginRequest,
  known: Member | undefined,
  { rules, now }: { rules: LoginRules; now: number },
): LoginOutcome {
  if (request.password === '' && known !== undefined) {
    // As with a password: else a clock that was wrong once makes all that it says for years a replay.
    if (isFarAhead(known.lastTimestamp, now)) known.lastTimestamp = request.timestamp
    return { member: known, isNew: false }
  }
  const granted = permissionFor(request.password, rules)
  if (granted === undefined) return { refusal: 'wrong password' }
  if (known !== undefined && isReplay(request.timestamp, known.lastTimestamp, now)) return { refusal: 'replay' }
  const member = known ?? newMember(request.key)
  member.permission = granted
  member.lastTimestamp = request.timestamp
  syncAgain(member, request.syncSince)
  member.loginAt = now
  member.askedSince = request.syncSince
  return { member, isNew: known === undefined }
}

/** A node knows the newest that it has. What was left out before that, as less urgent, is still on its way to it. */
function syncAgain(member: Member, since: number): void {
  const newest = member.ahead.at(-1)
  if (newest === undefined || since < newest) syncFrom(member, since)
  else if (since > newest) hasGot(member, since, true)
}

/** Packets seen before never come here, so that what is let in for its clock's sake cannot be an old packet of this run. */
function isReplay(timestamp: number, lastTimestamp: number, now: number): boolean {
  return timestamp <= lastTimestamp && !isFarAhead(lastTimestamp, now)
}

function isFarAhead(timestamp: number, now: number): boolean {
  return timestamp > now / 1000 + aheadMaxSeconds
}

function permissionFor(password: string, rules: LoginRules): Permission | undefined {
  if (isPassword(password, rules.adminPassword)) return permission.admin
  if (isPassword(password, rules.guestPassword)) return permission.readWrite
  return rules.allowReadOnly ? permission.readOnly : undefined
}

function isPassword(given: string, wanted: string | undefined): boolean {
  if (wanted === undefined || wanted === '') return false
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Known by its key alone. */
export function newMember(key: string): Member {
  return {
    key,
    permission: permission.readOnly,
    lastTimestamp: 0,
    syncSince: 0,
    ahead: [],
    loginAt: 0,
    askedSince: 0,
    heardAt: 0,
    path: null,
    failures: 0,
  }
}
