// Is there room on the disk, may it be written, and will it still be there tomorrow?
import { dirname } from 'node:path'
import { sizeWords } from '#common/words.ts'
import { type Finding, sayer } from './finding.ts'

const warnBytes = 500e6
const faultBytes = 50e6

export interface DiskFacts {
  /** The folder of the database, or the nearest above it that is there. */
  folder: string
  path: string
  freeBytes: number
  /** In memory: gone with the power. */
  isVolatile: boolean
  isWritable: boolean
  /** With the write-ahead log; undefined: there is none yet. */
  databaseBytes: number | undefined
  /** Of root in a folder of somebody else. */
  foreignFiles: readonly string[]
  /** Why SQLite finds the database damaged; empty when it does not, undefined when it was not asked. */
  damage: string | undefined
}

export function diskFindings(facts: DiskFacts): Finding[] {
  const say = sayer('disk', 'disk: ')
  const { folder, path, isVolatile, isWritable, foreignFiles, damage } = facts
  const findings = [space(facts)]
  const wanted = dirname(path)
  if (folder !== wanted) {
    const advice = `the service makes it at its first start; by hand: install -d -o meshcore -g meshcore ${wanted}`
    findings.push(say.warn(`there is no ${wanted} yet`, advice))
  } else if (!isWritable) {
    const advice =
      'as the user of the room server: see its rights with ls -ld; a disk that turned read-only: dmesg | tail'
    findings.push(say.fault(`${folder} may not be written by this user`, `${advice}`))
  }
  for (const file of foreignFiles) {
    const text = `${file} belongs to root and keeps the room server out`
    findings.push(say.fault(text, `chown --reference=${folder} ${file}`))
  }
  if (isVolatile) {
    const text = `${folder} is in memory: all posts are lost when this machine restarts`
    findings.push(say.warn(text, 'set path in [storage] to a folder on a disk, like /var/lib/meshcore/room.db'))
  }
  if (damage) {
    const text = `the database ${path} is damaged: ${damage}`
    findings.push(
      say.fault(
        text,
        'start the room server: it sets the file aside, and links refill a new one; then check the disk: dmesg | tail',
      ),
    )
  } else if (damage === '') findings.push(say.ok('the database is sound'))
  return findings
}

function space({ folder, freeBytes, databaseBytes }: DiskFacts): Finding {
  const say = sayer('disk', 'disk: ')
  const text = `${sizeWords(freeBytes)} free in ${folder}`
  const advice = `make room: journalctl --vacuum-size=50M; see what is big: du -xh / | sort -h | tail`
  if (freeBytes < faultBytes) return say.fault(`only ${text}`, advice)
  if (freeBytes < warnBytes) return say.warn(`only ${text}`, advice)
  return say.ok(
    databaseBytes === undefined ? `${text}; no database yet` : `${text}, the database has ${sizeWords(databaseBytes)}`,
  )
}
