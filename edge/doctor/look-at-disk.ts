// Looks at the folder of the database, and at the files in it, without touching them.
import { accessSync, constants, existsSync, type StatsFs, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { EdgeConf } from '#common/config/edge-conf.ts'
import { quickCheck } from '#common/sqlite/sqlite-look.ts'
import type { DiskFacts } from './disk-check.ts'

/** statfs(2): the magic numbers of tmpfs and ramfs. */
const memoryTypes = new Set([0x01021994, 0x858458f6])
/** An SD card reads so much in a few seconds. */
const quickBytesMax = 64 * 1024 * 1024

export interface DiskLook {
  isRunning: boolean
  /** Reads the whole database, however big it is. */
  deep: boolean
  /** Default: the system's. */
  statfs?: ((path: string) => Pick<StatsFs, 'type' | 'bsize' | 'bavail'>) | undefined
}

export function lookAtDisk(conf: EdgeConf, { isRunning, deep, statfs = statfsSync }: DiskLook): DiskFacts {
  const { storagePath: path, identityPath } = conf
  const folder = nearest(dirname(path))
  const { type, bsize, bavail } = statfs(folder)
  const databaseBytes = sizeOf(path)
  const walBytes = sizeOf(`${path}-wal`) ?? 0
  const isCheckable = !isRunning && walBytes === 0 && databaseBytes !== undefined
  return {
    folder,
    path,
    freeBytes: bavail * bsize,
    isVolatile: memoryTypes.has(type),
    isWritable: mayWrite(folder) && (databaseBytes === undefined || mayWrite(path)),
    databaseBytes: databaseBytes === undefined ? undefined : databaseBytes + walBytes,
    foreignFiles: foreign(folder, [path, `${path}-wal`, `${path}-shm`, identityPath]),
    damage: isCheckable && (deep || databaseBytes <= quickBytesMax) ? damageOf(path) : undefined,
  }
}

/** What the log beside it holds is not looked at: then it was not closed in order, and the next start does. */
function damageOf(path: string): string | undefined {
  try {
    return quickCheck(path)
  } catch {
    // This user may not read it: said elsewhere.
    return undefined
  }
}

function nearest(folder: string): string {
  const above = dirname(folder)
  return existsSync(folder) || above === folder ? folder : nearest(above)
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** The work of a start by root, by mistake. */
function foreign(folder: string, paths: readonly string[]): string[] {
  if (statSync(folder).uid === 0) return []
  return paths.filter(path => statSync(path, { throwIfNoEntry: false })?.uid === 0)
}
