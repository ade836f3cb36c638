// Small files in data_dir: read with a check, and replaced as a whole, so that the command line may do it beside a running hub.
import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { z } from 'zod'
import { StoreUnavailableError } from '#common/errors.ts'

/** Makes a private folder in `dir` where there is none. @throws StoreUnavailableError */
export async function makeFolder(path: string, dir: string): Promise<void> {
  await stored(() => mkdir(path, { recursive: true, mode: 0o700 }))
  await stored(() => giveToOwner(path, dir))
}

/** The checked content of a JSON file; undefined when there is no file, an Error when its content is not as it should be. */
export async function readChecked<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined | Error> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unavailable(error)
  }
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Replaces a file in one step, mode 0600, on disk when it resolves. @throws StoreUnavailableError */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await giveToOwner(temporary, dirname(path))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw unavailable(error)
  }
}

/** What root makes on the command line must be readable to the user the hub runs as: the owner of its folder. */
export async function giveToOwner(path: string, ownedLike: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(ownedLike)
  await chown(path, uid, gid)
}

/** A file made, renamed or removed stays so only when its directory is on disk too. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** @throws StoreUnavailableError whatever went wrong */
export async function stored<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw unavailable(error)
  }
}

export function unavailable(error: unknown): StoreUnavailableError {
  const reason = error instanceof Error ? error.message : String(error)
  return new StoreUnavailableError(`the files of this hub cannot be used: ${reason}`, { cause: error })
}
