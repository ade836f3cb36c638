// Commands of admins about the members of a room: who may do what.
import { type AdminContext, listed, refused } from './admin-context.ts'
import type { Permission } from './member.ts'

const keyDigits = 64

export function accessList({ members }: AdminContext): string {
  return listed(members().map(({ key, permission }) => `${key.slice(0, 8)}:${permission}`))
}

/**
 * `setperm KEY 0..3`: as in the firmware 0 removes the member, and a whole key that is unknown yet becomes one (src/helpers/
 * ClientACL.cpp). The key of a known one may be cut. Without a number the member is removed.
 */
export function setPermission(rest: string, context: AdminContext): string {
  const [prefix = '', level = '0'] = rest.toLowerCase().split(/\s+/)
  if (!/^[0-9a-f]{4,64}$/.test(prefix)) return refused('give at least 4 hex digits of the key')
  if (!/^[0-3]$/.test(level)) return refused('permissions are 0 to 3')
  const permission = Number(level) as Permission
  const found = context.members().filter(({ key }) => key.startsWith(prefix))
  const [member] = found
  if (found.length > 1) return refused(`${found.length} members begin so`)
  if (member === undefined) return add(prefix, permission, context)
  if (permission === 0) context.remove(member)
  else context.setPermission(member, permission)
  return 'OK'
}

function add(key: string, permission: Permission, { settings, add: addMember }: AdminContext): string {
  if (key.length < keyDigits || permission === 0) return refused('no such member')
  if (settings.isBlocked({ name: key.slice(0, 8), key })) return refused('it is blocked')
  return addMember(key, permission) ? 'OK' : refused('bad pubkey')
}
