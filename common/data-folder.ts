// The folder that a program keeps its data in, made where it is missing.
import { mkdirSync } from 'node:fs'

/** `key` of the config names it. @throws Error that says what to do when it cannot be made */
export function makeDataFolder(path: string, key: string, mode = 0o750): void {
  try {
    mkdirSync(path, { recursive: true, mode })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `${key}: the folder ${path} cannot be made (${reason}); make it, and give it to the user of this program`,
    )
  }
}
