// What an admin may ask of a room by radio, in the words of the firmware's command line (src/helpers/CommonCLI.cpp).
import { version } from '#common/version.ts'
import { cutUtf8 } from '../radio/bytes.ts'
import type { Member, Permission } from './member.ts'

/** What fits into a text behind its timestamp and flags, and leaves the app some air. */
const replyBytesMax = 150
const aclLinesMax = 8

export interface AdminContext {
  members: () => readonly Member[]
  setPermission: (member: Member, permission: Permission) => void
  remove: (member: Member) => void
  advertise: (route: 'direct' | 'flood') => void
  /** State of the links to other servers, a short line. */
  federation: () => string
  /** What the radio has done, a short line. */
  stats: () => string
  /** Unix ms. */
  now: () => number
}

type Command = (words: readonly string[], context: AdminContext) => string

const commands = new Map<string, Command>([
  ['ver', () => `meshcore-room ${version}`],
  ['clock', (_, { now }) => `${new Date(now()).toISOString().slice(0, 19).replace('T', ' ')} UTC`],
  ['advert', (_, { advertise }) => sent(advertise, 'flood')],
  ['advert.zerohop', (_, { advertise }) => sent(advertise, 'direct')],
  ['stats', (_, { stats }) => stats()],
  ['federation', (_, { federation }) => federation()],
  ['get', ([what], context) => (what === 'acl' ? accessList(context) : 'Err - only acl can be got by radio')],
  ['setperm', setPermission],
  ['password', () => 'Err - change admin_password in room.conf'],
  ['set', () => 'Err - settings are in room.conf'],
  ['reboot', () => 'Err - restart the service instead'],
])

/** The answer, at most 150 bytes. A prefix of two characters and a bar comes back in front of it: apps know it by that. */
export function answerCommand(text: string, context: AdminContext): string {
  const [, prefix = '', line = ''] = /^(..\|)?(.*)$/su.exec(text) ?? []
  const [name = '', ...words] = line.trim().split(/\s+/)
  const command = commands.get(name.toLowerCase())
  return prefix + cutUtf8(command === undefined ? 'Unknown command' : command(words, context), replyBytesMax - 4)
}

function sent(advertise: AdminContext['advertise'], route: 'direct' | 'flood'): string {
  advertise(route)
  return 'OK - Advert sent'
}

function accessList({ members }: AdminContext): string {
  const lines = members().map(({ key, permission }) => `${key.slice(0, 8)}:${permission}`)
  const more = lines.length > aclLinesMax ? ` +${lines.length - aclLinesMax}` : ''
  return lines.slice(0, aclLinesMax).join(' ') + more || 'nobody'
}

/** `setperm KEY 0..3`; without the number the member is removed. The key may be cut, if it still names one member. */
function setPermission([prefix = '', level]: readonly string[], context: AdminContext): string {
  if (!/^[0-9a-f]{4,64}$/i.test(prefix)) return 'Err - give at least 4 hex digits of the key'
  const found = context.members().filter(({ key }) => key.startsWith(prefix.toLowerCase()))
  const [member] = found
  if (member === undefined) return 'Err - no such member'
  if (found.length > 1) return `Err - ${found.length} members begin so`
  if (level === undefined) context.remove(member)
  else if (/^[0-3]$/.test(level)) context.setPermission(member, Number(level) as Permission)
  else return 'Err - permissions are 0 to 3'
  return 'OK'
}
