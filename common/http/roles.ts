// The roles that a token can give, and what each may do: at hub and edge alike.
import { z } from 'zod'

export const roleSchema = z.enum(['viewer', 'operator', 'admin'])
export type Role = z.infer<typeof roleSchema>

export interface Rights {
  canRead: boolean
  canPost: boolean
  isAdmin: boolean
}

const rightsByRole: Record<Role, Rights> = {
  viewer: { canRead: true, canPost: false, isAdmin: false },
  operator: { canRead: true, canPost: true, isAdmin: false },
  admin: { canRead: true, canPost: true, isAdmin: true },
}

export function rightsOf(role: Role): Rights {
  return rightsByRole[role]
}

/** The highest role whose rights these are. */
export function roleOf({ canPost, isAdmin }: Rights): Role {
  if (isAdmin) return 'admin'
  return canPost ? 'operator' : 'viewer'
}
