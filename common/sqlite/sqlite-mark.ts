// Tells whether a database is the very file that was last closed in order, or a copy that was put in its place: a restored one
// has lost writes without a trace in it, and must not go on with its epochs.
import { chownSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'

/** Of a file that is closed. The time of its last change (ctime) cannot be set by anybody: a copy has another one. */
function nameOf(path: string): string {
  const { ino, ctimeNs } = statSync(path, { bigint: true })
  return `${ino} ${ctimeNs}\n`
}

/** The database at `path` was closed. Where the mark cannot be made it only means new epochs at the next start. */
export function markClosed(path: string): void {
  const mark = `${path}.closed`
  try {
    writeFileSync(mark, nameOf(path), { mode: 0o640 })
    const { uid, gid } = statSync(path)
    if (process.getuid?.() === 0) chownSync(mark, uid, gid)
  } catch {
    removeMark(mark)
  }
}

/** True when nobody has touched the database since it was closed. The mark is gone then: call it once, before the file is opened. */
export function takeMark(path: string): boolean {
  const mark = `${path}.closed`
  try {
    const isSame = readFileSync(mark, 'utf8') === nameOf(path)
    rmSync(mark)
    return isSame
  } catch {
    removeMark(mark)
    return false
  }
}

function removeMark(mark: string): void {
  try {
    rmSync(mark, { force: true })
  } catch {
    // A folder that may not be written holds no database that may be.
  }
}
