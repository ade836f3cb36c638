// The [[clients.apps]] of the edge's config: who may connect a MeshCore app, each at a port of his own.
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { z } from 'zod'
import { resolvePath } from './conf-files.ts'
import type { RuleContext } from './conf-rules.ts'
import { filePath, hostText, portNumber, section, shownName } from './conf-values.ts'
import type { RoomConf } from './room-conf.ts'

/** Of a node's name: the firmware's limit, NUL left out. */
const nameBytesMax = 31
/** Where the MeshCore apps look for a companion radio. */
const usualPort = 5000
const slugMax = 24

export const appSection = section({
  name: shownName(nameBytesMax).optional(),
  port: portNumber().optional(),
  host: hostText().default('0.0.0.0'),
  identity: filePath().optional(),
})

type AppValues = z.output<typeof appSection>

export interface AppConf {
  /** Author of what is posted there, at most 31 bytes. */
  name: string
  host: string
  port: number
  /** File of the key that the user's posts bear; it need not exist yet. */
  identityPath: string
}

/** The protocol has no user name: the port says who it is. */
export function checkApps({ faults, file }: RuleContext, apps: readonly AppValues[], storagePath: string): AppConf[] {
  const seen = new Set<string>()
  return apps.map(({ name = '', port, host, identity }, index) => {
    const path = ['clients', 'apps', index]
    if (name === '') faults.add([...path, 'name'], 'is required: the author of what is posted there')
    else if (seen.has(name)) faults.add([...path, 'name'], 'is the name of another user above; each needs his own')
    seen.add(name)
    if (port === undefined && index > 0)
      faults.add([...path, 'port'], `is required: each user has a port, and ${usualPort} is the first one's`)
    const identityPath = resolvePath(file, identity ?? join(dirname(storagePath), keyFileName(name)))
    return { name, host, port: port ?? usualPort, identityPath }
  })
}

/** For the operator: apps log in to rooms, and it may be that nobody can. */
export function appWarnings(apps: readonly AppConf[], rooms: readonly RoomConf[]): string[] {
  const isOpen = rooms.some(room => room.guestPassword ?? room.adminPassword ?? (room.allowReadOnly || undefined))
  if (apps.length === 0 || isOpen) return []
  return ['[[clients.apps]] are of no use yet: no room has a guest_password, and apps log in by it']
}

/** To be read by people, and another one for every name. */
function keyFileName(name: string): string {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const hash = createHash('sha256').update(name).digest('hex')
  return `app-${slug.slice(0, slugMax)}-${hash.slice(0, 8)}.key`
}
